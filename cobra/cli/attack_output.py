"""The folder of `cobra attack`: of one detector on one set of images, and in one process at a time."""

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from cobra.artifacts.files import CLAIM, read_json, read_table, write_plain_json
from cobra.errors import UserError
from cobra.machine.locks import held_alone


def held_output(folder: Path) -> AbstractContextManager[None]:
    """Hold --output; entered, it raises UserError if another process writes there."""
    refusal = f"--output {folder} is in use by another `cobra attack`: wait for it, or give another --output."
    return held_alone(folder, refusal)


def claim_of(args: argparse.Namespace, score: str) -> dict[str, str]:
    """What is attacked, by its `score`, and on what: by the names in the options, not by content. The same
    command again, after the detector or the images changed, is meant to make the results anew.
    """
    named = args.score or args.fit if args.detector is None else f"{args.detector.absolute()} ({score})"
    return {"detector": named, "data": str(args.data.absolute())}


def write_claim(folder: Path, claim: Mapping[str, str]) -> None:
    """Say what the results in `folder` are of, before the first of them is there."""
    write_plain_json(folder / CLAIM, claim)


def remove_outdated(folder: Path, inputs: Mapping[str, str]) -> None:
    """Remove score files and verdicts of our own that were made from another state of the detector or the
    images than `inputs`: beside the new ones they would be taken for results of the same.
    """
    outdated = [path for path in _results(folder) if _inputs(path) not in (None, inputs)]
    for path in outdated:
        path.unlink()
    if outdated:
        print(
            f"{folder}: {len(outdated)} files of an earlier state of the detector or the images are removed",
            file=sys.stderr,
        )


def _results(folder: Path) -> list[Path]:
    return [*folder.glob("*/*.parquet"), *folder.glob("*/gates.json")]


def _inputs(path: Path) -> Mapping[str, str] | None:
    """What an artifact was made from; None of a file that is none."""
    try:
        _, identity = read_json(path) if path.suffix == ".json" else read_table(path)
    except UserError:
        return None
    return identity.inputs


def require_same(folder: Path, claim: Mapping[str, str]) -> None:
    """Raise UserError if `folder` has results of something else than `claim`, or files of somebody else."""
    path = folder / CLAIM
    if path.is_file():
        try:
            found = json.loads(path.read_text())
            different = [name for name, value in claim.items() if found[name] != value]
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{path} was not written by `cobra attack`: give another --output.") from None
        if different:
            raise UserError(
                f"--output {folder} has results of the {different[0]} {found[different[0]]}, not of "
                f"{claim[different[0]]}: give another --output, or remove that folder if you need it no more."
            )
    elif (folder / "images.npy").is_file() and not (folder / "images.parquet").is_file():
        raise UserError(
            f"--output {folder} has an images.npy that `cobra attack` did not write: give another --output."
        )
