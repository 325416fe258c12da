"""Prepare a data set: raw files to one uint8 array and its manifest."""

from pathlib import Path

from cobra import command
from cobra.data.catalog import DATASETS
from cobra.data.readers import read_raw
from cobra.data.store import write_prepared
from cobra.provenance import make_identity
from cobra.settings.data import PreparationSettings
from cobra.settings.errors import validate_json


def main() -> None:
    parser = command.parser(__doc__)
    command.add_subject(parser, "dataset")
    parser.add_argument("--drop-folder", type=Path, help="where files placed by hand lie")
    parser.add_argument("--output", type=Path, required=True, help="images.npy; the manifest goes beside it")
    args = parser.parse_args()
    settings = validate_json(PreparationSettings, args.settings, "--settings")
    identity = make_identity("prepared", {"dataset": args.dataset}, settings, __file__)
    raw = read_raw(args.dataset, args.drop_folder)
    resolution = settings.resolution or DATASETS[args.dataset].resolution
    write_prepared(args.output, args.dataset, raw, resolution, identity)


if __name__ == "__main__":
    command.run(main)
