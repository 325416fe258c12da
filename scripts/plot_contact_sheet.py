"""Draw a contact sheet of a data set: images, pseudo-anomalies, each transformation (png and svg)."""

from cobra.data.prepared import read_prepared
from cobra.machine import options, script
from cobra.reporting.figures.contact_sheet import draw_sheet, sheet_blocks
from cobra.reporting.figures.drawing import write_figure
from cobra.reporting.figures.settings import ContactSheetSettings
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    script.add_subject(parser, "dataset", "seed")
    parser.add_argument("--data", type=options.path, required=True, help="prepared images.npy")
    parser.add_argument(
        "--output", type=options.output, required=True, help="figure (.png); the .svg goes beside it"
    )
    args = parser.parse_args()
    settings = validate_json(ContactSheetSettings, args.settings, "--settings")
    prepared = read_prepared(args.data)
    prepared.identity.require(args.data, "prepared", {"dataset": args.dataset})
    blocks = sheet_blocks(prepared, settings, args.seed)
    figure = draw_sheet(blocks, f"{args.dataset}: pseudo-anomalies of the normal images, before the filter")
    write_figure(args.output, figure)


if __name__ == "__main__":
    script.run(main)
