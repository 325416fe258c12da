"""`cobra verify`: whether a bundle of results is whole, and its tables follow from its score files."""

import argparse
import tempfile
from pathlib import Path

from cobra.artifacts.provenance import commit_in_words
from cobra.errors import UserError
from cobra.sharing.archive import extract
from cobra.sharing.bundle import Findings, restore_times, verify
from cobra.sharing.manifest import Manifest, read_manifest


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its options."""
    made = commands.add_parser(
        "verify", help="check a bundle of results: digests, lineage, every figure of its tables"
    )
    made.add_argument("path", type=Path, help="bundle (.tar.gz), or the folder where one was unpacked")
    made.add_argument(
        "--restore-times",
        action="store_true",
        help="in a folder: give files made again that are as recorded their recorded times back, so that "
        "Snakemake does not take them for changed",
    )
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print what was verified; raises UserError, a sentence per fault."""
    if args.path.is_dir():
        manifest = read_manifest(args.path)
        if args.restore_times:
            print(f"{restore_times(args.path, manifest)} files were given their recorded times back.")
        report(manifest, verify(args.path, manifest, lasting=True))
        return
    if args.restore_times:
        raise UserError(f"{args.path} is no folder: --restore-times is for one where a bundle was unpacked.")
    with tempfile.TemporaryDirectory() as folder:
        manifest = extract(args.path, Path(folder))
        report(manifest, verify(Path(folder), manifest))


def report(manifest: Manifest, findings: Findings) -> None:
    """Print what was found; raises UserError if that is a fault."""
    if findings.faults:
        faults = "\n".join(findings.faults)
        raise UserError(f"the bundle does not hold together, {len(findings.faults)} faults:\n{faults}")
    print(findings.words)
    made = commit_in_words(manifest.commit, manifest.clean)
    print(f"Made {made}; {len(manifest.left_out)} files were left out and are known by digest.")
