"""Warnings of a user's score before hours of attacks."""

import pytest
from samples import FEW_IMAGES as IMAGES
from samples import SCORE, own, wrote

from cobra.gates.score_soundness import warnings_of

MEAN = "images.mean(dim=(1, 2, 3))"
STUBBORN = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(3)

    def forward(self, images):
        self.train()
        return self.norm(images).square().amax(dim=(1, 2, 3))

score = Net()
"""


def warnings(guest_folder, text):
    return list(warnings_of("guest:score", wrote(guest_folder, text), IMAGES[:2]))


def test_of_a_sound_score_no_warning_is_given(guest_folder):
    assert warnings(guest_folder, SCORE) == []


def test_of_a_score_that_is_zero_on_training_images_nothing_is_told(guest_folder):
    (guest_folder / "guest.py").write_text(
        "import torch\ndef fit(training):\n    memory = training.flatten(1)\n"
        "    return lambda images: torch.cdist(images.flatten(1), memory).amin(dim=1)\n"
    )
    assert list(warnings_of("guest:fit", own("guest:fit", "fit"), IMAGES[:2])) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"n = 0\ndef score(images):\n    global n\n    n += 1\n    return {MEAN} + n\n", "gate 6"),
        (f"import torch\ndef score(images):\n    return {MEAN} + torch.rand(len(images))\n", "gate 6"),
        (f"def score(images):\n    found = {MEAN}\n    return found - found.mean()\n", "gate 7"),
        (f"def score(images):\n    found = {MEAN}\n    return found / (found - found.min())\n", "gate 7"),
        (STUBBORN, "batch norm"),
        (f"def score(images):\n    return {MEAN}.double() + 1e5\n", "rounding to float32 decides"),
    ],
)  # fmt: skip
def test_state_chance_and_company_are_told_before_the_attack(guest_folder, text, words):
    (warning,) = warnings(guest_folder, text)
    assert words in warning
    assert warning.startswith("guest:score ")
