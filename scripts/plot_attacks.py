"""Plot how the AUROC falls with an attack's budget: over steps and restarts, or over eps (png, svg, csv)."""

from pathlib import Path

import matplotlib as mpl

from cobra import command
from cobra.artifacts import write_bytes
from cobra.reporting.attack_figures import STYLE, collect_curves, draw_budget, draw_eps
from cobra.reporting.pictures import render
from cobra.settings.errors import validate_json
from cobra.settings.figures import FigureSettings


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument(
        "--scores", required=True, help="score files' path with {dataset}, {normal} ... in it"
    )
    parser.add_argument("--sweeps", required=True, help="sweep files' path")
    parser.add_argument(
        "--output", type=Path, required=True, help="figure (.png); .svg and .csv go beside it"
    )
    args = parser.parse_args()
    settings = validate_json(FigureSettings, args.settings, "--settings")
    is_budget = settings.layout.kind == "budget"
    curves = collect_curves(settings, args.scores if is_budget else args.sweeps)
    write_bytes(args.output.with_suffix(".csv"), curves.to_csv(index=False).encode())
    with mpl.rc_context(STYLE):
        figure = draw_budget(curves, settings) if is_budget else draw_eps(curves, settings)
        for suffix in (".svg", ".png"):
            write_bytes(args.output.with_suffix(suffix), render(figure, suffix))


if __name__ == "__main__":
    command.run(main)
