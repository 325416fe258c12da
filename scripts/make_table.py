"""Make a table from score files: csv for machines; md, tex and html for people."""

from pathlib import Path

from cobra import command
from cobra.artifacts import write_bytes
from cobra.reporting.cells import cells_frame, collect_cells
from cobra.reporting.render import html, latex, markdown
from cobra.reporting.tables import notes, read_reported, table_frame
from cobra.settings.errors import validate_json
from cobra.settings.tables import TableSettings


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument(
        "--scores", required=True, help="score files' path with {dataset}, {normal} ... in it"
    )
    parser.add_argument("--reported", type=Path, required=True, help="the paper's numbers (.csv)")
    parser.add_argument("--output", type=Path, required=True, help="table (.csv); the others go beside it")
    args = parser.parse_args()
    settings = validate_json(TableSettings, args.settings, "--settings")
    reported = read_reported(args.reported)
    cells = collect_cells(settings, args.scores)
    frame = table_frame(settings, cells, reported)
    below = notes(settings, cells)
    write_bytes(args.output, cells_frame(cells, settings.bootstrap.confidence).to_csv(index=False).encode())
    for suffix, render in ((".md", markdown), (".tex", latex), (".html", html)):
        text = render(settings.layout.title, frame, below)
        write_bytes(args.output.with_suffix(suffix), text.encode())


if __name__ == "__main__":
    command.run(main)
