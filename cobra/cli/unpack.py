"""`cobra unpack`: a bundle of results into a checkout."""

import argparse
from pathlib import Path

from cobra.sharing.bundle import unpack_bundle


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its options."""
    made = commands.add_parser("unpack", help="unpack a bundle of results into a checkout, to extend them")
    made.add_argument("path", type=Path, help="bundle (.tar.gz)")
    made.add_argument("--into", type=Path, default=Path(), help="a fresh checkout (the current folder)")
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Unpack, and say what is not in it."""
    manifest = unpack_bundle(args.path, args.into)
    print(f"{len(manifest.files)} files unpacked; left out, and made again where needed:")
    for file in manifest.left_out:
        print(f"  {file.path}  {file.kind}, {file.size} bytes, SHA-256 {file.sha256[:12]}...")
