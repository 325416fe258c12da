"""The one error meant for a person, and how a command ends on it."""

import sys
from collections.abc import Callable
from typing import NoReturn


class UserError(Exception):
    """Something a person can mend: one sentence saying what is wrong, where, and what to do."""


def run_command(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main`; a UserError is printed without a traceback and ends it with status 1."""
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    sys.exit(0)
