"""What the commands in scripts/ share: options, and errors for people."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from cobra.errors import UserError


def parser(description: str | None, *, settings: bool = True) -> argparse.ArgumentParser:
    """A command's parser with the option that nearly all have: its settings as one JSON object."""
    made = argparse.ArgumentParser(description=description)
    if settings:
        made.add_argument(
            "--settings", default="{}", help="settings as a JSON object; defaults where left out"
        )
    return made


def add_subject(made: argparse.ArgumentParser, *names: str) -> None:
    """Options that name what the artifact is about."""
    for name in names:
        made.add_argument(f"--{name}", required=True, type=int if name == "seed" else str)


def add_machine(made: argparse.ArgumentParser) -> None:
    """Options that say where and how to compute; none changes a result beyond rounding."""
    made.add_argument("--device", default="auto", help="cpu, cuda, cuda:1 ...; auto: CUDA where there is one")
    made.add_argument("--threads", type=int, default=1, help="CPU threads")
    made.add_argument("--scratch", type=Path, default=Path(".scratch"), help="folder of resumable state")


def run(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main`; a UserError is printed without a traceback and ends it with status 1."""
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    sys.exit(0)
