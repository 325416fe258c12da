"""A user's code as a guest: what it does to Python, to torch and to its images stays with it."""

import random
import signal
import sys
import traceback
from functools import partial
from pathlib import Path

import pytest
import torch
from samples import unit_images

from cobra import command
from cobra.artifacts import write_json
from cobra.errors import UserError
from cobra.gates.beforehand import warnings_of
from cobra.own_detector import OwnDetector, own_score
from cobra.reads import opened, undeclared
from cobra.settings.own import OwnDetectorSettings
from cobra.user_code import source_digests

IMAGES = unit_images(5, side=8)
MEAN = "images.mean(dim=(1, 2, 3))"
SCORE = "\ndef score(images):\n    return images.square().mean(dim=(1, 2, 3))\n"
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


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder; the modules that come from it are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    opened.clear()
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def own(name, form="score"):
    return own_score(OwnDetectorSettings(**{form: name}), lambda: IMAGES, torch.device("cpu"))


def wrote(folder, text, name="guest"):
    (folder / f"{name}.py").write_text(text)
    return own(f"{name}:score")


def refusal(folder, text, name="guest"):
    with pytest.raises(UserError) as caught:
        wrote(folder, text, name)(IMAGES)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# What it may do.


def test_a_module_that_parses_arguments_sees_its_name_alone(folder, monkeypatch):
    ours = ["cobra", "attack", "--score", "guest:score"]
    monkeypatch.setattr(sys, "argv", ours)
    parses = "import argparse, sys\nseen = list(sys.argv)\nargparse.ArgumentParser().parse_args()\n"
    wrote(folder, parses + SCORE)
    assert sys.modules["guest"].seen == ["guest"]
    assert sys.argv is ours


def test_what_it_prints_is_no_result(folder, capsys):
    text = f"print('importing')\ndef score(images):\n    print('scoring')\n    return {MEAN}\n"
    wrote(folder, text)(IMAGES)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.split() == ["importing", "scoring"]


def test_it_leaves_folder_gradients_type_threads_and_signals_as_they_were(folder):
    before = signal.getsignal(signal.SIGINT)
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
"""
    score = wrote(folder, hostile + SCORE)
    assert Path.cwd() == folder
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == threads
    assert torch.empty(1).device == torch.device("cpu")
    assert torch.get_float32_matmul_precision() == "highest"
    assert signal.getsignal(signal.SIGINT) is before
    assert score(IMAGES.clone().requires_grad_()).requires_grad


def test_a_score_that_changes_its_images_changes_copies_and_has_the_same_gradient(folder):
    changes = "def score(images):\n    images -= 0.5\n    images.mul_(2)\n"
    changes += "    return images.square().sum(dim=(1, 2, 3))\n"
    score, asked = wrote(folder, changes), IMAGES.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(score(asked).sum(), asked)
    torch.testing.assert_close(gradient, 8 * (IMAGES - 0.5))
    assert torch.equal(asked, IMAGES)


def test_a_fit_and_a_module_draw_the_same_numbers_in_every_job(folder):
    draws = (
        "import torch\nfirst = torch.rand(3, 8, 8)\ndef fit(training):\n    second = torch.rand(3, 8, 8)\n"
    )
    draws += "    return lambda images: (images * (first + 2 * second)).sum(dim=(1, 2, 3))\n"
    (folder / "guest.py").write_text(draws)
    found = []
    for _ in range(2):
        sys.modules.pop("guest", None)
        torch.rand(7)
        found.append(own("guest:fit", "fit")(IMAGES))
    assert torch.equal(*found)


# What it may be.


@pytest.mark.parametrize("name", ["net", "numbered", "stubborn"])
def test_a_network_is_called_by_its_forward_whatever_it_calls_score(folder, name):
    (folder / "guest.py").write_text(NETWORK)
    score = own(f"guest:{name}")
    assert score(IMAGES).shape == (5,)


@pytest.mark.parametrize(
    ("name", "form", "called"),
    [("held", "score", "network"), ("by_name", "score", "kept"), ("fit", "fit", "inner")],
)
def test_a_network_that_a_score_uses_is_put_into_evaluation_mode_and_that_is_said(
    folder, capsys, name, form, called
):
    (folder / "guest.py").write_text(NETWORK)
    score = own(f"guest:{name}", form)
    assert f"{called}, which guest:{name} uses, was in training mode" in capsys.readouterr().err
    alone = torch.cat([score(image[None]) for image in IMAGES])
    torch.testing.assert_close(score(IMAGES), alone)


def test_a_class_is_no_score(folder):
    (folder / "guest.py").write_text(NETWORK)
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
def test_what_ends_python_or_fails_is_said_in_one_sentence(folder, text, words):
    assert words.replace("\\\\", "\\") in refusal(folder, text)


def test_a_package_that_ends_python_is_found_and_said_to(folder):
    (folder / "guest").mkdir()
    (folder / "guest/__init__.py").write_text("import sys\nsys.exit(0)")
    (folder / "guest/part.py").write_text(SCORE)
    source_digests(OwnDetectorSettings(score="guest.part:score"))
    with pytest.raises(UserError, match=r"guest\.part ends Python when it is imported \(sys\.exit\(0\)\)"):
        own("guest.part:score")


def test_a_signal_that_stops_us_while_a_guest_works_stops_us(folder, monkeypatch):
    text = "import os, signal\ndef score(images):\n    os.kill(os.getpid(), signal.SIGTERM)\n"
    text += f"    return {MEAN}\n"
    score = wrote(folder, text)
    before = {number: signal.signal(number, command._stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with pytest.raises(SystemExit) as left:
            score(IMAGES)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert left.value.code == 128 + signal.SIGTERM
    assert traceback.extract_tb(left.value.__traceback__)[-1].filename == command.__file__


def test_a_name_that_is_taken_is_said_to_be(folder):
    assert "is taken by" in refusal(folder, SCORE, "random")
    assert (
        f"The module of random:score is {folder / 'random.py'}, but the name random is taken by"
        in refusal(folder, SCORE, "random")
    )
    words = refusal(folder, "from random import score\n")
    assert f"The random that guest imports is {folder / 'random.py'}" in words
    assert sys.modules["random"] is random


def test_a_name_with_the_ending_of_its_file_is_said_to_have_it(folder):
    (folder / "guest.py").write_text(SCORE)
    with pytest.raises(UserError, match=r"The module of guest\.py:score is not found: leave \.py out\."):
        digests("guest.py:score")


def test_a_helper_called_test_is_the_users(folder):
    (folder / "test.py").write_text(SCORE)
    score = wrote(folder, "from test import score\n")
    torch.testing.assert_close(score(IMAGES), IMAGES.square().mean(dim=(1, 2, 3)))


def test_memory_that_does_not_suffice_is_not_blamed_on_the_user(folder):
    score = wrote(
        folder, "import torch\ndef score(images):\n    raise torch.OutOfMemoryError('CUDA out of memory.')\n"
    )
    with pytest.raises(torch.OutOfMemoryError):
        score(IMAGES)


# What is told before an attack.


def told(folder, text):
    return list(warnings_of("guest:score", wrote(folder, text), IMAGES[:2]))


def test_of_a_sound_score_nothing_is_told(folder):
    assert told(folder, SCORE) == []


def test_of_a_score_that_is_zero_on_training_images_nothing_is_told(folder):
    (folder / "guest.py").write_text(
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
        (f"{NETWORK}\nscore = stubborn\n", "batch norm"),
    ],
)  # fmt: skip
def test_state_chance_and_company_are_told_before_the_attack(folder, text, words):
    (warning,) = told(folder, text)
    assert words in warning
    assert warning.startswith("guest:score scores ")


# What it rests on.


def digests(name="guest:score", **more):
    return source_digests(OwnDetectorSettings(score=name, **more))


def test_modules_beside_it_that_it_imports_are_in_its_identity(folder):
    (folder / "pack").mkdir()
    files = {
        "guest.py": "import torch, helper\nfrom pack import layers\ndef score(x):\n    from late import f\n",
        "helper.py": "import deeper\n",
        "deeper.py": "",
        "late.py": "",
        "unused.py": "",
        "pack/__init__.py": "",
        "pack/layers.py": "from . import sizes\nfrom .. import guest\n",
        "pack/sizes.py": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    helpers = {"helper.py", "deeper.py", "late.py", "pack/__init__.py", "pack/layers.py", "pack/sizes.py"}
    before = digests()
    assert set(before) == {"file guest:score", *(f"module {name}" for name in helpers)}
    (folder / "unused.py").write_text("1")
    assert digests() == before
    for name in helpers:
        (folder / name).write_text(files[name] + "# changed")
        assert digests() != before
        (folder / name).write_text(files[name])


def test_modules_that_were_imported_by_a_name_are_too_and_installed_ones_are_not(folder):
    (folder / "hidden.py").write_text("value = 1")
    (folder / ".venv/site-packages").mkdir(parents=True)
    (folder / ".venv/site-packages/installed.py").write_text("")
    chosen = "import importlib, sys\nsys.path.append('.venv/site-packages')\n"
    chosen += "for name in ('hidden', 'installed'):\n    importlib.import_module(name)\n"
    wrote(folder, chosen + SCORE)
    assert set(digests()) == {"file guest:score", "module hidden.py"}


def test_a_detector_of_one_file_has_the_identity_it_had(folder):
    wrote(folder, SCORE)
    assert set(digests()) == {"file guest:score"}


def test_a_module_with_a_slip_of_syntax_has_a_digest_and_is_refused(folder):
    (folder / "guest.py").write_text("def score(images:\n")
    assert set(digests()) == {"file guest:score"}
    with pytest.raises(UserError, match=r"cannot be imported \(SyntaxError"):
        own("guest:score")


def test_a_folder_of_weights_may_be_declared(folder):
    (folder / "guest.py").write_text(SCORE)
    (folder / "weights/deep").mkdir(parents=True)
    (folder / "weights/deep/a.bin").write_bytes(b"1")
    before = digests(files=["weights"])
    (folder / "weights/deep/a.bin").write_bytes(b"2")
    assert digests(files=["weights"]) != before


def test_weights_that_are_read_and_not_declared_are_noticed(folder):
    torch.save(torch.ones(1), folder / "weights.pt")
    (folder / "later.txt").write_text("2")
    reads = "import torch\nfrom pathlib import Path\nW = torch.load('weights.pt')\ndef score(images):\n"
    reads += f"    return {MEAN} * W * float(Path('later.txt').read_text())\n"
    wrote(folder, reads)(IMAGES)
    (folder / "ours.txt").write_text("")
    (folder / "ours.txt").read_text()
    assert undeclared(OwnDetectorSettings(score="guest:score")) == ["later.txt", "weights.pt"]
    assert undeclared(OwnDetectorSettings(score="guest:score", files=["weights.pt"])) == ["later.txt"]
    assert undeclared(OwnDetectorSettings(score="guest:score", files=["."])) == []


def test_a_descriptor_is_not_used_for_files_that_changed_since(folder, identity):
    (folder / "helper.py").write_text("")
    (folder / "guest.py").write_text("import helper\n" + SCORE)
    settings = OwnDetectorSettings(score="guest:score")
    made = identity.with_settings(own=settings.model_dump(mode="json"))
    made = made.model_copy(update={"inputs": {"data": "d1"} | digests()})
    write_json(folder / "detector.json", {}, made)
    load = partial(OwnDetector.load, folder / "detector.json", lambda: IMAGES, torch.device("cpu"))
    assert load().identity == made
    (folder / "helper.py").write_text("1")
    with pytest.raises(
        UserError, match=r"The module helper\.py changed since .*detector\.json was made: run"
    ):
        load()
