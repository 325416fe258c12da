"""Make a table from score files: csv for machines; md, tex and html for people."""

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.reporting.pages.render import pages, write_pages
from cobra.reporting.tables.cells import Patterns, collect_cells
from cobra.reporting.tables.notes import notes
from cobra.reporting.tables.paper_numbers import read_reported
from cobra.reporting.tables.settings import TableSettings
from cobra.reporting.tables.table import cells_frame, table_frame
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    parser.add_argument(
        "--scores", required=True, help="score files' path with {dataset}, {normal} ... in it"
    )
    parser.add_argument("--gates", help="the same of the gates' verdicts")
    parser.add_argument("--data-logs", nargs="*", default=[], help="the same of the logs of preparation")
    parser.add_argument("--logs", nargs="*", default=[], help="the same of the logs of training and attack")
    parser.add_argument("--reported", type=options.path, required=True, help="the paper's numbers (.csv)")
    parser.add_argument(
        "--output", type=options.output, required=True, help="table (.csv); the others go beside it"
    )
    args = parser.parse_args()
    settings = validate_json(TableSettings, args.settings, "--settings")
    reported = read_reported(args.reported)
    patterns = Patterns(args.scores, args.gates, tuple(args.data_logs), tuple(args.logs))
    cells = collect_cells(settings, patterns)
    write_bytes(args.output, cells_frame(cells, settings, reported).to_csv(index=False).encode())
    frame = table_frame(settings, cells, reported)
    write_pages(args.output, pages(settings.layout.title, frame, notes(settings, cells, reported)))


if __name__ == "__main__":
    script.run(main)
