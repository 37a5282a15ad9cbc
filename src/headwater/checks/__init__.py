"""Checks: what should hold of a source's rows; one word a file, found by the file's name."""
