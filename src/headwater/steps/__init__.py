"""The preparation steps, one file a word: `scale_standard.py` holds `ScaleStandard`.

See `headwater.steps.base` for how a step is written.
"""
