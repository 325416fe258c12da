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

import torch
from torch import Tensor

from benchmarks.lib import harness
from benchmarks.studies.early_stopping import FullRun, full_run
from cobra.artifacts.files import read_table
from cobra.errors import UserError
from cobra.machine import options, script

NOTES = [
    "gradients: per image, in % of the long attack's",
    "AUROC in points less the long attack's, over the detectors; above 0 the short one is weaker",
    "passed: an image passes others of the other kind where the attack has it on their wrong side, by their "
    "scores under the long attack; more: share of the images that pass as many or more by the short attack; "
    "fewer: on the worst image, how many of 100 fewer",
]


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
    """What attacks on the images of the score file at `path` leave, of all those beside it."""
    long, ids = full_run(path), read_table(path)[0]["image_id"]
    for other in sorted(path.parent.glob("*.parquet")):
        if other != path and read_table(other)[0]["image_id"] == ids:
            short = full_run(other)
            made = [count for count in restarts if count <= short.trace.shape[1]]
            yield from (against(long, short, count) for count in made)


def against(long: FullRun, short: FullRun, restarts: int) -> dict[str, Any]:
    """The first `restarts` of an attack against all of a longer one on the same images."""
    trace = short.trace[:, :restarts]
    worst, found = (torch.maximum(its.amax(dim=(1, 2)), long.clean) for its in (long.trace, trace))
    fewer = passed(worst, worst, long.is_anomaly) - passed(found, worst, long.is_anomaly)
    robust = {"long": long.auroc(long.trace), "short": long.auroc(trace)}
    return {
        "detector": "/".join(str(long.subject[name]) for name in ("dataset", "normal", "method", "score")),
        "attack": str(short.subject["attack"]),
        "restarts": restarts,
        "gradients": restarts * short.steps / (long.steps * long.trace.shape[1]),
        **robust,
        "difference": robust["short"] - robust["long"],
        "more": float((fewer <= 0).double().mean()),
        "fewer": float(fewer.max().clamp(min=0)),
    }


def passed(signed: Tensor, others: Tensor, is_anomaly: Tensor) -> Tensor:
    """Of each image the share of images of the other kind on whose wrong side it is (equal: half), by signed
    scores [N], which rise for a normal image and fall for an anomaly.
    """
    reached = (signed[:, None] + others).sign().double() / 2 + 0.5
    kind = is_anomaly[:, None] != is_anomaly
    return (reached * kind).sum(dim=1) / kind.sum(dim=1)


def by_attack(found: list[dict[str, Any]]) -> str:
    rows = []
    names, counts = ({each[name]: None for each in found} for name in ("attack", "restarts"))
    for name, count in product(names, counts):
        its = [each for each in found if (each["attack"], each["restarts"]) == (name, count)]
        if its:
            apart = [each["difference"] for each in its]
            least = min(its, key=lambda each: each["more"])
            worst = max(its, key=lambda each: each["fewer"])
            rows.append({
                "attack": name,
                "restarts": str(count),
                "gradients": f"{100 * its[0]['gradients']:.2g} %",
                "AUROC, mean (lowest, highest)": f"{mean(apart):+.2f} ({min(apart):+.2f}, {max(apart):+.2f})",
                "pass more, mean (least)": f"{100 * mean(each['more'] for each in its):.0f} % "
                f"({100 * least['more']:.0f} %, {least['detector']})",
                "fewer of 100": f"{100 * worst['fewer']:.0f} ({worst['detector']})",
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
