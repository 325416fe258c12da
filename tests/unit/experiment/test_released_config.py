"""config/experiments/released.yaml: the paper's method, the released code's, and each difference alone."""

from pathlib import Path

import pytest
import yaml

from cobra.experiment.reading import make_config
from cobra.settings.section import canonical_json

PATH = Path(__file__).resolve().parents[3] / "config/experiments/released.yaml"


@pytest.fixture(scope="module")
def config():
    return make_config(yaml.safe_load(PATH.read_text()), str(PATH))


def differing(config, method, section, name):
    """Whether a method's setting is another than that of `paper`."""
    mine, paper = (getattr(config.detector_settings("fmnist", each), section) for each in (method, "paper"))
    return getattr(mine, name) != getattr(paper, name)


DIFFERENCES = {
    "cl": [("objective", "contrastive")],
    "unfiltered": [("crafting", "filter")],
    "group_attack": [("adversary", "terms")],
    "rotations": [("crafting", "groups"), ("crafting", "filter")],
}
ALL = sorted({each for names in DIFFERENCES.values() for each in names})


@pytest.mark.parametrize(("method", "own"), [*DIFFERENCES.items(), ("released", ALL)])
def test_a_method_differs_from_the_paper_in_nothing_else(config, method, own):
    assert [each for each in ALL if differing(config, method, *each)] == sorted(own)
    settings, paper = (config.detector_settings("fmnist", each) for each in (method, "paper"))
    sections = {section for section, _ in own}
    updates = {}
    for section in sections:
        names = {name: getattr(getattr(paper, section), name) for of, name in own if of == section}
        updates[section] = getattr(settings, section).model_copy(update=names)
    assert canonical_json(settings.model_copy(update=updates)) == canonical_json(paper)


def test_the_released_attack_has_the_released_codes_values(config):
    attack = config.attacks["released"]
    for name in ("steps", "restarts", "keep", "step_ratios"):
        released = type(attack).model_fields[name].json_schema_extra["released"]
        assert getattr(attack, name) == released


def test_only_detectors_of_rotations_are_judged_by_the_ensemble(config):
    judged = [name for name, method in config.methods.items() if "ensemble" in method.scores]
    assert judged == ["rotations", "released"]
