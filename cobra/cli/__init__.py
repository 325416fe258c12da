"""`cobra`: for a person, without the workflow."""

import argparse
import sys
from importlib import import_module

from cobra.machine import script

# Of each command the module here that has its options, and what it does.
COMMANDS = {
    "datasets": ("datasets", "the data sets, what of them is here, how to get the rest"),
    "attack": (
        "attack",
        "attack any score, a function from images in [0, 1] to one number each, or a trained detector",
    ),
    "score": ("score", "score single images by a trained detector, each called normal or anomalous"),
    "show": ("show", "what a detector, score file or other artifact says it is"),
    "watch": ("watch", "what runs now: a line per training or attack, with the time left"),
    "verify": ("bundle", "check a bundle of results: digests, lineage, every figure of its tables"),
    "unpack": ("bundle", "unpack a bundle of results into a checkout, to extend them"),
    "submit-record": (
        "leaderboard",
        "check a leaderboard record made elsewhere, and put it beside the others",
    ),
}


def main() -> None:
    """The command line."""
    script.run(_main)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="cobra", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, (module, does) in COMMANDS.items():
        made = commands.add_parser(name, help=does)
        if name in sys.argv[1:2]:  # the others may import torch, which takes seconds
            declared = import_module(f"cobra.cli.{module}")
            getattr(declared, f"{name.replace('-', '_')}_options")(made)
    args = parser.parse_args()
    args.run(args)
