import torch
from samples import unit_images

from cobra.randomness import ImageRandom
from cobra.training.crafting.pseudo_anomalies import craft
from cobra.training.crafting.settings import CraftingSettings, FilterSettings, HardSettings

SETTINGS = CraftingSettings(filter=FilterSettings(max_tries=4))
IMAGES = unit_images(12)
RANDOM = ImageRandom.of(0, torch.arange(12), "pseudo")


class Threshold:
    """Stands in for the fitted filter; remembers what it judged."""

    def __init__(self, limit):
        self.limit = limit
        self.judged = []

    def distance(self, images):
        self.judged.append(images.clone())
        return images.double().square().mean(dim=(1, 2, 3))


def test_without_a_filter_the_first_candidate_counts():
    crafted = craft(IMAGES, RANDOM, SETTINGS, None)
    assert crafted.accepted.all()
    assert crafted.tries.tolist() == [1] * 12
    easy = craft(IMAGES, RANDOM, SETTINGS, Threshold(-1.0))
    assert torch.equal(easy.images, crafted.images)
    assert easy.accepted.all()
    assert easy.tries.tolist() == [1] * 12


def test_each_try_is_another_candidate():
    threshold = Threshold(torch.inf)
    craft(IMAGES, RANDOM, SETTINGS, threshold)
    assert len(threshold.judged) == 4
    first, second = threshold.judged[:2]
    assert (first != second).any(dim=(1, 2, 3)).all()


def test_after_max_tries_the_least_likely_candidate_is_kept():
    threshold = Threshold(torch.inf)
    crafted = craft(IMAGES, RANDOM, SETTINGS, threshold)
    candidates = torch.stack(threshold.judged)  # [tries, N, ...]: nothing passes, all are tried again
    best = candidates.double().square().mean(dim=(2, 3, 4)).argmax(dim=0)
    assert len(best.unique()) > 1
    assert torch.equal(crafted.images, candidates[best, torch.arange(12)])
    assert not crafted.accepted.any()
    assert crafted.tries.tolist() == [4] * 12


def test_only_rejected_images_are_crafted_again():
    first = craft(IMAGES, RANDOM, SETTINGS, None).images
    limit = first.double().square().mean(dim=(1, 2, 3)).median().item()
    threshold = Threshold(limit)
    crafted = craft(IMAGES, RANDOM, SETTINGS, threshold)
    passed = threshold.distance(first) > limit
    assert torch.equal(crafted.images[passed], first[passed])
    assert (crafted.tries[passed] == 1).all()
    assert (crafted.tries[~passed] > 1).all()
    assert torch.equal(crafted.accepted, threshold.distance(crafted.images) > limit)
    assert len(threshold.judged[1]) == (~passed).sum()
    assert (crafted.accepted | (crafted.tries == 4)).all()


def test_an_image_is_crafted_alike_in_any_batch():
    threshold = Threshold(0.34)
    whole = craft(IMAGES, RANDOM, SETTINGS, threshold)
    for rows in torch.arange(12).split(5):
        part = craft(IMAGES[rows], RANDOM.select(rows), SETTINGS, threshold)
        torch.testing.assert_close(part.images, whole.images[rows], rtol=0, atol=1e-6)
        assert torch.equal(part.tries, whole.tries[rows])


def test_only_kinds_switched_on_are_used():
    settings = CraftingSettings(hard=HardSettings(kinds={"rotation": 1}, max_kinds=1))
    crafted = craft(IMAGES, RANDOM, settings, None).images
    turns = torch.stack([torch.rot90(IMAGES, k, (2, 3)) for k in (1, 2, 3)])
    assert (turns == crafted).all(dim=(2, 3, 4)).any(dim=0).all()
