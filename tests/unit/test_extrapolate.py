"""The paper in device-days: sums and rates by hand."""

import json

import extrapolate
import harness
import pytest
import rates
from paper_jobs import asked_by, behind_tables

from cobra.errors import UserError

PAPER = extrapolate.read_config(harness.ROOT / "config/paper.yaml")


def test_mnist_alone_is_ten_classes_of_ten_thousand_images_under_three_scores():
    asked = behind_tables(PAPER, ["datasets"])
    amounts = [its for its in extrapolate.amounts_of(PAPER, asked) if its.dataset == "mnist"]
    assert sum(its.attack for its in amounts) == 3 * 10 * 10_000 * 1000 * 10
    assert sum(its.weights + its.adversary for its in amounts) == 60_000 * 100 * 48
    assert sum(its.jobs for its in amounts) == 10 + 30


def test_a_sweep_is_an_attack_at_each_of_its_budgets():
    asked = asked_by(PAPER)
    amounts = [its for its in extrapolate.amounts_of(PAPER, asked) if its.what == "sweep eps"]
    one = next(its for its in amounts if its.dataset == "cifar10")
    assert one.attack == 6 * 10_000 * 100  # a quarter, half, once and twice eps, 0.5 and 1; 100 steps


def test_days_are_image_steps_over_the_rate():
    made = rates.Rates({32: 2.0}, {32: 1.0}, 1.5, ())
    amounts = [extrapolate.Amount("a", "pgd", 32, attack=86400 * 4)]
    assert extrapolate.days(amounts, made) == 2
    training = [extrapolate.Amount("a", "training", 32, weights=86400 * 2, adversary=86400)]
    assert extrapolate.days(training, made) == 4


def test_the_assumed_rate_is_a_share_of_the_peak_over_four_flop_a_multiply_add():
    made = rates.assumed(peak=790, share=0.45)
    assert made.attack[32] == pytest.approx(0.45 * 790e12 / (4 * rates.multiply_adds(rates.model_of(32), 32)))


def test_the_best_rate_of_a_file_counts_and_a_given_one_before_it(tmp_path):
    candidates = {
        "ours": {"seconds": 0.5},
        "ours, gradients in bf16": {"seconds": 0.25},
        "foolbox": {"seconds": 0.01},
    }
    its = {"side": 32, "batch": 16, "width": 64, "candidates": candidates}
    path = tmp_path / "step.json"
    path.write_text(json.dumps({"machine": {"device": "cpu"}, "measured": [its]}))
    assert rates.measured([path], [], [], []).attack == {32: 64}
    assert rates.measured([path], [], [(32, 5.0)], []).attack == {32: 5.0}
    assert rates.measured([], [], [], []) is None


def test_a_file_of_something_else_is_told_in_a_sentence(tmp_path):
    path = tmp_path / "other.json"
    path.write_text("{}")
    with pytest.raises(UserError, match="holds no rates"):
        rates.measured([path], [], [], [])
