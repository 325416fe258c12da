"""`cobra`: for a person, without the workflow."""

import argparse
import sys
from importlib import import_module

from cobra.machine import script

COMMANDS = ("datasets", "attack", "score", "show", "watch", "verify", "unpack", "submit-record")


def main() -> None:
    """The command line."""
    script.run(_main)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="cobra", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name in wanted(sys.argv[1:]):
        import_module(f"cobra.cli.{name.replace('-', '_')}").add_to(commands)
    args = parser.parse_args()
    args.run(args)


def wanted(arguments: list[str]) -> tuple[str, ...]:
    """The command that is named, alone: others may import torch, which takes seconds. All where none is."""
    named = tuple(arguments[:1])
    return named if set(named) & set(COMMANDS) else COMMANDS
