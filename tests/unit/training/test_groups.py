import pytest
import torch
from pydantic import ValidationError
from samples import byte_images, unit_images

from cobra.randomness import ImageRandom
from cobra.training.crafting.groups import examples, make_groups, turned
from cobra.training.crafting.mild import mild
from cobra.training.crafting.pseudo_anomalies import craft
from cobra.training.crafting.settings import CraftingSettings

IMAGES = unit_images(3)
RANDOM = ImageRandom.of(0, byte_images(3).ids, "test")
ROTATIONS = CraftingSettings.model_validate({"groups": "rotations", "filter": {"enabled": False}})
PSEUDO = CraftingSettings.model_validate({"filter": {"enabled": False}})


def test_each_quarter_of_a_view_is_a_view_of_the_images_turned_once_more():
    made = make_groups(IMAGES, RANDOM, ROTATIONS, None)
    view = made.view(0)
    assert view.shape == (12, 3, 16, 16)
    for row in range(12):
        turns, image = divmod(row, 3)
        stream = made.random.select(torch.tensor([row])).child("view", 0)
        alone = mild(IMAGES[image : image + 1], stream, ROTATIONS.mild)
        torch.testing.assert_close(view[row], torch.rot90(alone[0], turns, (1, 2)))
    assert not torch.equal(view, made.view(1))


def test_the_groups_of_an_image_are_augmented_apart():
    made = make_groups(IMAGES, RANDOM, ROTATIONS, None)
    assert len(set(made.random.keys.tolist())) == 12
    assert made.accepted.tolist() == [True] * 3
    assert made.tries.tolist() == [1] * 3


def test_two_groups_are_the_images_and_their_pseudo_anomalies():
    made = make_groups(IMAGES, RANDOM, PSEUDO, None)
    crafted = craft(IMAGES, RANDOM.child("pseudo"), PSEUDO, None)
    assert torch.equal(made.images, torch.cat([IMAGES, crafted.images]))
    assert torch.equal(made.view(1), mild(made.images, made.random.child("view", 1), PSEUDO.mild))


def test_turned_leaves_the_first_quarter_and_turns_the_third_upside_down():
    images = turned(IMAGES.repeat(4, 1, 1, 1))
    assert torch.equal(images[:3], IMAGES)
    assert torch.equal(images[6:9], IMAGES.flip(2, 3))
    assert torch.equal(images[3:6], images[9:].flip(2, 3))


def test_examples_are_what_training_sees_beside_normal_images():
    assert torch.equal(examples(IMAGES, RANDOM, ROTATIONS, None), torch.rot90(IMAGES, 1, (2, 3)))
    assert torch.equal(examples(IMAGES, RANDOM, PSEUDO, None), craft(IMAGES, RANDOM, PSEUDO, None).images)


@pytest.mark.parametrize("crafting", [{}, {"filter": {"enabled": False}, "generated": {"folder": "there"}}])
def test_rotations_leave_nothing_to_filter_or_to_draw(crafting):
    with pytest.raises(ValidationError, match="nothing to filter or to draw"):
        CraftingSettings.model_validate({"groups": "rotations"} | crafting)
