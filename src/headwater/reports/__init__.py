"""Reports: what a run found, drawn for people."""
