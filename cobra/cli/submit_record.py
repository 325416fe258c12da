"""`cobra submit-record`: a record made elsewhere, checked, into the leaderboard's folder."""

import argparse
from pathlib import Path

from cobra.sharing.leaderboard.submission import submit
from cobra.sharing.leaderboard.terms import read_terms


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its options."""
    made = commands.add_parser(
        "submit-record", help="check a leaderboard record made elsewhere, and put it beside the others"
    )
    made.add_argument("record", type=Path, help="archive that `cobra attack --record` wrote (.tar.gz)")
    made.add_argument("--to", type=Path, required=True, help="folder of records (leaderboard.folder)")
    made.add_argument(
        "--terms",
        type=Path,
        default=Path("results/leaderboard/terms.json"),
        help="the leaderboard's terms (results/leaderboard/terms.json)",
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Check all there is to check; write only if all is well."""
    path = submit(args.record, read_terms(args.terms), args.to)
    print(f"{path} joins the leaderboard with the next run: all that can be checked is as it says.")
