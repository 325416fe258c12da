"""Steps that an attack would have saved, and its AUROC, had images been spared further restarts.

    python -m benchmarks.studies.early_stopping results/digits/*/*/seed0/scores/similarity/pgd.parquet

Restarts of an image do not depend on each other: the trace in a full attack's score file tells what it would
have found had it stopped by `stop` (restarts that agree), by A3's rule (restarts that gain nothing more), or
after fewer restarts of all images. Nothing is attacked.
"""

from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.lib import harness
from cobra.artifacts.files import read_table
from cobra.attacks.attack import agreed
from cobra.attacks.restart import targeted, trace_names
from cobra.attacks.settings import AttackSettings, EvaluationSettings, StopSettings
from cobra.attacks.strategies.a3 import idle
from cobra.errors import UserError
from cobra.machine import options, script
from cobra.metrics import auroc

Rule = Callable[[Tensor, Tensor], Tensor]  # best signed scores [N, restarts so far], clean [N]: who stops [N]
NOTES = [
    "agree to: so many restarts came within that share of an image's gain to its worst score (`stop`)",
    "gain no: the last so many restarts added at most that share of its gain (A3's rule)",
    "AUROC in points against all restarts; higher is a weaker attack",
]


@dataclass(frozen=True)
class FullRun:
    """Of a score file the attack, the images attacked [N], signed scores [N], and [N, restarts, recorded
    steps].
    """

    subject: dict[str, str | int]
    settings: AttackSettings
    image_ids: list[int]
    is_anomaly: Tensor
    attacked: Tensor
    clean: Tensor
    trace: Tensor

    def worst(self, trace: Tensor) -> NDArray[np.float32]:
        """The worst score [N] of a signed trace, the clean one included, as the score file has it."""
        signed = torch.maximum(trace.amax(dim=(1, 2)), self.clean)
        return torch.where(self.is_anomaly, -signed, signed).numpy()

    def auroc(self, trace: Tensor) -> float:
        """The robust AUROC in percent of a signed trace."""
        return auroc(self.worst(trace), self.is_anomaly.numpy())


def main() -> None:
    parser = harness.parser(__doc__, computes=False)
    parser.add_argument("files", type=options.path, nargs="+", help="score files of attacks without stop")
    parser.add_argument(
        "--after", type=options.positive, nargs="+", default=[2, 3, 4], help="restarts that must agree"
    )
    parser.add_argument(
        "--within", type=options.share, nargs="+", default=[0.001, 0.01, 0.03], help="share of gain"
    )
    parser.add_argument(
        "--fewer", type=options.positive, nargs="+", default=[3, 5, 7], help="restarts of all images"
    )
    args = parser.parse_args()
    found: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for run, (name, rule) in product(map(full_run, args.files), rules(args)):
        found[str(run.subject["attack"])][name].append(spared(run, rule))
    text = "\n".join(table(*its) for its in found.items())
    harness.publish(args.output, {"code": harness.code(), "attacks": found}, text)


def full_run(path: Path) -> FullRun:
    """The score file at `path`, of an attack that made all restarts."""
    content, identity = read_table(path)
    identity.require(path, "scores", {})
    settings = EvaluationSettings.model_validate(identity.settings.get("evaluation", {})).attack
    if settings is None or settings.kind in ("a3", "fab") or settings.stop is not None:
        raise UserError(f"{path} is of no attack that makes all restarts: give pgd, apgd, ... without stop.")
    is_anomaly = torch.from_numpy(content["is_anomaly"].to_numpy(zero_copy_only=False).astype(bool))
    direction = torch.where(is_anomaly, -1.0, 1.0)
    names = list(chain.from_iterable(trace_names(settings.restarts, settings.steps)))
    trace = torch.from_numpy(np.stack([content[name].to_numpy() for name in names], axis=1))
    return FullRun(
        subject=identity.subject,
        settings=settings,
        image_ids=content["image_id"].to_pylist(),
        is_anomaly=is_anomaly,
        attacked=targeted(is_anomaly, settings),
        clean=direction * torch.from_numpy(content["clean"].to_numpy().copy()),
        trace=(direction[:, None] * trace).unflatten(1, (settings.restarts, -1)),
    )


def rules(args: Namespace) -> Iterator[tuple[str, Rule]]:
    for after, within in product(args.after, args.within):
        stop = StopSettings(after=after, within=within)
        yield f"{after} agree to {100 * within:g} %", partial(agreed, rule=stop)
    for after, gain in product(args.after, args.within):
        yield f"{after} gain no {100 * gain:g} %", partial(idle, after=after, gain=gain)
    for count in args.fewer:
        yield f"{count} restarts", partial(fewer, count)


def fewer(count: int, earlier: Tensor, clean: Tensor) -> Tensor:
    return torch.full_like(clean, earlier.shape[1] >= count, dtype=torch.bool)


def replayed(run: FullRun, rule: Rule) -> tuple[Tensor, Tensor]:
    """The signed trace had images stopped by `rule`, and which restarts [N, restarts] were skipped."""
    trace = run.trace.clone()
    skipped = torch.zeros(trace.shape[:2], dtype=torch.bool)
    for restart in range(1, trace.shape[1]):
        stopped = run.attacked & rule(trace[:, :restart, -1], run.clean)
        trace[stopped, restart] = trace[stopped, :restart].amax(dim=1)
        skipped[:, restart] = stopped
    return trace, skipped


def spared(run: FullRun, rule: Rule) -> dict[str, Any]:
    """The share of steps that `rule` would have saved, and the rise of the robust AUROC in points."""
    trace, skipped = replayed(run, rule)
    saved = float(skipped[run.attacked].double().mean())
    return {"subject": run.subject, "saved": saved, "rise": run.auroc(trace) - run.auroc(run.trace)}


def table(attack: str, rules: dict[str, list[dict[str, Any]]]) -> str:
    """The rules on the files of an attack: medians over the files, and the worst."""
    rows = [
        {
            "an image stops when": name,
            "steps saved, median (least)": f"{100 * median(saved):.0f} % ({100 * min(saved):.0f})",
            "AUROC higher by, median": f"{median(rise):.2f}",
            "worst": f"{max(rise):.2f}",
        }
        for name, its in rules.items()
        for saved, rise in [([each["saved"] for each in its], [each["rise"] for each in its])]
    ]
    where = {"files": len(next(iter(rules.values()))), "code": harness.code()}
    return harness.markdown(f"Restarts spared: {attack}", where, rows, NOTES)


if __name__ == "__main__":
    script.run(main)
