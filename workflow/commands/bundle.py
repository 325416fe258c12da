"""Pack finished results into one archive: what another person needs to check and extend them.

Data and checkpoints stay out, known by SHA-256. Snakemake's records go along, so that it notices changed
settings on the other machine. `cobra verify` checks the archive.
"""

from pathlib import Path

from cobra.machine import script
from cobra.sharing.bundle.pack import pack
from workflow.commands.bundle_contents import gather


def main() -> None:
    """The command line."""
    parser = script.parser(__doc__, settings=False)
    parser.add_argument("--configfile", type=Path, default=Path("config/config.yaml"), help="of the results")
    parser.add_argument("--output", type=Path, required=True, help="the archive (.tar.gz)")
    parser.add_argument(
        "targets", nargs="*", help="as for snakemake; left out: its default, all tables and figures"
    )
    args = parser.parse_args()
    manifest = pack(args.output, Path(), gather(args.configfile, args.targets))
    print(
        f"{args.output}: {len(manifest.files)} files in {-(-args.output.stat().st_size >> 10)} KiB; "
        f"{len(manifest.left_out)} files left out and written down."
    )


if __name__ == "__main__":
    script.run(main)
