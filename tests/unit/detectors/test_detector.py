from argparse import Namespace
from types import SimpleNamespace

import pytest
import torch
from samples import byte_images, tiny_network, unit_images

from cobra.artifacts.checkpoints import write_torch
from cobra.attacks.inputs import open_source
from cobra.attacks.settings import AttackSettings, EvaluationSettings, SourceDetector
from cobra.data.one_class import as_unit
from cobra.detectors.detector import SPACES, Detector, drawn, nearest
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError

KINDS = [
    ScoreSettings(kind=kind, space=space)
    for kind in ("similarity", "classifier", "combined")
    for space in ("projection", "backbone")
]
MEMORY = byte_images(7)


@pytest.fixture
def detector(identity):
    network = tiny_network()
    with torch.no_grad():  # statistics that differ from the initial ones, as after training
        network.train().features(unit_images(8))
    return Detector.build(network, MEMORY, identity)


def by_definition(detector, images, kind):
    """The score from single images and plain loops."""
    network = detector.network
    memory = [network.embed(image[None], kind.space)[0] for image in as_unit(MEMORY.pixels)]
    margins = [network.logits(network.features(image[None]))[0] for image in as_unit(MEMORY.pixels)]
    nearest = [max(a @ b for j, b in enumerate(memory) if j != i) for i, a in enumerate(memory)]
    scores = []
    for image in images:
        embedding = network.embed(image[None], kind.space)[0]
        similarity = -max(embedding @ other for other in memory)
        normal, pseudo = network.logits(network.features(image[None]))[0]
        combined = similarity / abs(sum(nearest) / 7) + (pseudo - normal) / abs(
            sum(n - p for n, p in margins) / 7
        )
        scores.append(
            {"similarity": similarity, "classifier": pseudo - normal, "combined": combined}[kind.kind]
        )
    return torch.stack(scores)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_score_is_its_definition(detector, kind):
    detector.kind = kind
    images = unit_images(4, seed=1)
    torch.testing.assert_close(
        detector.score(images), by_definition(detector, images, kind), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("kind", ["similarity", "combined"])
@pytest.mark.parametrize("count", [1, 3, 7])
def test_a_part_of_the_memory_is_compared_with(detector, kind, count):
    places = drawn(0, len(MEMORY), count, torch.device("cpu"))
    assert len(set(places.tolist())) == count
    images = unit_images(4, seed=1)
    embeddings = detector.network.embed(images, "projection")
    nearest = [max(float(z @ detector.memory("projection")[i]) for i in places) for z in embeddings]
    whole = (embeddings @ detector.memory("projection").T).max(dim=1).values
    detector.kind = ScoreSettings(kind=kind)
    expected = detector.score(images)
    detector.kind = ScoreSettings(kind=kind, memory=count)
    unit = 1 if kind == "similarity" else abs(detector.scale["projection"])
    expected = expected + (whole - torch.tensor(nearest)) / unit
    torch.testing.assert_close(detector.score(images), expected, rtol=1e-4, atol=1e-5)


def test_a_smaller_memory_lies_in_the_larger_and_another_seed_draws_another():
    cpu = torch.device("cpu")
    larger = drawn(0, 100, 20, cpu).tolist()
    assert drawn(0, 100, 5, cpu).tolist() == larger[:5]
    assert drawn(1, 100, 20, cpu).tolist() != larger
    assert sorted(drawn(0, 100, 100, cpu).tolist()) == list(range(100))


def test_more_entries_than_there_are_is_told_in_a_sentence(detector):
    detector.kind = ScoreSettings(memory=8)
    with pytest.raises(UserError, match="The memory has 7 entries where a score asks for 8: lower"):
        detector.score(unit_images(1))


def test_a_detector_is_saved_with_its_whole_memory(detector, tmp_path):
    detector.kind = ScoreSettings(memory=2)
    detector.save(tmp_path / "detector.pt")
    assert len(Detector.load(tmp_path / "detector.pt").memory("projection")) == 7


@pytest.mark.parametrize("space", ["projection", "backbone"])
def test_training_images_are_the_most_normal(detector, space):
    detector.kind = ScoreSettings(space=space)
    torch.testing.assert_close(detector.score(as_unit(MEMORY.pixels)), -torch.ones(7))
    assert (detector.score(unit_images(5, seed=9)) >= -1 - 1e-6).all()


def test_memory_is_normalised_and_does_not_depend_on_pieces(detector, identity, monkeypatch):
    monkeypatch.setattr("cobra.detectors.detector.BATCH", 2)
    pieced = Detector.build(detector.network, MEMORY, identity)
    for space in SPACES:
        torch.testing.assert_close(pieced.memory(space), detector.memory(space))
        torch.testing.assert_close(pieced.memory(space).norm(dim=1), torch.ones(7))
    assert pieced.scale == pytest.approx(detector.scale, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_score_has_a_gradient_for_images_only(detector, kind):
    detector.kind = kind
    images = unit_images(2, seed=1).requires_grad_()
    (gradient,) = torch.autograd.grad(detector(images).sum(), images)
    assert gradient.abs().sum(dim=(1, 2, 3)).min() > 0
    assert not any(parameter.requires_grad for parameter in detector.parameters())


def test_scores_do_not_depend_on_the_batch(detector):
    images = unit_images(6, seed=2)
    alone = torch.cat([detector.score(image[None]) for image in images])
    torch.testing.assert_close(detector.score(images), alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_saved_detector_comes_back_the_same(detector, kind, tmp_path):
    detector.kind = kind
    detector.save(tmp_path / "a.pt")
    loaded = Detector.load(tmp_path / "a.pt", kind)
    assert loaded.identity == detector.identity
    assert not loaded.network.training
    images = unit_images(4, seed=1)
    assert torch.equal(loaded.score(images), detector.score(images))


def test_equal_detectors_are_equal_files(detector, tmp_path):
    detector.save(tmp_path / "a.pt")
    Detector.load(tmp_path / "a.pt").save(tmp_path / "b.pt")
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "does not exist"),
        (b"not a checkpoint", "is no PyTorch file, or not the whole of one: give a detector.pt that cobra"),
        (b"", "is empty: give a detector.pt that cobra trained"),
        ({"model": "{}"}, r"is a PyTorch file of something else \(it holds model\): give a detector.pt"),
        ({"identity": {}, "state_dict": {}}, r"something else \(it holds identity, state_dict\)"),
        ({"model": '{"width": "x"}', "identity": "{}"}, "is not of this version of cobra"),
    ],
)
def test_other_files_are_refused(content, sentence, tmp_path):
    path = tmp_path / "detector.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        write_torch(path, content)
    with pytest.raises(UserError, match=sentence):
        Detector.load(path)


def test_a_detector_of_another_network_is_refused(detector, tmp_path):
    detector.save(tmp_path / "a.pt")
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    content["model"] = content["model"].replace('"width":2', '"width":4')
    write_torch(tmp_path / "b.pt", content)
    with pytest.raises(UserError, match="is not a detector of this version"):
        Detector.load(tmp_path / "b.pt")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_another_pool_takes_the_place_of_the_nearest_neighbour(detector, kind):
    detector.kind = kind
    images = unit_images(4, seed=1)
    seen = []

    def farthest(similarities):
        seen.append(similarities.shape)
        return similarities.min(dim=1).values

    pooled = detector.pooled(images, farthest)
    assert detector.has_neighbours == (kind.kind != "classifier") == bool(seen)
    if not seen:
        assert torch.equal(pooled, detector.score(images))
        return
    assert seen == [(4, 7)]
    assert (pooled >= detector.score(images)).all()
    assert torch.equal(detector.pooled(images, nearest), detector.score(images))


def test_a_transfer_attack_follows_the_score_found_for_its_source(detector, tmp_path):
    # the attacked detector's kind may rest on a head that the source never trained
    detector.save(tmp_path / "source.pt")
    classifier = ScoreSettings(kind="classifier")
    settings = EvaluationSettings(
        score=ScoreSettings(space="backbone"),
        attack=AttackSettings(source={"methods": ["cl"]}),
        source=SourceDetector(method="cobra", seed=0, score=classifier),
    )
    args = Namespace(source=tmp_path / "source.pt", dataset="digits", normal="0")
    prepared = SimpleNamespace(digest="d1")
    source = open_source(args, settings, prepared, torch.device("cpu"))
    images = unit_images(4, seed=1)
    detector.kind = classifier
    torch.testing.assert_close(source(images), detector.score(images))


def test_a_transfer_attack_from_another_detector_than_named_is_refused(detector, tmp_path):
    detector.save(tmp_path / "source.pt")
    settings = EvaluationSettings(
        attack=AttackSettings(source={"methods": ["cl"]}), source=SourceDetector(method="cl", seed=0)
    )
    args = Namespace(source=tmp_path / "source.pt", dataset="digits", normal="0")
    prepared = SimpleNamespace(digest="d1")
    with pytest.raises(UserError, match="has method 'cobra' where 'cl' is needed"):
        open_source(args, settings, prepared, torch.device("cpu"))
