"""The images that `cobra attack` is given: a folder, prepared on the way, or an array that is prepared."""

import argparse

from cobra.artifacts.files import write_bytes
from cobra.data.catalog.entry import HIGH, LOW
from cobra.data.content_digests import files_digest
from cobra.data.own_folder import SMALL, own_entry
from cobra.data.prepare import prepare
from cobra.data.prepared import Prepared, read_prepared
from cobra.data.readers import files_read
from cobra.data.settings import PreparationPolicy
from cobra.experiment.datasets import DatasetConfig, preparation_of
from cobra.settings.validation import validate

FOLDER = "folder"  # what a data set is called that no leaderboard knows


def images_of(args: argparse.Namespace) -> tuple[Prepared, float]:
    """The images as an array, and eps."""
    return _opened(args) if args.data.is_file() else _prepared(args)


def _opened(args: argparse.Namespace) -> tuple[Prepared, float]:
    """Data that the workflow prepared, and eps: the paper's for their resolution."""
    prepared = read_prepared(args.data)
    return prepared, _eps(args.eps, (LOW if prepared.images.shape[1] <= SMALL else HIGH)["eps"])


def _prepared(args: argparse.Namespace) -> tuple[Prepared, float]:
    """The images as an array, prepared again only if the folder or the settings changed, and eps."""
    config = validate(
        DatasetConfig, {"folder": str(args.data), "resolution": args.resolution}, "cobra attack"
    )
    entry = own_entry(FOLDER, args.data, args.resolution)
    preparation = preparation_of(config, entry, entry.layouts[0].reader)
    output = args.output / "images.npy"
    stamp = output.with_suffix(".contents")
    files = files_read(args.data, preparation)
    known = args.output / ".contents.json"
    contents = f"{files_digest(args.data, files, known)} {preparation.model_dump_json()}"
    if not (stamp.is_file() and stamp.read_text() == contents and output.is_file()):
        policy = PreparationPolicy(needed=[])
        prepare(
            FOLDER,
            [args.data],
            preparation,
            policy,
            script=__file__,
            threads=args.threads,
            scratch=args.scratch,
            output=output,
        )
        write_bytes(stamp, contents.encode())
    return read_prepared(output), _eps(args.eps, entry.eps)


def _eps(given: float | None, usual: float) -> float:
    return usual if given is None else given
