"""What each aggregation is in SQL: the second oracle's vocabulary, one entry a word.

An entry is an aggregate expression over the rows that count for one question. Its names:

- `x`, the value; `t`, the event time in microseconds; `s`, the place of its sequence (nulls first);
  `y`, the second column where there is one; `as_of`, the moment that is asked for
- for numbers `z`, the value as a float over `m`, the largest size among the question's values, so
  that nothing overflows, and `u`, `z` less its mean; `w`, `y_m` likewise of `y`
- `gap`, the time since the row before, and `runs`, how often the value changes after the row; `v`,
  the event time less its mean, where 1 is the whole `span` of them

A number that DuckDB can only give rounded has a slack beside it: how far from it the exact one may
be, as SQL too. A word of a plug-in is added without touching this file:

```python
from headwater.testing.sql_words import WORDS, Word

WORDS["longest"] = Word("max(len(x))")
```
"""

from __future__ import annotations

from headwater.aggregations.base import Aggregation
from headwater.errors import SpecError
from headwater.testing.sql_composites import COMPOSITES
from headwater.testing.sql_entries import Asked as Asked
from headwater.testing.sql_entries import Word as Word
from headwater.testing.sql_moments import MOMENTS
from headwater.testing.sql_order import ORDER
from headwater.testing.sql_values import VALUES

WORDS: dict[str, Word] = {**VALUES, **ORDER, **MOMENTS, **COMPOSITES}
"""Every word; a plug-in adds its own."""


def word_of(member: Aggregation) -> Word:
    """The entry of a member.

    Raises:
        SpecError: HW106, it has none.
    """
    if member.word not in WORDS:
        raise SpecError(
            "HW106",
            f"{type(member).__name__} has no entry in the SQL oracle",
            hint=f"add WORDS[{member.word!r}] = Word(...) of headwater.testing.sql_words",
        )
    return WORDS[member.word]
