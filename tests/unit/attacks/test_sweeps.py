"""An attack made at several budgets."""

import pytest
import torch
from samples import wavy

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.evaluation import sweep_test_images
from tests.unit.attacks.test_evaluation import (
    SETTINGS,
    TEST,
    assert_same,
    evaluate,
    evaluated,
    killed_after,
    shifted,
)  # fmt: skip


def swept(folder, budgets, score=wavy, **more):
    return sweep_test_images(
        score, TEST, SETTINGS, budgets, seed=0, block_size=4, scratch=Scratch(folder, "cpu"), **more
    )


def test_sweep_is_the_attack_at_each_budget(tmp_path):
    sweep = swept(tmp_path / "sweep", [0.0, 0.02, 0.5])
    assert list(sweep.columns) == ["clean", "eps_0", "eps_0.02", "eps_0.5"]
    assert torch.equal(sweep.columns["eps_0"], sweep.columns["clean"])
    spent = []
    for eps in (0.0, 0.02, 0.5):
        alone = evaluate(tmp_path / f"{eps}", settings=SETTINGS.model_copy(update={"eps": eps}))
        assert torch.equal(sweep.columns[f"eps_{eps:g}"], alone.columns["attacked"])
        assert torch.equal(sweep.columns["clean"], alone.columns["clean"])
        spent.append((alone.budget.forward, alone.budget.gradient))
    assert (sweep.budget.forward, sweep.budget.gradient) == tuple(map(sum, zip(*spent, strict=True)))


def test_sweep_hands_the_guide_on(tmp_path):
    sweep = swept(tmp_path / "sweep", [0.02], guide=lambda x: -wavy(x))
    alone = evaluated(
        tmp_path / "alone", settings=SETTINGS.model_copy(update={"eps": 0.02}), guide=lambda x: -wavy(x)
    )
    assert torch.equal(sweep.columns["eps_0.02"], alone["attacked"])


@pytest.mark.parametrize("saves", [1, 6, 7, 9, 13, 14])  # 3 blocks x 2 restarts and the sweep's own, per eps
def test_a_killed_sweep_continues_within_the_budget_it_was_at(tmp_path, saves):
    whole = swept(tmp_path / "whole", [0.02, 0.1])
    with killed_after(saves):
        swept(tmp_path / "killed", [0.02, 0.1])
    calls = []

    def counted(images):
        calls.append(images.requires_grad)
        return wavy(images)

    resumed = swept(tmp_path / "killed", [0.02, 0.1], counted)
    assert_same(resumed.columns, whole.columns)
    assert resumed.budget.gradient == whole.budget.gradient
    restarts_left = 2 * 3 * SETTINGS.restarts - (saves - saves // 7)
    assert sum(calls) == restarts_left * SETTINGS.steps


def test_a_sweep_of_another_detector_is_not_continued(tmp_path):
    with killed_after(10):
        swept(tmp_path / "changed", [0.02, 0.1])
    resumed = swept(tmp_path / "changed", [0.02, 0.1], shifted)
    assert_same(resumed.columns, swept(tmp_path / "whole", [0.02, 0.1], shifted).columns)
