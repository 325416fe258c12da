"""A user's code as a guest: what it does to Python, to torch and to its images stays with it."""

import random
import signal
import sys
import traceback
from pathlib import Path

import pytest
import torch
from samples import FEW_IMAGES, SCORE, own, wrote

from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_code import source_digests
from cobra.errors import UserError
from cobra.machine import script

IMAGES = FEW_IMAGES
MEAN = "images.mean(dim=(1, 2, 3))"
NETWORK = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(3)
        self.score = torch.nn.Linear(3, 1)

    def forward(self, images):
        return self.score(self.norm(images).square().mean(dim=(2, 3)))[:, 0]

class Holder:
    def __init__(self):
        self.network = Net()

    def score(self, images):
        return self.network(images)

class Numbered(torch.nn.Module):
    score = 3

    def forward(self, images):
        return images.mean(dim=(1, 2, 3))

class Stubborn(Net):
    def forward(self, images):
        self.train()
        return super().forward(images)

net, held, numbered, stubborn, kept = Net(), Holder(), Numbered(), Stubborn(), Net()

def by_name(images):
    return kept(images)

def fit(training):
    inner = Net()
    return lambda images: inner(images)
"""


def refusal(guest_folder, text, name="guest"):
    with pytest.raises(UserError) as caught:
        wrote(guest_folder, text, name)(IMAGES)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# What it may do.


def test_a_module_that_parses_arguments_sees_its_name_alone(guest_folder, monkeypatch):
    ours = ["cobra", "attack", "--score", "guest:score"]
    monkeypatch.setattr(sys, "argv", ours)
    parses = "import argparse, sys\nseen = list(sys.argv)\nargparse.ArgumentParser().parse_args()\n"
    wrote(guest_folder, parses + SCORE)
    assert sys.modules["guest"].seen == ["guest"]
    assert sys.argv is ours


def test_what_it_prints_is_no_result(guest_folder, capsys):
    text = f"print('importing')\ndef score(images):\n    print('scoring')\n    return {MEAN}\n"
    wrote(guest_folder, text)(IMAGES)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.split() == ["importing", "scoring"]


def test_it_leaves_folder_gradients_type_threads_and_signals_as_they_were(guest_folder):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    threads = torch.get_num_threads()
    hostile = """
import os, signal, torch
os.chdir("/")
torch.set_grad_enabled(False)
torch.set_default_dtype(torch.float64)
torch.set_default_device("meta")
torch.set_float32_matmul_precision("medium")
torch.set_num_threads(torch.get_num_threads() + 1)
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""
    score = wrote(guest_folder, hostile + SCORE)
    assert Path.cwd() == guest_folder
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == threads
    assert torch.empty(1).device == torch.device("cpu")
    assert torch.get_float32_matmul_precision() == "highest"
    assert all(signal.getsignal(number) is handler for number, handler in before.items())
    assert score(IMAGES.clone().requires_grad_()).requires_grad


def test_a_score_that_changes_its_images_changes_copies_and_has_the_same_gradient(guest_folder):
    changes = "def score(images):\n    images -= 0.5\n    images.mul_(2)\n"
    changes += "    return images.square().sum(dim=(1, 2, 3))\n"
    score, asked = wrote(guest_folder, changes), IMAGES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(score(asked).sum(), asked)
    torch.testing.assert_close(gradient, 8 * (IMAGES - 0.5))
    assert torch.equal(asked, IMAGES)


def test_a_fit_and_a_module_draw_the_same_numbers_in_every_job(guest_folder):
    draws = (
        "import torch\nfirst = torch.rand(3, 8, 8)\ndef fit(training):\n    second = torch.rand(3, 8, 8)\n"
    )
    draws += "    return lambda images: (images * (first + 2 * second)).sum(dim=(1, 2, 3))\n"
    (guest_folder / "guest.py").write_text(draws)
    found = []
    for _ in range(2):
        sys.modules.pop("guest", None)
        torch.rand(7)
        found.append(own("guest:fit", "fit")(IMAGES))
    assert torch.equal(*found)


# What it may be.


@pytest.mark.parametrize("name", ["net", "numbered", "stubborn"])
def test_a_network_is_called_by_its_forward_whatever_it_calls_score(guest_folder, name):
    (guest_folder / "guest.py").write_text(NETWORK)
    score = own(f"guest:{name}")
    assert score(IMAGES).shape == (5,)


@pytest.mark.parametrize(
    ("name", "form", "called"),
    [("held", "score", "network"), ("by_name", "score", "kept"), ("fit", "fit", "inner")],
)
def test_a_network_that_a_score_uses_is_put_into_evaluation_mode_and_that_is_said(
    guest_folder, capsys, name, form, called
):
    (guest_folder / "guest.py").write_text(NETWORK)
    score = own(f"guest:{name}", form)
    assert f"{called}, which guest:{name} uses, was in training mode" in capsys.readouterr().err
    alone = torch.cat([score(image[None]) for image in IMAGES])
    torch.testing.assert_close(score(IMAGES), alone)


def test_a_variable_that_has_no_value_yet_is_no_fault(guest_folder):
    text = "def fit(training):\n    if False:\n        later = 1\n    def score(images):\n"
    text += f"        return {MEAN} if len(images) else later\n    return score\n"
    (guest_folder / "guest.py").write_text(text)
    torch.testing.assert_close(own("guest:fit", "fit")(IMAGES), IMAGES.mean(dim=(1, 2, 3)))


def test_a_class_is_no_score(guest_folder):
    (guest_folder / "guest.py").write_text(NETWORK)
    with pytest.raises(UserError, match="guest:Net gives the class Net, not a score: name an instance"):
        own("guest:Net")


# What is refused.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import sys\nsys.exit()", "guest ends Python when it is imported (sys.exit()): put"),
        ("import sys\nsys.exit(0)", "guest ends Python when it is imported (sys.exit(0)): put"),
        ("raise SystemExit('done\\nnow')", "(sys.exit('done\\\\nnow'))"),
        (
            "from argparse import *\np = ArgumentParser()\np.add_argument('w')\np.parse_args()",
            "guest ends Python when it is imported (sys.exit(2)): put what a program does under if",
        ),
        ("raise ValueError('a\\nb')", "cannot be imported (ValueError: a b)"),
        ("def score(images):\n    raise SystemExit(3)", "it ends Python (sys.exit(3)): let it raise"),
        ("def score(images):\n    raise KeyError('x' * 999)", "xxx ...): correct it."),
    ],
)
def test_what_ends_python_or_fails_is_said_in_one_sentence(guest_folder, text, words):
    assert words.replace("\\\\", "\\") in refusal(guest_folder, text)


def test_a_package_that_ends_python_is_found_and_said_to(guest_folder):
    (guest_folder / "guest").mkdir()
    (guest_folder / "guest/__init__.py").write_text("import sys\nsys.exit(0)")
    (guest_folder / "guest/part.py").write_text(SCORE)
    source_digests(OwnDetectorSettings(score="guest.part:score"))
    with pytest.raises(UserError, match=r"guest\.part ends Python when it is imported \(sys\.exit\(0\)\)"):
        own("guest.part:score")


def test_a_signal_that_stops_us_while_a_guest_works_stops_us(guest_folder, monkeypatch):
    text = "import os, signal\ndef score(images):\n    os.kill(os.getpid(), signal.SIGTERM)\n"
    text += f"    return {MEAN}\n"
    score = wrote(guest_folder, text)
    before = {number: signal.signal(number, script._stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with pytest.raises(SystemExit) as left:
            score(IMAGES)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert left.value.code == 128 + signal.SIGTERM
    assert traceback.extract_tb(left.value.__traceback__)[-1].filename == script.__file__


def test_a_name_that_is_taken_is_said_to_be(guest_folder):
    assert "is taken by" in refusal(guest_folder, SCORE, "random")
    assert (
        f"The module of random:score is {guest_folder / 'random.py'}, but the name random is taken by"
        in refusal(guest_folder, SCORE, "random")
    )
    words = refusal(guest_folder, "from random import score\n")
    assert f"The random that guest imports is {guest_folder / 'random.py'}" in words
    assert sys.modules["random"] is random


def test_a_name_with_the_ending_of_its_file_is_said_to_have_it(guest_folder):
    (guest_folder / "guest.py").write_text(SCORE)
    with pytest.raises(UserError, match=r"The module of guest\.py:score is not found: leave \.py out\."):
        source_digests(OwnDetectorSettings(score="guest.py:score"))


def test_a_helper_called_test_is_the_users(guest_folder):
    sys.path.append(str(guest_folder))  # behind Python's own `test`, as where it is installed for development
    (guest_folder / "test.py").write_text(SCORE)
    score = wrote(guest_folder, "from test import score\n")
    torch.testing.assert_close(score(IMAGES), IMAGES.square().mean(dim=(1, 2, 3)))


def test_memory_that_does_not_suffice_is_not_blamed_on_the_user(guest_folder):
    score = wrote(
        guest_folder,
        "import torch\ndef score(images):\n    raise torch.OutOfMemoryError('CUDA out of memory.')\n",
    )
    with pytest.raises(torch.OutOfMemoryError):
        score(IMAGES)
