"""The folds, one file a word: `mean.py` holds `Mean`. See `headwater.aggregations.base`."""
