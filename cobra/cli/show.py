"""`cobra show`: what an artifact says it is, in words."""

import argparse
from pathlib import Path

from tabulate import tabulate

from cobra.artifacts.differences import leaves
from cobra.artifacts.files import CODE_BOOK, read_run_record
from cobra.artifacts.identity import Identity
from cobra.artifacts.provenance import first_run, identity_of
from cobra.machine import options

TOLD = ("wall_seconds", "starts", "peak_memory_mib", "finished")  # by a run record


def show_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    made.add_argument("artifact", type=options.path, help="detector.pt, a .parquet or a .json of the results")
    made.add_argument(
        "--code", type=options.folder, help=f"book of codes; left out: the results' folder {CODE_BOOK}/"
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print the identity."""
    print(in_words(args.artifact, identity_of(args.artifact), args.code or code_book(args.artifact)))


def code_book(artifact: Path) -> Path | None:
    """The nearest book of codes above an artifact, None if there is none."""
    folders = [folder / CODE_BOOK for folder in artifact.resolve().parents]
    return next((folder for folder in folders if folder.is_dir()), None)


def in_words(path: Path, identity: Identity, book: Path | None) -> str:
    """Subject, settings, inputs, code and what the run record beside it tells, a line each."""
    record = read_run_record(path)
    facts = {
        "kind": identity.kind,
        **identity.subject,
        **dict(leaves(identity.settings)),
        **{f"made from {name}": digest for name, digest in identity.inputs.items()},
        "code": identity.code,
        "code first run": first_run(identity.code, book),
        **{f"version of {name}": number for name, number in identity.versions.items()},
        "device": identity.device,
        **{name.replace("_", " "): record[name] for name in TOLD if name in record},
    }
    rows = [(name, str(value)) for name, value in facts.items()]
    return f"{path}\n" + tabulate(rows, tablefmt="plain", disable_numparse=True)
