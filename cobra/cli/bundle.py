"""`cobra verify` and `cobra unpack`: a bundle of results checked, and unpacked into a checkout."""

import argparse
import tempfile
from pathlib import Path

from cobra.artifacts.provenance import commit_in_words
from cobra.errors import UserError
from cobra.machine import options
from cobra.sharing.archive import extract
from cobra.sharing.bundle import Findings, restore_times, unpack_bundle, verify
from cobra.sharing.manifest import Manifest, read_manifest


def verify_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    made.add_argument(
        "path", type=options.path, help="bundle (.tar.gz), or the folder where one was unpacked"
    )
    made.add_argument(
        "--restore-times",
        action="store_true",
        help="in a folder: give files made again that are as recorded their recorded times back, so that "
        "Snakemake does not take them for changed",
    )
    made.set_defaults(run=run_verify)


def run_verify(args: argparse.Namespace) -> None:
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


def unpack_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    made.add_argument("path", type=options.path, help="bundle (.tar.gz)")
    made.add_argument(
        "--into", type=options.folder, default=Path(), help="a fresh checkout (the current folder)"
    )
    made.set_defaults(run=run_unpack)


def run_unpack(args: argparse.Namespace) -> None:
    """Unpack, and say what is not in it."""
    manifest = unpack_bundle(args.path, args.into)
    print(f"{len(manifest.files)} files unpacked; left out, and made again where needed:")
    for file in manifest.left_out:
        print(f"  {file.path}  {file.kind}, {file.size} bytes, SHA-256 {file.sha256[:12]}...")
