"""Plot a figure from images and detectors of the first seed: png and svg, its numbers (csv) beside it."""

import matplotlib as mpl

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.machine.device import prepare_device
from cobra.reporting.figures.drawing import STYLE, write_figure
from cobra.reporting.figures.inputs import Files
from cobra.reporting.figures.settings import FIGURES, PictureSettings
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    script.add_machine(parser)
    parser.add_argument("--data", required=True, help="path of prepared images.npy with {dataset} in it")
    parser.add_argument("--detectors", required=True, help="path of detector.pt with {dataset} ... in it")
    parser.add_argument(
        "--output", type=options.output, required=True, help="figure (.png); .svg and .csv go beside it"
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
    script.run(main)
