import pytest
import torch
from pydantic import ValidationError
from samples import TINY_MODEL, byte_images, unit_images

from cobra.data.one_class import as_unit
from cobra.detectors.detector import Detector, nearest
from cobra.detectors.ensemble import FITTED, Ensemble, augmented
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError
from cobra.experiment.checks import require_trained
from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import mild
from cobra.training.crafting.released_transformations import scar_released
from cobra.training.networks.network import build_network
from cobra.training.settings import DetectorSettings

MEMORY = byte_images(7)
MILD = {"flip": 0.5}
SCARS = {"kinds": {"scar_released": 1}, "max_kinds": 1}
TURNED = DetectorSettings.model_validate(
    {"crafting": {"groups": "rotations", "filter": {"enabled": False}, "mild": MILD}}
)
SCARRED = DetectorSettings.model_validate(
    {"crafting": {"hard": SCARS, "mild": MILD}, "ensemble": {"fitted": True, "crop": 0.54}}
)
BOTH = pytest.mark.parametrize("settings", [TURNED, SCARRED], ids=["rotations", "scars"])
COUNT = 3
IMAGES = unit_images(9, seed=1)


def build(settings, identity):
    network = build_network(TINY_MODEL, 0, settings.crafting.count)
    with torch.no_grad():
        for _ in range(10):
            network.train().features(unit_images(16))
    own = identity.model_copy(update={"settings": settings.model_dump(mode="json")})
    made = Detector.build(network, MEMORY, own)
    made.kind = ScoreSettings(kind="ensemble", augmentations=COUNT)
    return made


def view(settings, image, group, number):
    """One image as one of a group in one augmentation."""
    streams = [
        ImageRandom.of(0, torch.zeros(1, dtype=torch.int64), "ensemble", number, purpose)
        for purpose in (group, "crafted")
    ]
    if settings is TURNED:
        return torch.rot90(mild(image[None], streams[0], settings.crafting.mild), group, (2, 3))
    if group == 1:
        own = streams[1].child("parameters").child("scar_released")
        image = scar_released(image[None], own, settings.crafting.hard)[0]
    cropped = settings.crafting.mild.model_copy(update={"crop_min_area": 0.54, "crop_max_area": 0.54})
    return mild(image[None], streams[0], cropped)


def means(network, settings, image, group, count):
    """Mean projection and mean logit of one image as one of a group, from plain loops."""
    embeddings, logits = [], []
    for number in range(count):
        features = network.features(view(settings, image, group, number))
        embeddings.append(network.projection(features)[0])
        logits.append(network.logits(features)[0, group])
    return sum(embeddings) / count, sum(logits) / count


def by_definition(network, settings, images):
    """The score as cobra.detectors.ensemble writes it, image by image."""
    total, groups = torch.zeros(len(images)), 4 if settings is TURNED else 2
    for group in range(groups):
        known = [means(network, settings, image, group, FITTED) for image in as_unit(MEMORY.pixels)]
        length = sum(embedding.norm() for embedding, _ in known) / len(known)
        logit = abs(sum(logit for _, logit in known) / len(known))
        for row, image in enumerate(images):
            embedding, own = means(network, settings, image, group, COUNT)
            similarity = max(embedding @ other / other.norm() for other, _ in known)
            total[row] -= (similarity / length + own / logit) / groups
    return total


@BOTH
@torch.no_grad()
def test_the_score_is_its_definition(settings, identity):
    detector = build(settings, identity)
    expected = by_definition(detector.network, settings, IMAGES[:4])
    torch.testing.assert_close(detector.score(IMAGES[:4]), expected, rtol=1e-3, atol=1e-4)


@BOTH
@torch.no_grad()
def test_the_score_depends_neither_on_the_batch_nor_on_the_call(settings, identity):
    detector = build(settings, identity)
    whole = detector.score(IMAGES)
    assert torch.equal(detector.score(IMAGES), whole)
    torch.testing.assert_close(detector.score(IMAGES[3:5]), whole[3:5], rtol=1e-4, atol=1e-5)
    assert whole.std() > 0


@BOTH
def test_the_gradient_is_that_of_finite_differences(settings, identity):
    detector = build(settings, identity)
    detector.scorer.double()
    detector.scorer.features = lambda images: detector.scorer.backbone(images.double())
    fitted = {name: value.double() for name, value in detector.ensemble.state().items()}
    detector.ensemble = Ensemble(**fitted, crafting=settings.ensemble_crafting)
    images = IMAGES[:1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(detector.score(images).sum(), images)
    direction = gradient / gradient.norm()
    step = 1e-3
    with torch.no_grad():
        up, down = (float(detector.score(images + sign * step * direction)) for sign in (1, -1))
    assert gradient.abs().max() > 0
    assert (up - down) / (2 * step) == pytest.approx(float(gradient.norm()), rel=0.05)


@BOTH
@torch.no_grad()
def test_what_is_fitted_does_not_depend_on_pieces(settings, identity):
    detector, groups = build(settings, identity), settings.crafting.count
    pieces = iter(as_unit(MEMORY.pixels).split(2))
    pieced = Ensemble.fit(detector.network, pieces, settings.ensemble_crafting)
    for name, value in pieced.state().items():
        torch.testing.assert_close(value, detector.ensemble.state()[name], rtol=1e-4, atol=1e-5)
    assert pieced.memory.shape == (groups, 7, 8)
    torch.testing.assert_close(pieced.memory.norm(dim=2), torch.ones(groups, 7))


@BOTH
def test_augmentations_are_the_same_for_all_images(settings):
    groups = settings.crafting.count
    twice = IMAGES[:1].repeat(2, 1, 1, 1)
    views = augmented(twice, settings.ensemble_crafting, COUNT).reshape(COUNT * groups, 2, 3, 16, 16)
    assert torch.equal(views[:, 0], views[:, 1])
    assert not torch.equal(views[0], views[groups])


def test_the_copy_is_crafted_anew_for_each_augmentation():
    still = {"crop_min_area": 1, "flip": 0, "jitter": 0, "grey": 0}
    settings = DetectorSettings.model_validate({"crafting": {"hard": SCARS, "mild": still}})
    views = augmented(IMAGES, settings.crafting, COUNT).reshape(COUNT, 2, *IMAGES.shape)
    changed = (views - IMAGES).abs().amax(dim=3) > 1e-4
    assert not changed[:, 0].any()
    assert changed[:, 1].flatten(2).any(dim=2).all()
    assert all((changed[0, 1] != changed[number, 1]).any() for number in range(1, COUNT))


def test_another_pool_takes_the_place_of_the_maximum(identity):
    detector = build(TURNED, identity)
    assert torch.equal(detector.pooled(IMAGES, nearest), detector.score(IMAGES))
    mean = detector.pooled(IMAGES, lambda similarities: similarities.mean(dim=1))
    assert (mean > detector.score(IMAGES)).all()


@BOTH
def test_a_saved_detector_scores_the_same(settings, identity, tmp_path):
    detector = build(settings, identity)
    detector.save(tmp_path / "detector.pt")
    loaded = Detector.load(tmp_path / "detector.pt", detector.kind)
    assert torch.equal(loaded.score(IMAGES), detector.score(IMAGES))


def test_the_classifier_score_of_four_groups_is_the_log_odds_of_a_turned_image(identity):
    detector = build(TURNED, identity)
    detector.kind = ScoreSettings(kind="classifier")
    chances = detector.network.logits(detector.network.features(IMAGES)).softmax(dim=1)[:, 0]
    torch.testing.assert_close(detector.score(IMAGES), ((1 - chances) / chances).log(), rtol=1e-3, atol=1e-4)


def test_a_detector_to_which_it_is_not_fitted_has_no_ensemble_score(identity, tmp_path):
    made = Detector.build(build_network(TINY_MODEL, 0), MEMORY, identity)
    assert made.ensemble is None
    made.save(tmp_path / "detector.pt")
    with pytest.raises(UserError, match=r"not fitted to this detector: set ensemble\.fitted to true"):
        Detector.load(tmp_path / "detector.pt", ScoreSettings(kind="ensemble"))
    with pytest.raises(ValueError, match="names 'all', of kind ensemble"):
        require_trained("methods.cobra.scores", "all", ScoreSettings(kind="ensemble"), DetectorSettings())
    for settings in (TURNED, SCARRED):
        require_trained("methods.cobra.scores", "all", ScoreSettings(kind="ensemble"), settings)


@pytest.mark.parametrize("changes", [{"space": "backbone"}, {"memory": 5}])
def test_the_ensemble_is_of_the_projection_and_the_whole_memory(changes):
    with pytest.raises(ValidationError, match="remove space, memory"):
        ScoreSettings.model_validate({"kind": "ensemble"} | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ensemble": {"fitted": True}, "crafting": {"generated": {"folder": "made"}}},
         "crafting.generated draws from a folder instead: leave one of them out"),
        ({"crafting": {"mild": {"crop_min_area": 0.6, "crop_max_area": 0.5}}},
         "crop_min_area=0.6 exceeds crop_max_area=0.5"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(changes, sentence):
    with pytest.raises(ValidationError, match=sentence):
        DetectorSettings.model_validate(changes)
