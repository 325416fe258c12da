"""The images that `cobra attack` is given: a folder, prepared on the way, or an array that is prepared."""

import argparse

from cobra.artifacts.files import write_bytes
from cobra.data.catalog.entry import HIGH, LOW, DatasetEntry
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
    """The images as an array, and eps: the one given, or else the paper's for their resolution."""
    if args.data.is_file():  # that the workflow prepared
        prepared = read_prepared(args.data)
        usual = (LOW if prepared.images.shape[1] <= SMALL else HIGH)["eps"]
    else:
        entry = own_entry(FOLDER, args.data, args.resolution)
        prepared, usual = _prepared(args, entry), entry.eps
    return prepared, usual if args.eps is None else args.eps


def _prepared(args: argparse.Namespace, entry: DatasetEntry) -> Prepared:
    """The images of a folder as an array, prepared again only if the folder or the settings changed."""
    given = {"folder": str(args.data), "resolution": args.resolution}
    config = validate(DatasetConfig, given, "cobra attack")
    settings = preparation_of(config, entry, entry.layouts[0].reader)
    output = args.output / "images.npy"
    stamp = output.with_suffix(".contents")
    digest = files_digest(args.data, files_read(args.data, settings), args.output / ".contents.json")
    contents = f"{digest} {settings.model_dump_json()}"
    if not (stamp.is_file() and stamp.read_text() == contents and output.is_file()):
        prepare(
            FOLDER,
            [args.data],
            settings,
            PreparationPolicy(needed=[]),
            script=__file__,
            threads=args.threads,
            scratch=args.scratch,
            output=output,
        )
        write_bytes(stamp, contents.encode())
    return read_prepared(output)
