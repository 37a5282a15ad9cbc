"""Directives that write the reference from registry and docstrings; no list is kept by hand.

.. words:: steps                   each word of a family
.. names:: definitions             public names of `headwater`: see `KINDS`
.. kit:: headwater.testing         each name of a package that has `__all__`
.. contract:: headwater.steps.base the docstring of a module
.. verbs::                         what each verb says to --help
.. codes::                         each code of an error
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from typer.testing import CliRunner

import headwater
from headwater import plugins
from headwater.apps.cli.application import application
from headwater.apps.cli.verbs import VERBS
from headwater.errors import CODES

PACKAGE = Path(headwater.__file__).parent
INSIDE = "definition, faults, place, refuse, refuse_argument"
"""Members that are public for the package's own layers."""


def words(family: str) -> list[str]:
    """The words of a family."""
    return list(plugins.members(family))


def names(kind: str) -> list[str]:
    """The public names of `headwater` that are no words, of one of `KINDS`."""
    of_families = {word for family in plugins.FAMILIES for word in words(family)}
    public = [name for name in dir(headwater) if name not in of_families and name[0] != "_"]
    return [name for name in public if _kind(getattr(headwater, name)) == kind]


def _kind(value: Any) -> str:
    return next(kind for kind, holds in KINDS.items() if holds(value))


KINDS: dict[str, Callable[[Any], bool]] = {
    "errors": lambda value: inspect.isclass(value) and issubclass(value, Exception | Warning),
    "definitions": inspect.isclass,
    "selectors": lambda value: inspect.isfunction(value) and "selectors" in value.__module__,
    "functions": inspect.isroutine,
    "values": lambda value: True,
}
"""What a public name may be; the first that holds."""


def entry(name: str, value: Any, *, members: bool = True) -> Iterator[str]:
    """The lines that document a name from its docstring."""
    if inspect.isclass(value):
        yield f".. autoclass:: {name}"
        if members:
            yield "   :members:"
            yield f"   :exclude-members: {INSIDE}"
            if not issubclass(value, Exception | Warning):
                yield "   :inherited-members:"
    elif inspect.isroutine(value):
        yield f".. autofunction:: {name}"
    else:
        module, _, short = name.rpartition(".")
        yield f".. py:data:: {short}"
        yield f"   :module: {module}"
        yield f"   :value: {_short(value)}"
        yield ""
        yield from (f"   {line}" for line in documented(name, value).splitlines())
    yield ""


def documented(name: str, value: Any) -> str:
    """The text below the assignment that gave a value its name, else what its type says."""
    short = name.rpartition(".")[2]
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if re.search(rf"^{short}\b", text, re.MULTILINE):
            found = ModuleAnalyzer.for_string(text, path.stem).find_attr_docs()
            if ("", short) in found:
                return "\n".join(found["", short])
    return "" if type(value).__module__ == "builtins" else inspect.getdoc(type(value)) or ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:56]} ..."


class Written(SphinxDirective):
    """A directive that writes RST."""

    optional_arguments = 1
    final_argument_whitespace = True

    def lines(self) -> Iterator[str]:
        """What it stands for."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """The nodes of its lines."""
        found = list(self.lines())
        if not found:
            raise self.error(f"nothing is to be written for {self.arguments}")
        node = nodes.section()
        node.document = self.state.document
        source = StringList(found, source=self.get_location())
        self.state.nested_parse(source, self.content_offset, node, match_titles=True)
        return node.children


class Words(Written):
    """Each word of a family."""

    def lines(self) -> Iterator[str]:
        """Entries by name."""
        for word in words(self.arguments[0]):
            yield from entry(f"headwater.{word}", getattr(headwater, word), members=False)


class Names(Written):
    """Public names of one kind."""

    def lines(self) -> Iterator[str]:
        """Entries by name."""
        for name in names(self.arguments[0]):
            yield from entry(f"headwater.{name}", getattr(headwater, name))


class Kit(Written):
    """Names of a package that says which are public."""

    def lines(self) -> Iterator[str]:
        """Entries by name."""
        package = importlib.import_module(self.arguments[0])
        for name in package.__all__:
            yield from entry(f"{package.__name__}.{name}", getattr(package, name))


class Contract(Written):
    """The docstring of a module."""

    def lines(self) -> Iterator[str]:
        """One entry without members."""
        yield f".. automodule:: {self.arguments[0]}"
        yield "   :no-members:"


class Verbs(Written):
    """What each verb says to `--help`."""

    def lines(self) -> Iterator[str]:
        """A heading and a literal block for each."""
        app = application()
        for verb in VERBS:
            said = CliRunner().invoke(app, [verb.name, "--help"], prog_name="headwater").stdout
            yield from (f"{verb.name}", "-" * len(verb.name), "", ".. code-block:: text", "")
            yield from (f"   {line}".rstrip() for line in said.strip().splitlines())
            yield ""


class Codes(Written):
    """Each code of an error with what it stands for."""

    option_spec: ClassVar[dict[str, Any]] = {}

    def lines(self) -> Iterator[str]:
        """A definition list."""
        yield from (".. list-table::", "   :widths: 12 88", "")
        for code, meaning in CODES.items():
            yield from (f"   * - `{code}`", f"     - {meaning}")


def rewritten(_: Any, what: str, __: str, value: Any, ___: Any, lines: list[str]) -> None:
    """A docstring as Sphinx wants it: with all arguments, and with code blocks for fences."""
    if (
        what in ("attribute", "property") and lines
    ):  # or it takes what stands before a colon for a type
        lines[0] = lines[0].replace(": ", " \N{EN DASH} ")
    if what == "class":
        lines[:] = with_inherited_arguments(value, lines)
    lines[:] = unfenced(lines)


def unfenced(lines: Sequence[str]) -> Iterator[str]:
    """Code between fences as a code block."""
    inside = False
    for line in lines:
        fence = re.match(r"( *)```(\w*)$", line)
        if fence is None:
            yield f"    {line}" if inside and line else line
        elif inside:
            yield ""
        else:
            yield from (f"{fence[1]}.. code-block:: {fence[2] or 'text'}", "")
        inside = inside != (fence is not None)


def with_inherited_arguments(value: type, lines: Sequence[str]) -> list[str]:
    """The docstring of a class whose arguments are partly documented in its bases, with all."""
    own = "\n".join(lines)
    above = [arguments(inspect.cleandoc(base.__doc__ or "")) for base in value.__mro__[1:-1]]
    missing = {
        name: text
        for found in above
        for name, text in found.items()
        if name in inspect.signature(value).parameters and name not in arguments(own)
    }
    if not missing:
        return list(lines)
    section = "Args:\n" + "".join(missing.values())
    if "Args:\n" in own:
        return own.replace("Args:\n", section, 1).splitlines()
    return [*lines, "", *section.splitlines()]


def arguments(docstring: str) -> dict[str, str]:
    """What stands in the section `Args:` by argument, indented as there."""
    section = re.search(r"^Args:\n((?:(?: {4}.*)?\n)*)", docstring + "\n", re.MULTILINE)
    found = re.finditer(
        r"^    (\w+): .*\n(?: {8}.*\n)*", section[1] if section else "", re.MULTILINE
    )
    return {one[1]: one[0] for one in found}


def without_place(
    _: Any, __: str, ___: str, ____: Any, _____: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Definitions note where they were made; nobody gives that."""
    if signature is not None:
        signature = re.sub(r",? ?(\*, )?place(: [^=]*)? ?= ?<factory>", "", signature)
        signature = signature.replace("<factory>", "...")
    return signature, returns


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    for name, directive in {
        "words": Words,
        "names": Names,
        "kit": Kit,
        "contract": Contract,
        "verbs": Verbs,
        "codes": Codes,
    }.items():
        app.add_directive(name, directive)
    app.connect("autodoc-process-docstring", rewritten, priority=100)  # before napoleon
    app.connect("autodoc-process-signature", without_place)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
