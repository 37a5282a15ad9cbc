"""Scores of nothing."""

from __future__ import annotations

import numpy as np

from headwater.kernel.passes import NULL
from headwater.kernel.standard_scores import integer_score, score


def test_no_row_has_no_score() -> None:
    for function, kind in ((score, np.float64), (integer_score, np.int64)):
        assert function(np.zeros(16, np.int64), np.zeros(0, kind), 0) == (NULL, 0.0)
