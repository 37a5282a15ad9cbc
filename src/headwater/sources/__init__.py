"""Readers, one file each: `parquet.py` holds `Parquet`. The contract is `spec.reader.Reader`."""
