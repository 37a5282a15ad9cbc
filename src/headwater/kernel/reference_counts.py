"""Machine code without the counting of references that it does not need.

Numba counts who holds an array, by atomic additions in functions of their own, wherever a slice is
made: several times for each row of a pass, which then takes longer than what it is for. But here

* arrays that are given are held by the caller, so that their memory is nothing to count for;
* a function that makes no array, nor calls one that does, ends with every count as it was, and
  whoever called it holds what it is given: its counting is left out;
* arrays that a function makes are seen by its thread alone: they are counted without a lock.

This works on LLVM's text of a module before it is optimised.
"""

from __future__ import annotations

import re

_FUNCTION = re.compile(
    r'^define [^\n]*?@(?P<name>"[^"\n]+"|[\w$.]+)\(.*?^\}\n', re.DOTALL | re.MULTILINE
)
_CALLED = re.compile(r'\bcall\b[^\n]*?@("[^"\n]+"|[\w$.]+)\(')
_COUNTING = re.compile(r"^ *(?:tail )?call void @NRT_(?:inc|dec)ref\([^\n]*\n", re.MULTILINE)
_GIVEN = re.compile(r"%arg\.\w+\.0(?![\w.])")
"""The head of the memory of an array that a function is given."""
_MAKES = re.compile(
    r"@NRT_MemInfo_(?:alloc|new|varsize)|"
    r"store (?:ptr|\{[^\n]*\bptr\b[^\n]*\}) [^\n]*, ptr %\S*retptr"  # or returns an array
)
_COUNTED = {
    "NRT_incref": """\
define linkonce_odr void @NRT_incref(ptr %head) alwaysinline {
  %is_none = icmp eq ptr %head, null
  br i1 %is_none, label %done, label %some
some:
  %count = load i64, ptr %head
  %more = add i64 %count, 1
  store i64 %more, ptr %head
  br label %done
done:
  ret void
}
""",
    "NRT_decref": """\
define linkonce_odr void @NRT_decref(ptr %head) alwaysinline {
  %is_none = icmp eq ptr %head, null
  br i1 %is_none, label %done, label %some
some:
  %count = load i64, ptr %head
  %less = sub i64 %count, 1
  store i64 %less, ptr %head
  %is_last = icmp eq i64 %count, 1
  br i1 %is_last, label %free, label %done
free:
  call void @NRT_MemInfo_call_dtor(ptr %head)
  br label %done
done:
  ret void
}
""",
}


def without_counts(module: str, entry: str) -> str:
    """The text of a module that counts the references of arrays which it makes, and no others.

    Args:
        module: As LLVM writes it.
        entry: The function that is called from outside, with arrays whose memory has no head.
    """
    bodies = {found["name"]: found[0] for found in _FUNCTION.finditer(module)}
    making = _making(bodies)

    def counted(found: re.Match[str]) -> str:
        name, text = found["name"], found[0]
        if name in _COUNTED:
            return _COUNTED[name]
        if name not in making:
            text = _COUNTING.sub("", text)
        if name.strip('"') == entry:
            head, brace, body = text.partition("{\n")
            text = head + brace + _GIVEN.sub("null", body)
        return text

    return _FUNCTION.sub(counted, module)


def _making(bodies: dict[str, str]) -> set[str]:
    """The functions that make or return an array, and all that call one of these."""
    calls = {name: set(_CALLED.findall(body)) for name, body in bodies.items()}
    making = {name for name, body in bodies.items() if _MAKES.search(body)}
    while more := {name for name in bodies if name not in making and calls[name] & making}:
        making |= more
    return making
