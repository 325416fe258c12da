"""Make a table from score files: csv for machines; md, tex and html for people."""

from pathlib import Path

from cobra import command
from cobra.artifacts import write_bytes
from cobra.reporting.cells import collect_cells
from cobra.reporting.cells_csv import cells_frame
from cobra.reporting.lacks import Patterns
from cobra.reporting.notes import notes
from cobra.reporting.render import write_for_people
from cobra.reporting.tables import read_reported, table_frame
from cobra.settings.errors import validate_json
from cobra.settings.tables import TableSettings


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument(
        "--scores", required=True, help="score files' path with {dataset}, {normal} ... in it"
    )
    parser.add_argument("--gates", help="the same of the gates' verdicts")
    parser.add_argument("--data-logs", nargs="*", default=[], help="the same of the logs of preparation")
    parser.add_argument("--logs", nargs="*", default=[], help="the same of the logs of training and attack")
    parser.add_argument("--reported", type=Path, required=True, help="the paper's numbers (.csv)")
    parser.add_argument("--output", type=Path, required=True, help="table (.csv); the others go beside it")
    args = parser.parse_args()
    settings = validate_json(TableSettings, args.settings, "--settings")
    reported = read_reported(args.reported)
    patterns = Patterns(args.scores, args.gates, tuple(args.data_logs), tuple(args.logs))
    cells = collect_cells(settings, patterns)
    write_bytes(args.output, cells_frame(cells, settings, reported).to_csv(index=False).encode())
    frame = table_frame(settings, cells, reported)
    write_for_people(args.output, settings.layout.title, frame, notes(settings, cells, reported))


if __name__ == "__main__":
    command.run(main)
