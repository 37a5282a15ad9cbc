"""From definitions to what will run: types, clocks, proofs, fingerprints; no rows are read."""
