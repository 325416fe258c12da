"""Plot a figure from files of results: png and svg, its numbers (csv) beside it."""

from pathlib import Path

import matplotlib as mpl

from cobra import command
from cobra.artifacts import write_bytes
from cobra.reporting.figures.kinds import FIGURES
from cobra.reporting.figures.style import STYLE
from cobra.reporting.pictures import write_figure
from cobra.settings.errors import validate_json
from cobra.settings.figures import FigureSettings


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--files", required=True, help="the files' path with {dataset}, {normal} ... in it")
    parser.add_argument(
        "--output", type=Path, required=True, help="figure (.png); .svg and .csv go beside it"
    )
    args = parser.parse_args()
    settings = validate_json(FigureSettings, args.settings, "--settings")
    kind = FIGURES.load(settings.layout.kind)
    numbers = kind.collect(settings, args.files)
    write_bytes(args.output.with_suffix(".csv"), numbers.to_csv(index=False).encode())
    with mpl.rc_context(STYLE):
        write_figure(args.output, kind.draw(numbers, settings))


if __name__ == "__main__":
    command.run(main)
