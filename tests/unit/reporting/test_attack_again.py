"""The attack made again for the sake of its images."""

import pytest
import torch
from gallery import detector_settings
from samples import byte_images, settled_network, two_groups

from cobra.attacks.attack import attack
from cobra.attacks.batching import steady
from cobra.attacks.settings import EvaluationSettings
from cobra.data.one_class import TestImages, as_unit
from cobra.detectors.detector import Detector
from cobra.errors import UserError
from cobra.reporting.figures.attack_again import attack_again, panels_opened

ATTACKS = [
    {"kind": "pgd"},
    {"kind": "pgd", "norm": "l2", "eps": 1.5},
    {"kind": "pgd", "objective": "topk"},
    {"kind": "momentum"},
    {"kind": "apgd"},
    {"kind": "a3", "restarts": 6},  # some images are left out of its later restarts
    {"kind": "apgd", "restarts": 5, "stop": {"after": 2, "within": 0.2}},  # so here
    {"kind": "square", "target": "normal"},
    {"kind": "search", "target": "anomalies"},
    {"kind": "noise"},
]


@pytest.fixture
def detector(identity):
    return Detector.build(settled_network(), byte_images(16, seed=1), identity)


def settings(changes):
    chosen = {"steps": 3, "restarts": 2, "eps": 0.1, **changes}
    return EvaluationSettings.model_validate({"attack": chosen})


def some(test, rows):
    return TestImages(
        type(test.images)(test.images.pixels[rows], test.images.ids[rows]),
        test.is_anomaly[rows],
        [test.class_names[row] for row in rows],
    )


def moved(again):
    return (again.perturbed != again.images).flatten(1).any(dim=1)


@pytest.mark.parametrize("changes", ATTACKS, ids=str)
def test_each_image_found_has_the_score_that_the_attack_on_all_images_kept(detector, changes):
    chosen, test = settings(changes), two_groups(7, 6, side=16)
    score = steady(detector.score)
    rows = torch.tensor([0, 3, 8, 12])
    again = attack_again(detector, some(test, rows), chosen, seed=5)
    whole = EvaluationSettings.model_validate(chosen.model_dump())
    assert torch.equal(score(again.perturbed), again.attacked)
    assert torch.equal(score(again.images), again.clean)
    assert torch.equal(again.images, as_unit(test.images.pixels[rows]))
    guide = None
    if chosen.attack.objective == "topk":
        guide = steady(lambda images: detector.pooled(images, lambda s: s.topk(10, dim=1).values.mean(dim=1)))
    all_images = as_unit(test.images.pixels)
    found = attack(
        score, all_images, test.is_anomaly, whole.attack, image_ids=test.images.ids, seed=5, guide=guide
    )
    assert torch.equal(again.attacked, found.attacked[rows])


@pytest.mark.parametrize("changes", ATTACKS, ids=str)
def test_each_image_found_lies_in_the_ball_and_among_images(detector, changes):
    chosen, test = settings(changes), two_groups(3, 4, side=16)
    again = attack_again(detector, test, chosen, seed=0)
    change = again.perturbed.double() - again.images.double()
    if chosen.attack.norm == "l2":
        assert (change.flatten(1).norm(dim=1) <= 1.5 * (1 + 1e-6)).all()
    else:
        assert change.abs().max() <= 0.1
    assert again.perturbed.min() >= 0
    assert again.perturbed.max() <= 1
    assert (again.attacked != again.clean).tolist() == moved(again).tolist()
    assert moved(again).any()


@pytest.mark.parametrize("target", ["normal", "anomalies"])
def test_images_that_are_no_target_stay_as_they_are(detector, target):
    test = two_groups(3, 4, side=16)
    again = attack_again(detector, test, settings({"target": target}), seed=0)
    aimed_at = test.is_anomaly == (target == "anomalies")
    assert torch.equal(again.perturbed[~aimed_at], again.images[~aimed_at])
    assert torch.equal(again.attacked[~aimed_at], again.clean[~aimed_at])
    assert moved(again)[aimed_at].all()


def test_a_figure_of_no_detector_is_refused():
    nothing = detector_settings("attacked").model_copy(update={"detectors": []})
    with pytest.raises(UserError, match="pgd applies to no score of the figure's methods"):
        next(panels_opened(nothing, None, 4))
