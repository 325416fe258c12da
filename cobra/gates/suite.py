"""The attack suite and the gates on one score in one process: what `cobra attack` runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.combination import worst_scores
from cobra.attacks.evaluation import attack_test_images, sweep_test_images
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import TestImages
from cobra.detectors.scoring import Score
from cobra.gates.all_gates import all_verdicts
from cobra.gates.evidence import AttackScores, Evidence, Scores
from cobra.gates.verdict import Verdict

SUITE = ("noise", "search", "square", "pgd", "momentum", "apgd", "a3")  # that any score can be put to
SHORT = 2  # the sweep's attack has half the steps, and one restart
BUDGETS = (0.25, 0.5, 1, 2)  # multiples of eps
WIDE = (0.5, 1.0)  # the eps at which nothing withstands


@dataclass(frozen=True)
class Plan:
    """What a score is put to: the suite; beside it, for the gates, an attack with twice the steps (`doubled`)
    and one at several `budgets` (`swept`). Where one of these is None, its gates do not apply.
    """

    attacks: Mapping[str, AttackSettings]
    doubled: AttackSettings | None
    swept: AttackSettings | None
    budgets: Sequence[float]

    @property
    def all_attacks(self) -> dict[str, AttackSettings]:
        """The suite and, by that name, the doubled attack."""
        return dict(self.attacks) | ({"doubled": self.doubled} if self.doubled else {})


@dataclass(frozen=True)
class SuiteResult:
    """Per attack the columns of its score file, those of the sweep, the worst case over all of the suite, and
    the verdicts.
    """

    columns: Mapping[str, Mapping[str, Tensor]]
    sweep: Mapping[str, Tensor]
    clean: Scores
    worst: Scores
    verdicts: list[Verdict]


def standard_suite(kinds: Sequence[str], eps: float, steps: int, restarts: int) -> dict[str, AttackSettings]:
    """Attacks of these kinds, of equal budget but for A3's restarts; PGD's steps are small, then large."""
    budget: dict[str, Any] = {"eps": eps, "steps": steps, "restarts": restarts}
    own: dict[str, dict[str, Any]] = {
        "pgd": {"step_ratios": [2.5, max(steps / 2, 2.5)]},
        "a3": {"restarts": 2 * restarts},
    }
    return {
        kind: AttackSettings.model_validate(budget | {"kind": kind} | own.get(kind, {})) for kind in kinds
    }


def standard_plan(attacks: Mapping[str, AttackSettings]) -> Plan:
    """The suite `attacks`; APGD is made longer and swept, without it the first is."""
    base = attacks.get("apgd", next(iter(attacks.values())))
    return Plan(
        attacks=attacks,
        doubled=base.model_copy(update={"steps": 2 * base.steps}),
        swept=base.model_copy(update={"steps": max(base.steps // SHORT, 1), "restarts": 1}),
        budgets=sorted({factor * (base.eps or 0) for factor in BUDGETS} | set(WIDE)),
    )


def run_suite(
    score: Score,
    test: TestImages,
    plan: Plan,
    *,
    seed: int,
    block_size: int,
    scratch: Scratch,
) -> SuiteResult:
    """All attacks of the plan, its sweep over eps, and what the gates say of the worst case."""
    asked: dict[str, Any] = {"seed": seed, "block_size": block_size}
    columns = {
        name: attack_test_images(score, test, chosen, scratch=scratch.part(name), **asked).columns
        for name, chosen in plan.all_attacks.items()
    }
    swept: Mapping[str, Tensor] = {}
    if plan.swept is not None:
        part = scratch.part("sweep")
        swept = sweep_test_images(score, test, plan.swept, list(plan.budgets), scratch=part, **asked).columns
    numbers = {name: _numbers(found) for name, found in columns.items()}
    parts = {name: AttackScores.of(chosen, numbers[name]) for name, chosen in plan.all_attacks.items()}
    is_anomaly = test.is_anomaly.cpu().numpy()
    evidence = Evidence(
        score=score,
        images=test.images,
        is_anomaly=is_anomaly,
        clean=numbers[next(iter(plan.attacks))]["clean"],
        claim=worst_scores(is_anomaly, [parts[name].attacked for name in plan.attacks]),
        parts={name: parts[name] for name in plan.attacks},
        doubled=parts["doubled"] if plan.doubled else None,
        sweep={eps: _numbers(swept)[f"eps_{eps:g}"] for eps in plan.budgets if swept},
    )
    return SuiteResult(columns, swept, evidence.clean, evidence.claim, all_verdicts(evidence))


def _numbers(columns: Mapping[str, Tensor]) -> dict[str, Scores]:
    return {name: values.detach().cpu().numpy().astype(np.float32) for name, values in columns.items()}
