"""Write what the README shows of the example from its last run; with --check only compare.

python docs/readme_tables.py            rewrite the parts of README.md between markers
python docs/readme_tables.py --check    exit 1 where README.md says something else
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from headwater.errors import SpecError
from headwater.runtime.check import check
from headwater.runtime.demo import demo
from headwater.runtime.project import load_project

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
EXAMPLE = ROOT / "examples" / "flights"
TOLERANCE = 0.005
"""How far a metric may be from the README's on another processor before it is called other."""


def main(arguments: list[str]) -> int:
    """Rewrite or compare; the exit code."""
    text = README.read_text(encoding="utf-8")
    result = demo(EXAMPLE, say=lambda message: print(message, file=sys.stderr))
    made = between(text, "clocks", clocks_table(result))
    made = between(made, "refusal", f"```text\n{refusal(EXAMPLE / 'data')}\n```")
    if "--check" not in arguments:
        README.write_text(made, encoding="utf-8")
        return 0
    if is_close(text, made):
        return 0
    print("README.md differs from the last run: make docs", file=sys.stderr)
    return 1


def between(text: str, marker: str, content: str) -> str:
    """The text with `content` between `<!-- marker -->` and `<!-- /marker -->`."""
    pattern = rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)"
    return re.sub(pattern, lambda found: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL)


def clocks_table(result: dict[str, Any]) -> str:
    """The clocks table, and what it says, in Markdown."""
    rows = {row["variant"]: row for row in result["clocks"]}
    lines = [
        "| The features see | ROC-AUC on validation | 95 % | more than is known |",
        "| --- | --- | --- | --- |",
    ]
    for name, row in rows.items():
        cells = [f"`{name}`: {row['description']}", f"{row['roc_auc']:.3f}", _range(row, False)]
        more = f"{row['difference_to_known']:+.3f} ({_range(row, True)})"
        cells.append("" if name == "known" else more)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", verdict(rows["event_time"])])


def verdict(event_time: dict[str, Any]) -> str:
    """What the difference between event time and known time says, in one sentence."""
    more, span = event_time["difference_to_known"], _range(event_time, True)
    if event_time["difference_low"] > 0 or event_time["difference_high"] < 0:
        return (
            f"A correct as-of join on event time promises {more:+.3f} ROC-AUC ({span}, paired "
            "bootstrap by departure day) that production will not see."
        )
    return (
        f"Here the difference between event time and known time, {more:+.3f} ({span}, paired "
        "bootstrap by departure day), does not exclude zero."
    )


def refusal(data: Path) -> str:
    """What Headwater says to an input that is not known at `as_of`.

    Args:
        data: The folder of the example's data.
    """
    definitions = (EXAMPLE / "definitions.py").read_text(encoding="utf-8")
    kept = definitions.replace("keep=[", 'keep=["arrival_delay", ', 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "headwater.toml").write_text('name = "flights"\n', encoding="utf-8")
        (folder / "definitions.py").write_text(kept, encoding="utf-8")
        (folder / "data").symlink_to(data)
        try:
            check(load_project(folder))
        except SpecError as error:
            return str(error)
    raise AssertionError("the example is not refused")


def is_close(left: str, right: str) -> bool:
    """Whether two texts agree but for the last digits of decimal numbers."""
    number = re.compile(r"[-+]?\d+\.\d+")
    if number.sub("#", left) != number.sub("#", right):
        return False
    pairs = zip(number.findall(left), number.findall(right), strict=True)
    return all(abs(float(one) - float(other)) <= TOLERANCE for one, other in pairs)


def _range(row: dict[str, Any], is_difference: bool) -> str:
    low, high = ("difference_low", "difference_high") if is_difference else ("low", "high")
    sign = "+" if is_difference else ""
    return f"{row[low]:{sign}.3f} to {row[high]:{sign}.3f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
