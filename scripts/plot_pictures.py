"""Plot a figure from images and detectors of the first seed: png and svg, its numbers (csv) beside it."""

from pathlib import Path

import matplotlib as mpl

from cobra import command
from cobra.artifacts import write_bytes
from cobra.reporting.figures.kinds import FIGURES
from cobra.reporting.figures.opened import Files
from cobra.reporting.figures.style import STYLE
from cobra.reporting.pictures import write_figure
from cobra.runtime import prepare_device
from cobra.settings.errors import validate_json
from cobra.settings.pictures import PictureSettings


def main() -> None:
    parser = command.parser(__doc__)
    command.add_machine(parser)
    parser.add_argument("--data", required=True, help="path of prepared images.npy with {dataset} in it")
    parser.add_argument("--detectors", required=True, help="path of detector.pt with {dataset} ... in it")
    parser.add_argument(
        "--output", type=Path, required=True, help="figure (.png); .svg and .csv go beside it"
    )
    args = parser.parse_args()
    settings = validate_json(PictureSettings, args.settings, "--settings")
    kind = FIGURES.load(settings.layout.kind)
    files = Files(args.data, args.detectors, prepare_device(args.device, args.threads))
    collected = kind.collect(settings, files)
    write_bytes(args.output.with_suffix(".csv"), kind.numbers(collected).to_csv(index=False).encode())
    with mpl.rc_context(STYLE):
        write_figure(args.output, kind.draw(collected, settings))


if __name__ == "__main__":
    command.run(main)
