"""The images that `cobra attack` is given: a folder, prepared on the way, or an array that is prepared."""

import argparse

from cobra.artifacts.files import write_bytes
from cobra.data.catalog.entry import HIGH, LOW, DatasetEntry
from cobra.data.content_digests import files_digest
from cobra.data.own_folder import SMALL, own_entry
from cobra.data.prepare import prepare
from cobra.data.prepared import Prepared, read_prepared
from cobra.data.readers import files_read
from cobra.data.settings import PreparationPolicy, PreparationSettings
from cobra.experiment.datasets import DatasetConfig, preparation_of
from cobra.settings.validation import validate

FOLDER = "folder"  # what a data set is called that no leaderboard knows


def images_of(args: argparse.Namespace) -> tuple[Prepared, float]:
    """The images as an array, and eps: the one given, or else the paper's for their resolution."""
    if args.data.is_file():  # that the workflow prepared
        prepared = read_prepared(args.data)
        usual = (LOW if prepared.images.shape[1] <= SMALL else HIGH)["eps"]
    else:
        entry = _entry(args)
        prepared, usual = _prepared(args, entry), entry.eps
    return prepared, usual if args.eps is None else args.eps


def digest_of(args: argparse.Namespace) -> str:
    """What the images are, wherever they lie: in an array that is prepared, or in a folder."""
    if args.data.is_file():
        return read_prepared(args.data).digest
    return _files_digest(args, _settings(args, _entry(args)))


def _entry(args: argparse.Namespace) -> DatasetEntry:
    return own_entry(FOLDER, args.data, args.resolution, named="--data")


def _settings(args: argparse.Namespace, entry: DatasetEntry) -> PreparationSettings:
    given = {"folder": str(args.data), "resolution": args.resolution}
    config = validate(DatasetConfig, given, "cobra attack")
    return preparation_of(config, entry, entry.layouts[0].reader)


def _files_digest(args: argparse.Namespace, settings: PreparationSettings) -> str:
    return files_digest(args.data, files_read(args.data, settings), args.output / ".contents.json")


def _prepared(args: argparse.Namespace, entry: DatasetEntry) -> Prepared:
    """The images of a folder as an array, prepared again only if the folder or the settings changed."""
    settings = _settings(args, entry)
    output = args.output / "images.npy"
    stamp = output.with_suffix(".contents")
    contents = f"{_files_digest(args, settings)} {settings.model_dump_json()}"
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
