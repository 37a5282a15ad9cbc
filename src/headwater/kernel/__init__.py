"""Arrays in, arrays out: bounds, passes, exact moments, row programs. No frames, no I/O of data.

Every function that is compiled is written as plain Python that also runs uncompiled; see
`headwater.kernel.compile` for how it becomes a cached module.
"""
