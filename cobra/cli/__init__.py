"""`cobra`: for a person, without the workflow."""

import argparse

from cobra import command
from cobra.cli import attack, datasets, watch


def main() -> None:
    """The command line."""
    command.run(_main)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="cobra", description=__doc__)
    commands = parser.add_subparsers(required=True)
    datasets.add_to(commands)
    attack.add_to(commands)
    watch.add_to(commands)
    args = parser.parse_args()
    args.run(args)
