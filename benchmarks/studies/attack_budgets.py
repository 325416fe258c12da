"""Whether shorter attacks leave less than a long one, image by image and in AUROC.

    python -m benchmarks.studies.attack_budgets results/reduced --against pgd_1000_10

Reads the score files of config/experiments/attack_budgets.yaml: attacks on the same test images of the same
detectors. A file's trace tells what fewer restarts would have found. Nothing is attacked.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.lib import harness
from benchmarks.studies.early_stopping import FullRun, full_run
from cobra.errors import UserError
from cobra.machine import options, script
from cobra.metrics import Floats, auroc, placements

NOTES = [
    "steps: per image, in % of the long attack's",
    "AUROC: in points less the long attack's, over the detectors; above 0 the short one is weaker",
    "ranked as badly: share of the images that the short attack has ranked rightly against no more images of "
    "the other kind than the long attack has; the others' scores are those of the long attack",
    "worst image: against how many of 100 others more it is ranked rightly under the short attack",
]
SAME = ("eps", "norm", "target")  # of attacks that may be compared


def main() -> None:
    parser = harness.parser(__doc__, computes=False)
    parser.add_argument("results", type=options.folder, help="folder in which score files lie, at any depth")
    parser.add_argument("--against", type=options.name, default="pgd_1000_10", help="the long attack")
    parser.add_argument(
        "--restarts", type=options.positive, nargs="+", default=[1, 2, 5], help="of the shorter attacks"
    )
    args = parser.parse_args()
    found = [
        each
        for long in sorted(args.results.rglob(f"scores/*/{args.against}.parquet"))
        for each in compared(long, args.restarts)
    ]
    if not found:
        raise UserError(f"{args.results} holds no other attack beside {args.against}: attack first.")
    text = "\n".join([by_attack(found), by_detector(found, args.against)])
    harness.publish(args.output, {"code": harness.code(), "compared": found}, text)


def compared(path: Path, restarts: list[int]) -> Iterator[dict[str, Any]]:
    """What attacks on the images of the score file at `path` leave, of all those beside it; raises UserError
    if one of them has another budget.
    """
    long = full_run(path)
    for other in sorted(path.parent.glob("*.parquet")):
        short = full_run(other) if other != path else long
        if short is long or short.image_ids != long.image_ids:
            continue
        if any(getattr(short.settings, name) != getattr(long.settings, name) for name in SAME):
            raise UserError(
                f"{other} has not the {', '.join(SAME)} of {path}: compare attacks of one budget."
            )
        made = [count for count in restarts if count <= short.settings.restarts]
        yield from (against(long, short, count) for count in made)


def against(long: FullRun, short: FullRun, restarts: int) -> dict[str, Any]:
    """The first `restarts` of an attack against all of a longer one on the same images."""
    is_anomaly = long.is_anomaly.numpy()
    worst, found = long.worst(long.trace), long.worst(short.trace[:, :restarts])
    more = ranked_rightly(found, worst, is_anomaly) - ranked_rightly(worst, worst, is_anomaly)
    robust = {"long": auroc(worst, is_anomaly), "short": auroc(found, is_anomaly)}
    return {
        "detector": "/".join(str(long.subject[name]) for name in ("dataset", "normal", "method", "score")),
        "attack": str(short.subject["attack"]),
        "restarts": restarts,
        "steps": restarts * short.settings.steps / (long.settings.restarts * long.settings.steps),
        **robust,
        "difference": robust["short"] - robust["long"],
        "as_badly": float((more <= 0).mean()),
        "worst_image": float(max(0, more.max())),
    }


def ranked_rightly(scores: Floats, others: Floats, is_anomaly: NDArray[np.bool_]) -> Floats:
    """Of each image [N] by `scores` the share of the images of the other kind, by `others`, against which it
    is ranked rightly.
    """
    anomalies = placements(np.where(is_anomaly, scores, others), is_anomaly)
    normal = placements(np.where(is_anomaly, others, scores), is_anomaly)
    return np.where(is_anomaly, anomalies, normal)


def by_attack(found: list[dict[str, Any]]) -> str:
    rows = []
    names, counts = ({each[name]: None for each in found} for name in ("attack", "restarts"))
    for name, count in product(names, counts):
        its = [each for each in found if (each["attack"], each["restarts"]) == (name, count)]
        if its:
            apart = [each["difference"] for each in its]
            least = min(its, key=lambda each: each["as_badly"])
            worst = max(its, key=lambda each: each["worst_image"])
            rows.append({
                "attack": name,
                "restarts": str(count),
                "steps": f"{100 * its[0]['steps']:.2g} %",
                "AUROC, mean (lowest, highest)": f"{mean(apart):+.2f} ({min(apart):+.2f}, {max(apart):+.2f})",
                "ranked as badly, mean (least)": f"{100 * mean(each['as_badly'] for each in its):.0f} % "
                f"({100 * least['as_badly']:.0f} %, {least['detector']})",
                "worst image": f"{100 * worst['worst_image']:.0f} ({worst['detector']})",
            })  # fmt: skip
    where = {"detectors": len({each["detector"] for each in found}), "code": harness.code()}
    return harness.markdown("Shorter attacks", where, rows, NOTES)


def by_detector(found: list[dict[str, Any]], long: str) -> str:
    """Robust AUROC of the long attack and of all restarts of the others."""
    rows: dict[str, dict[str, str]] = {}
    for each in found:  # later ones have more restarts
        row = rows.setdefault(each["detector"], {"detector": each["detector"], long: f"{each['long']:.1f}"})
        row[each["attack"]] = f"{each['short']:.1f} ({each['difference']:+.1f})"
    return harness.markdown("By detector", {}, rows.values())


if __name__ == "__main__":
    script.run(main)
