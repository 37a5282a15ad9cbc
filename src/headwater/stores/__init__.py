"""What is kept: artifacts, cached results, the ledger; nothing is ever half written."""
