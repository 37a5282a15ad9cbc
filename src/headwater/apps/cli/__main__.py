"""`python -m headwater.apps.cli`."""

from __future__ import annotations

from headwater.apps.cli import main

main()
