"""The contestants, one file each: `enrich(task)` reads two Parquet files and writes one.

What each is written for is its best: the form that somebody who knows the tool well would write.
"""
