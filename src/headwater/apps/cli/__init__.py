"""The command line: `headwater`, or `python -m headwater.apps.cli`."""

from __future__ import annotations

import sys
from typing import NoReturn

from headwater.apps.cli.interruption import interruptible


def main() -> NoReturn:
    """Run the verb that the command line names and end the process with its exit code.

    0 done; 1 a check failed; 2 the definitions or the call are wrong; 3 the data is wrong; 4 the
    environment failed; 130 interrupted, 143 terminated.
    """
    try:
        with interruptible():
            from headwater.apps.cli.application import application

            application()(prog_name="headwater")
    except (KeyboardInterrupt, Exception) as error:
        from headwater.apps.cli.edge import told

        sys.exit(told(error, as_json=False))
    sys.exit(0)
