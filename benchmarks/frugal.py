"""What sparing images further restarts would have saved, and at which AUROC, from score files of full runs.

    python benchmarks/frugal.py results/digits/*/*/seed0/scores/similarity/pgd.parquet --output frugal.json

Restarts of an image do not depend on each other, so the trace in a score file tells exactly what the attack
would have found had it stopped: by `stop` (restarts that agree), by A3's rule (restarts that gain nothing
more), and, to compare with, by giving all images fewer restarts. Nothing is attacked.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

import harness
import numpy as np
import torch
from torch import Tensor

from cobra import command
from cobra.artifacts import read_table
from cobra.attacks.attempt import recorded_steps
from cobra.attacks.stopping import agreed, carried, idle
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.origin import commit_in_words, git_state
from cobra.settings.attack import AttackSettings, EvaluationSettings
from cobra.settings.errors import validate
from cobra.settings.stopping import StopSettings

# From the best signed scores [N, restarts so far] and the clean ones [N], which images stop: bool [N].
Rule = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class FullRun:
    """A score file: signed scores, `trace` [N, restarts, recorded steps] and `clean` [N]; `chosen` [N] are
    the images attacked, `subject` what the scores are of.
    """

    subject: dict[str, str | int]
    settings: AttackSettings
    is_anomaly: Tensor
    chosen: Tensor
    clean: Tensor
    trace: Tensor

    def auroc(self, trace: Tensor) -> float:
        """The robust AUROC in percent that a signed trace amounts to."""
        signed = torch.maximum(trace.amax(dim=(1, 2)), self.clean)
        return auroc(torch.where(self.is_anomaly, -signed, signed).numpy(), self.is_anomaly.numpy())


@dataclass(frozen=True)
class Spared:
    """By a rule on one file: the share of steps saved, and the rise of the robust AUROC in points."""

    subject: dict[str, str | int]
    saved: float
    rise: float


def main() -> None:
    args = parsed()
    runs = [full_run(path) for path in args.files]
    rules = dict(chosen_rules(args, runs))
    found = {
        group: {name: [spared(run, rule) for run in its] for name, rule in rules.items()}
        for group, its in grouped(runs, args.by).items()
    }
    code = commit_in_words(*git_state(harness.ROOT))
    text = "\n".join(table(code, *its) for its in found.items())
    groups = {
        group: {name: [asdict(each) for each in its] for name, its in by_rule.items()}
        for group, by_rule in found.items()
    }
    harness.publish(args.output, {"code": code, "groups": groups}, text)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", help="score files of attacks without stop")
    parser.add_argument("--after", type=int, nargs="+", default=[2, 3, 4], help="restarts that must agree")
    parser.add_argument(
        "--within", type=float, nargs="+", default=[0.001, 0.01, 0.03], help="share of the gain"
    )
    parser.add_argument("--fewer", type=int, nargs="+", default=[3, 5, 7], help="restarts of all images")
    parser.add_argument("--by", nargs="+", default=["attack"], help="a table for each, e.g. attack method")
    parser.add_argument("--output", type=Path, help="JSON file to write; the tables go beside it as .md")
    return parser.parse_args()


def full_run(path: Path) -> FullRun:
    """The score file at `path`; raises UserError unless it is of an attack whose restarts were all made."""
    content, identity = read_table(path)
    identity.require(path, "scores", {})
    settings = EvaluationSettings.model_validate(identity.settings.get("evaluation", {})).attack
    if settings is None or settings.kind in ("a3", "fab") or settings.stop is not None:
        raise UserError(f"{path} is of no attack that makes all restarts: give pgd, apgd, ... without stop.")
    is_anomaly = torch.from_numpy(content["is_anomaly"].to_numpy(zero_copy_only=False).astype(bool))
    direction = torch.where(is_anomaly, -1.0, 1.0)
    names = [
        [f"r{restart + 1}_s{steps}" for steps in recorded_steps(settings.steps)]
        for restart in range(settings.restarts)
    ]
    trace = np.stack([[content[name].to_numpy() for name in its] for its in names])  # [restarts, steps, N]
    targets = {"both": torch.ones_like(is_anomaly), "normal": ~is_anomaly, "anomalies": is_anomaly}
    return FullRun(
        subject=identity.subject,
        settings=settings,
        is_anomaly=is_anomaly,
        chosen=targets[settings.target],
        clean=direction * torch.from_numpy(content["clean"].to_numpy().copy()),
        trace=direction[:, None, None] * torch.from_numpy(trace).permute(2, 0, 1),
    )


def chosen_rules(args: argparse.Namespace, runs: Sequence[FullRun]) -> Iterator[tuple[str, Rule]]:
    """The rules by name; raises UserError for one that an attack could not be given."""
    for after in args.after:
        for within in args.within:
            stop = validate(StopSettings, {"after": after, "within": within}, "stop")
            for run in runs:
                validate(AttackSettings, run.settings.model_dump() | {"stop": stop}, "--after, --within")
            yield f"{after} agree to {100 * within:g} %", partial(agreed, rule=stop)
    for after in args.after:
        for gain in args.within:
            yield f"{after} gain no {100 * gain:g} %", partial(idle, after=after, gain=gain)
    for count in args.fewer:
        yield f"{count} restarts", partial(fewer, count)


def fewer(count: int, earlier: Tensor, clean: Tensor) -> Tensor:
    """Every image stops after `count` restarts."""
    return torch.full_like(clean, earlier.shape[1] >= count, dtype=torch.bool)


def replayed(run: FullRun, rule: Rule) -> tuple[Tensor, Tensor]:
    """The signed trace as it would be had images stopped by `rule`, and which [N, restarts] were skipped."""
    trace = run.trace.clone()
    skipped = torch.zeros(trace.shape[:2], dtype=torch.bool)
    for restart in range(1, trace.shape[1]):
        stopped = run.chosen & rule(trace[:, :restart, -1], run.clean)
        trace[stopped, restart] = carried(trace[stopped, :restart])
        skipped[:, restart] = stopped
    return trace, skipped


def spared(run: FullRun, rule: Rule) -> Spared:
    """What `rule` would have saved and cost."""
    trace, skipped = replayed(run, rule)
    saved = float(skipped[run.chosen].double().mean())
    return Spared(run.subject, saved, run.auroc(trace) - run.auroc(run.trace))


def grouped(runs: Sequence[FullRun], by: Sequence[str]) -> dict[str, list[FullRun]]:
    """The runs that have a table together, by what they have in common; raises UserError for a name that
    subjects lack.
    """
    groups: dict[str, list[FullRun]] = {}
    for run in runs:
        missing = [name for name in by if name not in run.subject]
        if missing:
            raise UserError(f"--by names {missing[0]!r}, which is none of: {', '.join(run.subject)}.")
        groups.setdefault(", ".join(str(run.subject[name]) for name in by), []).append(run)
    return groups


def table(code: str, group: str, rules: dict[str, list[Spared]]) -> str:
    """The rules on a group of files, for people: medians over the files, and the worst."""
    rows = [
        {
            "an image stops when": name,
            "steps saved, median (least)": f"{100 * median(saved):.0f} % ({100 * min(saved):.0f})",
            "AUROC higher by, median": f"{median(rise):.2f}",
            "worst": f"{max(rise):.2f}",
        }
        for name, saved, rise in (
            (name, [each.saved for each in its], [each.rise for each in its]) for name, its in rules.items()
        )
    ]
    where = {"files": len(next(iter(rules.values()))), "code": code}
    return harness.markdown(f"Restarts spared: {group}", where, rows, NOTES)


NOTES = [
    "agree to: so many restarts came within that share of an image's gain to its worst score (`stop`)",
    "gain no: the last so many restarts added at most that share of its gain (A3's rule)",
    "AUROC in points against all restarts; higher is a weaker attack",
]

if __name__ == "__main__":
    command.run(main)
