"""Plot a figure from files of results: png and svg, its numbers (csv) beside it."""

import matplotlib as mpl

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.reporting.figures.drawing import STYLE, write_figure
from cobra.reporting.figures.settings import FIGURES, FigureSettings
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    parser.add_argument("--files", required=True, help="the files' path with {dataset}, {normal} ... in it")
    parser.add_argument(
        "--output", type=options.output, required=True, help="figure (.png); .svg and .csv go beside it"
    )
    args = parser.parse_args()
    settings = validate_json(FigureSettings, args.settings, "--settings")
    kind = FIGURES.load(settings.layout.kind)
    numbers = kind.collect(settings, args.files)
    write_bytes(args.output.with_suffix(".csv"), numbers.to_csv(index=False).encode())
    with mpl.rc_context(STYLE):
        write_figure(args.output, kind.draw(numbers, settings))


if __name__ == "__main__":
    script.run(main)
