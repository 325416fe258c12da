"""What an attack finds with gradients in bf16, beside fp32 and beside fp32 from other random starts.

    python benchmarks/precision.py results/precision --fp32 pgd --bf16 pgd_bf16 --output precision.json

Reads the score files that config/precision.yaml makes: the fp32 attack has twice the restarts of the one in
bf16. Its first half began where that one did; its second half is the same attack from other starts, which
says by how much two equal attacks differ.
"""

import argparse
from pathlib import Path
from typing import Any

import harness
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cobra import command
from cobra.artifacts import read_table
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.settings.attack import EvaluationSettings

Numbers = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", type=Path, help="folder in which score files lie, at any depth")
    parser.add_argument("--fp32", default="pgd", help="name of the attack in fp32")
    parser.add_argument("--bf16", default="pgd_bf16", help="name of the attack in bf16")
    parser.add_argument("--output", type=Path, help="JSON file to write; the table goes beside it as .md")
    args = parser.parse_args()
    pairs = {path: path.with_name(f"{args.bf16}.parquet") for path in full_runs(args.results, args.fp32)}
    found = {str(full.parents[2].relative_to(args.results)): compared(full, half)
             for full, half in pairs.items() if half.is_file()}  # fmt: skip
    if not found:
        raise UserError(f"{args.results} holds no score files of {args.fp32} and {args.bf16}: attack first.")
    text = harness.markdown("Gradients in bf16", {}, [row(*each) for each in found.items()], notes(found))
    harness.publish(args.output, found, text)


def full_runs(results: Path, attack: str) -> list[Path]:
    """The score files of an attack below a folder."""
    return sorted(results.rglob(f"scores/*/{attack}.parquet"))


def compared(full: Path, half: Path) -> dict[str, float]:
    """Robust AUROC in % and mean signed score of both attacks on one detector."""
    there, settings = opened(full)
    here, own = opened(half)
    count, last = own["restarts"], f"s{own['steps']}"
    if settings["restarts"] != 2 * count or settings["steps"] != own["steps"]:
        raise UserError(
            f"{full} has other steps or not twice the restarts of {half}: see config/precision.yaml."
        )
    is_anomaly = there["is_anomaly"].to_numpy()
    worst = {
        "fp32": worst_of(there, [f"r{k}_{last}" for k in range(1, count + 1)]),
        "again": worst_of(there, [f"r{k}_{last}" for k in range(count + 1, 2 * count + 1)]),
        "bf16": worst_of(here, [f"r{k}_{last}" for k in range(1, count + 1)]),
    }
    direction = np.where(is_anomaly, -1, 1)
    robust = {name: auroc(scores, is_anomaly) for name, scores in worst.items()}
    means = {f"mean_{name}": float((direction * scores).mean()) for name, scores in worst.items()}
    return {"images": len(is_anomaly), **robust, **means}


def opened(path: Path) -> tuple[pa.Table, dict[str, Any]]:
    """A score file and the settings of its attack."""
    table, identity = read_table(path)
    attack = EvaluationSettings.model_validate(identity.settings["evaluation"]).attack
    if attack is None:
        raise UserError(f"{path} is of no attack: name attacks with --fp32 and --bf16.")
    return table, attack.model_dump()


def worst_of(table: pa.Table, columns: list[str]) -> Numbers:
    """Per image the worst score for the defender among the columns."""
    values = np.stack([table[name].to_numpy() for name in columns]).astype(np.float64)
    return np.where(table["is_anomaly"].to_numpy(), values.min(axis=0), values.max(axis=0))


def row(name: str, its: dict[str, float]) -> dict[str, str]:
    """A detector for people."""
    return {
        "detector": name,
        "images": f"{its['images']:,.0f}",
        "fp32": f"{its['fp32']:.2f}",
        "bf16": f"{its['bf16']:.2f} ({its['bf16'] - its['fp32']:+.2f})",
        "fp32, other starts": f"{its['again']:.2f} ({its['again'] - its['fp32']:+.2f})",
        "mean signed score: fp32, bf16, other starts": ", ".join(
            f"{its[f'mean_{which}']:.4f}" for which in ("fp32", "bf16", "again")
        ),
    }


def notes(found: dict[str, dict[str, float]]) -> list[str]:
    """The largest and the mean differences."""
    said = []
    for which, words in (("bf16", "bf16"), ("again", "other starts")):
        apart = [its[which] - its["fp32"] for its in found.values()]
        largest = max(apart, key=abs)
        said.append(f"{words} less fp32: mean {np.mean(apart):+.3f} points, largest {largest:+.2f}")
    return said


if __name__ == "__main__":
    command.run(main)
