"""Attacks on part of the test images: which part, what may be compared, and the shipped day on a GPU."""

from pathlib import Path

import pytest
from configurations import BASE
from samples import deep_merge

from cobra.data.settings import TestSubset
from cobra.errors import UserError
from cobra.experiment.jobs import evaluation_settings
from cobra.experiment.reading import make_config, read_config

ROOT = Path(__file__).resolve().parents[3]
PART = {"normal_limit": 3, "anomaly_limit": 4}
ATTACKS = {
    "attacks": {"short": {"steps": 2}, "twice": {"steps": 20}},
    "datasets": {"digits": {"test_subset": {"anomaly_limit": 9}}},
}


def made(*changes):
    return make_config(deep_merge(BASE, ATTACKS, *changes), "own.yaml")


def test_an_attack_is_made_on_its_own_part_and_the_others_on_the_data_sets():
    config = made({"test_subsets": {"short": PART}})
    assert evaluation_settings(config, "digits", "cobra", 0, "similarity", "short").subset == TestSubset(
        **PART
    )
    others = TestSubset(anomaly_limit=9)
    for attack in ("pgd", None):
        assert evaluation_settings(config, "digits", "cobra", 0, "similarity", attack).subset == others


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"combinations": {"worst": {"parts": ["pgd", "short"]}}},
            "own.yaml: combinations.worst: 'pgd' and 'short' are made on different test images: give both "
            "the same test_subsets, or none.",
        ),
        (
            {"gates": {"claim": "short", "doubled": "twice"}},
            "own.yaml: gates: 'short' and 'twice' are made on different test images: give both the same "
            "test_subsets, or none.",
        ),
        (
            {"test_subsets": {"agpd": PART}},
            "own.yaml: test_subsets names 'agpd', which is none of: pgd, short, twice.",
        ),
    ],
    ids=["combination", "gates", "unknown"],
)
def test_what_is_compared_is_of_the_same_images(changes, said):
    with pytest.raises(UserError) as raised:
        made({"test_subsets": {"short": PART}}, changes)
    assert str(raised.value) == said


def test_parts_of_a_combination_may_share_a_part_of_the_images():
    alike = {"short": PART, "pgd": PART}
    config = made({"test_subsets": alike, "combinations": {"worst": {"parts": ["pgd", "short"]}}})
    assert config.combinations["worst"].parts == ["pgd", "short"]


def test_a_day_on_a_gpu_trains_as_the_paper_but_for_what_its_head_says():
    day, paper = read_config(ROOT / "config/gpu_day.yaml"), read_config(ROOT / "config/paper.yaml")
    assert set(day.datasets) == set(paper.datasets)
    for dataset in day.datasets:
        assert day.eps(dataset) == paper.eps(dataset)
        for method in day.methods:
            ours, theirs = (config.detector_settings(dataset, method) for config in (day, paper))
            adversary = ours.adversary.model_copy(update={"precision": theirs.adversary.precision})
            schedule = ours.schedule.model_copy(update={"recompute": theirs.schedule.recompute})
            assert ours.model_copy(update={"adversary": adversary, "schedule": schedule}) == theirs
            assert ours.adversary.precision == "bf16"
    assert day.attacks["pgd_part"].model_copy(update={"precision": "fp32"}) == paper.attacks["pgd1000"]
    assert day.attacks["apgd"].model_copy(update={"stop": None}) == paper.attacks["apgd"]
