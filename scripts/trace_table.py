"""Say where each figure of a table comes from: csv for machines, html for people."""

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.reporting.provenance import Places, collect_rows, provenance_frame
from cobra.reporting.provenance_page import provenance_html
from cobra.reporting.tables.settings import TableSettings
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    parser.add_argument("--table", type=options.path, required=True, help="the table (.csv)")
    parser.add_argument(
        "--scores", required=True, help="score files' path with {dataset}, {normal} ... in it"
    )
    parser.add_argument(
        "--detectors", nargs=2, required=True, help="the same of detectors: ours (.pt), others' (.json)"
    )
    parser.add_argument("--codes", type=options.folder, required=True, help="folder of the book of codes")
    parser.add_argument(
        "--output", type=options.output, required=True, help=".csv to write; the .html goes beside it"
    )
    args = parser.parse_args()
    settings = validate_json(TableSettings, args.settings, "--settings")
    detectors, descriptors = args.detectors
    places = Places(args.scores, detectors, descriptors, args.codes)
    rows = collect_rows(settings, args.table, places)
    write_bytes(args.output, provenance_frame(settings, rows).to_csv(index=False).encode())
    write_bytes(args.output.with_suffix(".html"), provenance_html(settings, rows).encode())


if __name__ == "__main__":
    script.run(main)
