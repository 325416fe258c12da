import pytest
import torch
from pydantic import ValidationError
from samples import TINY_MODEL, byte_images, unit_images

from cobra.data.one_class import as_unit
from cobra.detectors.detector import Detector, nearest
from cobra.detectors.rotation_ensemble import FITTED, Rotations, augmented
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError
from cobra.experiment.checks import require_trained
from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import mild
from cobra.training.crafting.settings import MildSettings
from cobra.training.networks.network import build_network
from cobra.training.settings import DetectorSettings

MEMORY = byte_images(7)
MILD = MildSettings(flip=0.5)
SETTINGS = DetectorSettings.model_validate(
    {"crafting": {"groups": "rotations", "filter": {"enabled": False}, "mild": {"flip": 0.5}}}
)
COUNT = 3
IMAGES = unit_images(9, seed=1)


@pytest.fixture
def detector(identity):
    network = build_network(TINY_MODEL, 0, groups=4)
    with torch.no_grad():
        for _ in range(10):
            network.train().features(unit_images(16))
    own = identity.model_copy(update={"settings": SETTINGS.model_dump(mode="json")})
    made = Detector.build(network, MEMORY, own)
    made.kind = ScoreSettings(kind="ensemble", augmentations=COUNT)
    return made


def means(network, image, rotation, count):
    """Mean projection and mean logit of one image in one rotation, from plain loops."""
    embeddings, logits = [], []
    for number in range(count):
        stream = ImageRandom.of(0, torch.zeros(1, dtype=torch.int64), "ensemble", number, rotation)
        view = torch.rot90(mild(image[None], stream, MILD), rotation, (2, 3))
        features = network.features(view)
        embeddings.append(network.projection(features)[0])
        logits.append(network.logits(features)[0, rotation])
    return sum(embeddings) / count, sum(logits) / count


def by_definition(network, images):
    """The score as cobra.detectors.rotation_ensemble writes it, image by image."""
    total = torch.zeros(len(images))
    for rotation in range(4):
        known = [means(network, image, rotation, FITTED) for image in as_unit(MEMORY.pixels)]
        length = sum(embedding.norm() for embedding, _ in known) / len(known)
        logit = abs(sum(logit for _, logit in known) / len(known))
        for row, image in enumerate(images):
            embedding, own = means(network, image, rotation, COUNT)
            similarity = max(embedding @ other / other.norm() for other, _ in known)
            total[row] -= (similarity / length + own / logit) / 4
    return total


@torch.no_grad()
def test_the_score_is_its_definition(detector):
    expected = by_definition(detector.network, IMAGES[:4])
    torch.testing.assert_close(detector.score(IMAGES[:4]), expected, rtol=1e-3, atol=1e-4)


@torch.no_grad()
def test_the_score_depends_neither_on_the_batch_nor_on_the_call(detector):
    whole = detector.score(IMAGES)
    assert torch.equal(detector.score(IMAGES), whole)
    torch.testing.assert_close(detector.score(IMAGES[3:5]), whole[3:5], rtol=1e-4, atol=1e-5)
    assert whole.std() > 0


def test_the_gradient_is_that_of_finite_differences(detector):
    detector.scorer.double()
    detector.scorer.features = lambda images: detector.scorer.backbone(images.double())
    fitted = detector.rotations.state()
    detector.rotations = Rotations(**{name: value.double() for name, value in fitted.items()}, mild=MILD)
    images = IMAGES[:1].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(detector.score(images).sum(), images)
    direction = gradient / gradient.norm()
    step = 1e-3
    with torch.no_grad():
        up, down = (float(detector.score(images + sign * step * direction)) for sign in (1, -1))
    assert gradient.abs().max() > 0
    assert (up - down) / (2 * step) == pytest.approx(float(gradient.norm()), rel=0.05)


@torch.no_grad()
def test_what_is_fitted_does_not_depend_on_pieces(detector):
    pixels = as_unit(MEMORY.pixels)
    pieced = Rotations.fit(detector.network, iter(pixels.split(2)), MILD)
    for name, value in pieced.state().items():
        torch.testing.assert_close(value, detector.rotations.state()[name], rtol=1e-4, atol=1e-5)
    assert pieced.memory.shape == (4, 7, 8)
    torch.testing.assert_close(pieced.memory.norm(dim=2), torch.ones(4, 7))


def test_augmentations_are_the_same_for_all_images():
    twice = IMAGES[:1].repeat(2, 1, 1, 1)
    views = augmented(twice, MILD, COUNT).reshape(COUNT * 4, 2, 3, 16, 16)
    assert torch.equal(views[:, 0], views[:, 1])
    assert not torch.equal(views[0], views[4])


def test_another_pool_takes_the_place_of_the_maximum(detector):
    assert torch.equal(detector.pooled(IMAGES, nearest), detector.score(IMAGES))
    mean = detector.pooled(IMAGES, lambda similarities: similarities.mean(dim=1))
    assert (mean > detector.score(IMAGES)).all()


def test_a_saved_detector_scores_the_same(detector, tmp_path):
    detector.save(tmp_path / "detector.pt")
    loaded = Detector.load(tmp_path / "detector.pt", detector.kind)
    assert torch.equal(loaded.score(IMAGES), detector.score(IMAGES))


def test_the_classifier_score_of_four_groups_is_the_log_odds_of_a_turned_image(detector):
    detector.kind = ScoreSettings(kind="classifier")
    chances = detector.network.logits(detector.network.features(IMAGES)).softmax(dim=1)[:, 0]
    torch.testing.assert_close(detector.score(IMAGES), ((1 - chances) / chances).log(), rtol=1e-3, atol=1e-4)


def test_a_detector_of_two_groups_has_no_ensemble_score(identity, tmp_path):
    made = Detector.build(build_network(TINY_MODEL, 0), MEMORY, identity)
    assert made.rotations is None
    made.save(tmp_path / "detector.pt")
    with pytest.raises(UserError, match="trained on rotations: set"):
        Detector.load(tmp_path / "detector.pt", ScoreSettings(kind="ensemble"))
    with pytest.raises(ValueError, match="names 'all', of kind ensemble"):
        require_trained("methods.cobra.scores", "all", ScoreSettings(kind="ensemble"), DetectorSettings())
    require_trained("methods.cobra.scores", "all", ScoreSettings(kind="ensemble"), SETTINGS)


@pytest.mark.parametrize("changes", [{"space": "backbone"}, {"memory": 5}])
def test_the_ensemble_is_of_the_projection_and_the_whole_memory(changes):
    with pytest.raises(ValidationError, match="remove space, memory"):
        ScoreSettings.model_validate({"kind": "ensemble"} | changes)
