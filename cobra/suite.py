"""The attack suite and the gates on one score in one process: what `cobra attack` runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from cobra.checkpoints import Scratch
from cobra.data.one_class import TestImages
from cobra.evaluation import attack_test_images, sweep_test_images
from cobra.gates.evidence import AttackScores, Evidence, Scores
from cobra.gates.judgement import Verdict
from cobra.gates.verdict import all_verdicts
from cobra.scoring import Score
from cobra.settings.attack import AttackSettings

SUITE = ("noise", "search", "square", "pgd", "momentum", "apgd", "a3")  # that any score can be put to
SHORT = 2  # the sweep's attack has half the steps, and one restart
BUDGETS = (0.25, 0.5, 1, 2)  # multiples of eps
WIDE = (0.5, 1.0)  # the eps at which nothing withstands


@dataclass(frozen=True)
class SuiteResult:
    """Per attack the columns of its score file, the worst case over all of them, and the verdicts."""

    columns: Mapping[str, Mapping[str, Tensor]]
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


def run_suite(
    score: Score,
    test: TestImages,
    attacks: Mapping[str, AttackSettings],
    *,
    seed: int,
    block_size: int,
    scratch: Scratch,
) -> SuiteResult:
    """All `attacks`, one with twice the steps, a sweep over eps, and what the gates say of the worst case.

    APGD is the one made longer and swept; without it the first is.
    """
    first = next(iter(attacks))
    base = attacks.get("apgd", attacks[first])
    doubled = base.model_copy(update={"steps": 2 * base.steps})
    short = base.model_copy(update={"steps": max(base.steps // SHORT, 1), "restarts": 1})
    settings = dict(attacks) | {"doubled": doubled}
    columns = {}
    for name, chosen in settings.items():
        found = attack_test_images(
            score, test, chosen, seed=seed, block_size=block_size, scratch=scratch.part(name)
        )
        columns[name] = found.columns
    budgets = sorted({factor * (base.eps or 0) for factor in BUDGETS} | set(WIDE))
    sweep = sweep_test_images(
        score, test, short, budgets, seed=seed, block_size=block_size, scratch=scratch.part("sweep")
    )
    parts = {name: _attacked(settings[name], columns[name]) for name in settings}
    evidence = Evidence(
        score=score,
        images=test.images,
        is_anomaly=test.is_anomaly.cpu().numpy(),
        clean=_numbers(columns[first]["clean"]),
        claim=_worst(test, [columns[name]["attacked"] for name in attacks]),
        parts={name: parts[name] for name in attacks},
        doubled=parts["doubled"],
        sweep={eps: _numbers(sweep.columns[f"eps_{eps:g}"]) for eps in budgets},
    )
    return SuiteResult(columns, evidence.clean, evidence.claim, all_verdicts(evidence))


def _attacked(settings: AttackSettings, columns: Mapping[str, Tensor]) -> AttackScores:
    trace = {name: _numbers(values) for name, values in columns.items() if name not in ("clean", "attacked")}
    return AttackScores(settings, _numbers(columns["attacked"]), trace)


def _worst(test: TestImages, attacked: list[Tensor]) -> Scores:
    direction = np.where(test.is_anomaly.cpu().numpy(), -1, 1).astype(np.float32)
    return direction * np.max([direction * _numbers(scores) for scores in attacked], axis=0)


def _numbers(values: Tensor) -> Scores:
    return values.detach().cpu().numpy().astype(np.float32)
