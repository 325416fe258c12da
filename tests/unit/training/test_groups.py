import pytest
import torch
from pydantic import ValidationError
from samples import byte_images, unit_images

from cobra.randomness import ImageRandom
from cobra.training.crafting.groups import craft, examples, make_groups
from cobra.training.crafting.mild import mild
from cobra.training.crafting.settings import CraftingSettings, FilterSettings, HardSettings
from cobra.training.crafting.warp import turned

IMAGES = unit_images(3)
RANDOM = ImageRandom.of(0, byte_images(3).ids, "test")
ROTATIONS = CraftingSettings.model_validate({"groups": "rotations", "filter": {"enabled": False}})
PSEUDO = CraftingSettings.model_validate({"filter": {"enabled": False}})
FILTERED = CraftingSettings(filter=FilterSettings(max_tries=4))
CRAFTED_FROM = unit_images(12)
STREAMS = ImageRandom.of(0, torch.arange(12), "pseudo")


def test_each_quarter_of_a_view_is_a_view_of_the_images_turned_once_more():
    made = make_groups(IMAGES, RANDOM, ROTATIONS, None)
    view = made.views[0]
    assert view.shape == (12, 3, 16, 16)
    for row in range(12):
        turns, image = divmod(row, 3)
        stream = made.random.select(torch.tensor([row])).child("view", 0)
        alone = mild(IMAGES[image : image + 1], stream, ROTATIONS.mild)
        torch.testing.assert_close(view[row], torch.rot90(alone[0], turns, (1, 2)))
    assert not torch.equal(view, made.views[1])


def test_the_groups_of_an_image_are_augmented_apart():
    made = make_groups(IMAGES, RANDOM, ROTATIONS, None)
    assert len(set(made.random.keys.tolist())) == 12
    assert made.accepted.tolist() == [True] * 3
    assert made.tries.tolist() == [1] * 3


def test_two_groups_are_the_images_and_their_pseudo_anomalies():
    made = make_groups(IMAGES, RANDOM, PSEUDO, None)
    crafted = craft(IMAGES, RANDOM.child("pseudo"), PSEUDO, None)
    images = torch.cat([IMAGES, crafted.images])
    for number in (0, 1):
        assert torch.equal(made.views[number], mild(images, made.random.child("view", number), PSEUDO.mild))


def test_each_view_of_the_image_may_have_a_pseudo_anomaly_of_its_own():
    made = make_groups(IMAGES, RANDOM, PSEUDO.model_copy(update={"crafted_from": "image_per_view"}), None)
    for number in (0, 1):
        crafted = craft(IMAGES, RANDOM.child("pseudo", number), PSEUDO, None)
        images = torch.cat([IMAGES, crafted.images])
        assert torch.equal(made.views[number], mild(images, made.random.child("view", number), PSEUDO.mild))
    assert len(made.accepted) == 6


def test_a_pseudo_anomaly_may_be_crafted_from_the_view():
    made = make_groups(IMAGES, RANDOM, PSEUDO.model_copy(update={"crafted_from": "view"}), None)
    plain = make_groups(IMAGES, RANDOM, PSEUDO, None)
    for number in (0, 1):
        normal, pseudo = made.views[number].chunk(2)
        assert torch.equal(normal, plain.views[number].chunk(2)[0])  # normal views are the same in all
        assert torch.equal(pseudo, craft(normal, RANDOM.child("pseudo", number), PSEUDO, None).images)


def test_turned_leaves_the_first_quarter_and_turns_the_third_upside_down():
    images = turned(IMAGES.repeat(4, 1, 1, 1))
    assert torch.equal(images[:3], IMAGES)
    assert torch.equal(images[6:9], IMAGES.flip(2, 3))
    assert torch.equal(images[3:6], images[9:].flip(2, 3))


def test_examples_are_what_training_sees_beside_normal_images():
    assert torch.equal(examples(IMAGES, RANDOM, ROTATIONS, None), torch.rot90(IMAGES, 1, (2, 3)))
    assert torch.equal(examples(IMAGES, RANDOM, PSEUDO, None), craft(IMAGES, RANDOM, PSEUDO, None).images)


def test_rotations_are_crafted_from_nothing():
    with pytest.raises(ValidationError, match="crafts no pseudo-anomalies: leave crafted_from out"):
        CraftingSettings.model_validate(ROTATIONS.model_dump() | {"crafted_from": "view"})


@pytest.mark.parametrize("crafting", [{}, {"filter": {"enabled": False}, "generated": {"folder": "there"}}])
def test_rotations_leave_nothing_to_filter_or_to_draw(crafting):
    with pytest.raises(ValidationError, match="nothing to filter or to draw"):
        CraftingSettings.model_validate({"groups": "rotations"} | crafting)


class Threshold:
    """Stands in for the fitted filter; remembers what it judged."""

    def __init__(self, limit):
        self.limit = limit
        self.judged = []

    def distance(self, images):
        self.judged.append(images.clone())
        return images.double().square().mean(dim=(1, 2, 3))


def test_without_a_filter_the_first_candidate_counts():
    crafted = craft(CRAFTED_FROM, STREAMS, FILTERED, None)
    assert crafted.accepted.all()
    assert crafted.tries.tolist() == [1] * 12
    easy = craft(CRAFTED_FROM, STREAMS, FILTERED, Threshold(-1.0))
    assert torch.equal(easy.images, crafted.images)
    assert easy.accepted.all()
    assert easy.tries.tolist() == [1] * 12


def test_each_try_is_another_candidate():
    threshold = Threshold(torch.inf)
    craft(CRAFTED_FROM, STREAMS, FILTERED, threshold)
    assert len(threshold.judged) == 4
    first, second = threshold.judged[:2]
    assert (first != second).any(dim=(1, 2, 3)).all()


def test_after_max_tries_the_least_likely_candidate_is_kept():
    threshold = Threshold(torch.inf)
    crafted = craft(CRAFTED_FROM, STREAMS, FILTERED, threshold)
    candidates = torch.stack(threshold.judged)  # [tries, N, ...]: nothing passes, all are tried again
    best = candidates.double().square().mean(dim=(2, 3, 4)).argmax(dim=0)
    assert len(best.unique()) > 1
    assert torch.equal(crafted.images, candidates[best, torch.arange(12)])
    assert not crafted.accepted.any()
    assert crafted.tries.tolist() == [4] * 12


def test_only_rejected_images_are_crafted_again():
    first = craft(CRAFTED_FROM, STREAMS, FILTERED, None).images
    limit = first.double().square().mean(dim=(1, 2, 3)).median().item()
    threshold = Threshold(limit)
    crafted = craft(CRAFTED_FROM, STREAMS, FILTERED, threshold)
    passed = threshold.distance(first) > limit
    assert torch.equal(crafted.images[passed], first[passed])
    assert (crafted.tries[passed] == 1).all()
    assert (crafted.tries[~passed] > 1).all()
    assert torch.equal(crafted.accepted, threshold.distance(crafted.images) > limit)
    assert len(threshold.judged[1]) == (~passed).sum()
    assert (crafted.accepted | (crafted.tries == 4)).all()


def test_an_image_is_crafted_alike_in_any_batch():
    threshold = Threshold(0.34)
    whole = craft(CRAFTED_FROM, STREAMS, FILTERED, threshold)
    for rows in torch.arange(12).split(5):
        part = craft(CRAFTED_FROM[rows], STREAMS.select(rows), FILTERED, threshold)
        torch.testing.assert_close(part.images, whole.images[rows], rtol=0, atol=1e-6)
        assert torch.equal(part.tries, whole.tries[rows])


def test_only_kinds_switched_on_are_used():
    settings = CraftingSettings(hard=HardSettings(kinds={"rotation": 1}, max_kinds=1))
    crafted = craft(CRAFTED_FROM, STREAMS, settings, None).images
    turns = torch.stack([torch.rot90(CRAFTED_FROM, k, (2, 3)) for k in (1, 2, 3)])
    assert (turns == crafted).all(dim=(2, 3, 4)).any(dim=0).all()
