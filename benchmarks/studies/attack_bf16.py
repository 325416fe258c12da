"""Robust AUROC under an attack in bf16, beside fp32 from the same and from other random starts.

    python -m benchmarks.studies.attack_bf16 results/precision --fp32 pgd --bf16 pgd_bf16

Reads the score files of config/experiments/precision.yaml, where the attack in fp32 has twice the restarts of
the one in bf16. Its first half has the same starts as the attack in bf16; its second half tells how far two
equal attacks are apart.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.lib import harness
from cobra.artifacts.files import read_table
from cobra.attacks.settings import EvaluationSettings
from cobra.errors import UserError
from cobra.machine import options, script
from cobra.metrics import auroc

KINDS = {"fp32": "fp32", "bf16": "bf16", "again": "fp32, other starts"}


def main() -> None:
    parser = harness.parser(__doc__, computes=False)
    parser.add_argument("results", type=options.folder, help="folder in which score files lie, at any depth")
    parser.add_argument("--fp32", type=options.name, default="pgd", help="name of the attack in fp32")
    parser.add_argument("--bf16", type=options.name, default="pgd_bf16", help="name of the attack in bf16")
    args = parser.parse_args()
    found = {
        str(full.parents[2].relative_to(args.results)): compared(full, half)
        for full in sorted(args.results.rglob(f"scores/*/{args.fp32}.parquet"))
        if (half := full.with_name(f"{args.bf16}.parquet")).is_file()
    }
    if not found:
        raise UserError(f"{args.results} holds no score files of {args.fp32} and {args.bf16}: attack first.")
    apart = {kind: [its[kind] - its["fp32"] for its in found.values()] for kind in ("bf16", "again")}
    notes = [
        f"{KINDS[kind]} less fp32: mean {np.mean(its):+.3f} points, largest {max(its, key=abs):+.2f}"
        for kind, its in apart.items()
    ]
    text = harness.markdown("Gradients in bf16", {}, [row(*each) for each in found.items()], notes)
    harness.publish(args.output, found, text)


def compared(full: Path, half: Path) -> dict[str, float]:
    """Robust AUROC in % and mean signed score of the attacks on one detector."""
    (there, settings), (here, own) = opened(full), opened(half)
    count, steps = own["restarts"], own["steps"]
    if (settings["restarts"], settings["steps"]) != (2 * count, steps):
        raise UserError(
            f"{full} must have the steps and twice the restarts of {half}: config/experiments/precision.yaml."
        )
    is_anomaly = there["is_anomaly"].to_numpy()
    worst = {
        "fp32": worst_of(there, range(1, count + 1), steps),
        "again": worst_of(there, range(count + 1, 2 * count + 1), steps),
        "bf16": worst_of(here, range(1, count + 1), steps),
    }
    means = {f"mean_{kind}": float(np.where(is_anomaly, -its, its).mean()) for kind, its in worst.items()}
    return {"images": len(is_anomaly)} | {kind: auroc(its, is_anomaly) for kind, its in worst.items()} | means


def opened(path: Path) -> tuple[pa.Table, dict[str, Any]]:
    table, identity = read_table(path)
    attack = EvaluationSettings.model_validate(identity.settings["evaluation"]).attack
    if attack is None:
        raise UserError(f"{path} is of no attack: name attacks with --fp32 and --bf16.")
    return table, attack.model_dump()


def worst_of(table: pa.Table, restarts: range, steps: int) -> NDArray[np.float64]:
    """Per image the worst score of some restarts for the defender."""
    values = np.stack([table[f"r{restart}_s{steps}"].to_numpy() for restart in restarts]).astype(np.float64)
    return np.where(table["is_anomaly"].to_numpy(), values.min(axis=0), values.max(axis=0))


def row(name: str, its: dict[str, float]) -> dict[str, str]:
    cells = {"detector": name, "images": f"{its['images']:,.0f}", "fp32": f"{its['fp32']:.2f}"}
    for kind in ("bf16", "again"):
        cells[KINDS[kind]] = f"{its[kind]:.2f} ({its[kind] - its['fp32']:+.2f})"
    means = ", ".join(f"{its[f'mean_{kind}']:.4f}" for kind in KINDS)
    return cells | {f"mean signed score: {'; '.join(KINDS.values())}": means}


if __name__ == "__main__":
    script.run(main)
