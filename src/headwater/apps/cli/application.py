"""The command line as a whole: the verbs of the table, and the vocabulary below them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperGroup

import headwater
from headwater.apps.cli.edge import ended
from headwater.apps.cli.verbs import VERBS, Verb, alert
from headwater.apps.cli.vocabulary import families

_AS_JSON = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")
]


class _Headwater(TyperGroup):
    """The verbs, and below them the words that definitions may use."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Add the vocabulary."""
        with formatter.section("Vocabulary (hw.<word> in definitions)"):
            formatter.write_dl(list(families()))
        super().format_epilog(ctx, formatter)


def application() -> typer.Typer:
    """All verbs, ready to be called with the arguments of a command line."""
    made = typer.Typer(
        cls=_Headwater,
        help="Training sets whose every value could have been known.",
        epilog="Example: headwater demo",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_options)
    for verb in VERBS:
        made.command(verb.name, epilog=f"Example: {verb.example}")(_command(verb))
    return made


def _options(
    context: typer.Context,
    log_json: Annotated[
        bool,
        typer.Option(
            "--log-json", help="Say progress as JSON lines on stderr (or HEADWATER_LOG=json)."
        ),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=lambda on: _show(on))
    ] = False,
) -> None:
    """Accept what stands before the verb."""
    context.obj = log_json


def _show(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"headwater {headwater.__version__}")
        raise typer.Exit


def _command(verb: Verb) -> Callable[..., None]:
    """The verb as Typer wants it: its own parameters, and `--json` in place of `say`."""

    def run(*, context: typer.Context, as_json: bool, **arguments: Any) -> None:
        def work(say: Callable[[str], None]) -> Any:
            return verb.act(**arguments, say=say)

        code = ended(
            work,
            verb.show,
            as_json=as_json,
            verb=verb.name,
            log_json=bool(context.obj),
            alert=partial(alert, verb.name, arguments["project"]) if verb.alerts else None,
        )
        raise typer.Exit(code)

    hints = get_type_hints(verb.act, include_extras=True)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name])
        for name, parameter in inspect.signature(verb.act).parameters.items()
        if name != "say"
    ]
    keyword = partial(inspect.Parameter, kind=inspect.Parameter.KEYWORD_ONLY)
    called = keyword("context", annotation=typer.Context)
    parameters = [called, *own, keyword("as_json", default=False, annotation=_AS_JSON)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__doc__ = verb.act.__doc__
    return run
