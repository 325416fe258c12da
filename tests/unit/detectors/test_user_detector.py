"""Detectors that are not ours: found by name, tried, and their files watched."""

import sys
from pathlib import Path

import pytest
import torch
from samples import unit_images

from cobra.artifacts.files import write_json
from cobra.attacks.inputs import score_of
from cobra.detectors.settings import OwnDetectorSettings, ScoreSettings
from cobra.detectors.user_detector import OwnDetector, own_score, require_score
from cobra.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
CPU = torch.device("cpu")
IMAGES = unit_images(5, side=8)
CODE = """
import torch

def brightness(images):
    return images.mean(dim=(1, 2, 3))

def fit(training):
    centre = training.mean(dim=0)
    return lambda images: (images - centre).abs().mean(dim=(1, 2, 3))

class Net(torch.nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(width)
        self.dropout = torch.nn.Dropout()

    def forward(self, images):
        return self.dropout(self.norm(images)).mean(dim=(1, 2, 3))

net = Net()

def fit_net(training):
    return Net()

class Scorer:
    def __init__(self, training=None):
        self.level = 0.25

    def score(self, images):
        return images.mean(dim=(1, 2, 3)) - self.level

class CallableScorer(Scorer):
    def __call__(self, images):
        raise RuntimeError("not meant to be called")

scorer, callable_scorer = Scorer(), CallableScorer()
number = 3

def fit_number(training):
    return 3

def fails(images):
    raise ValueError("no such weights")

def column(images):
    return brightness(images)[:, None]

def nan(images):
    return brightness(images) * float("nan")

def complex_numbers(images):
    return brightness(images) * 1j

def sparse(images):
    return brightness(images).to_sparse()

class Scripted(torch.nn.Module):
    def requires_grad_(self, wanted=True):
        raise RuntimeError("requires_grad_ is not supported on ScriptModules")

    def forward(self, images):
        return brightness(images)

scripted = Scripted()

def listed(images):
    return brightness(images).tolist()

def array(images):
    return brightness(images).detach().numpy()

def nothing(images):
    return None
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the user's module `mine` in it; nothing of it outlives the test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (tmp_path / "mine.py").write_text(CODE)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mine", "broken", "pack")]:
        del sys.modules[name]


def own(name, form="score", training=IMAGES):
    return own_score(OwnDetectorSettings(**{form: name}), lambda: training, CPU)


def brightness(images):
    return images.mean(dim=(1, 2, 3))


def test_a_function_is_found_in_the_working_folder_and_on_the_path(folder, monkeypatch):
    assert torch.equal(own("mine:brightness")(IMAGES), brightness(IMAGES))
    (folder / "far").mkdir()
    (folder / "mine.py").rename(folder / "far" / "mine.py")
    monkeypatch.delitem(sys.modules, "mine")
    with pytest.raises(UserError, match="cannot be imported"):
        own("mine:brightness")
    monkeypatch.syspath_prepend(folder / "far")
    assert torch.equal(own("mine:brightness")(IMAGES), brightness(IMAGES))


def test_a_score_is_made_from_the_training_images(folder):
    expected = (IMAGES - 0.5).abs().mean(dim=(1, 2, 3))
    training = torch.stack([torch.zeros_like(IMAGES[0]), torch.ones_like(IMAGES[0])])
    torch.testing.assert_close(own("mine:fit", "fit", training)(IMAGES), expected)


def test_training_images_are_not_loaded_for_a_score_that_is_ready(folder):
    def refused():
        raise AssertionError("loaded")

    score = own_score(OwnDetectorSettings(score="mine:brightness"), refused, CPU)
    assert torch.equal(score(IMAGES), brightness(IMAGES))


@pytest.mark.parametrize(("name", "form"), [("mine:net", "score"), ("mine:fit_net", "fit")])
def test_a_module_scores_in_evaluation_mode_with_a_gradient_for_images_alone(folder, name, form):
    score = own(name, form)
    assert torch.equal(score(IMAGES), score(IMAGES))  # no dropout
    alone = torch.cat([score(image[None]) for image in IMAGES])
    torch.testing.assert_close(score(IMAGES), alone)  # no batch norm of the batch
    assert not score(IMAGES).requires_grad
    assert score(IMAGES.clone().requires_grad_()).requires_grad


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("mine:scorer", "score"),
        ("mine:callable_scorer", "score"),
        ("mine:scorer.score", "score"),
        ("mine:Scorer", "fit"),
        ("mine:CallableScorer", "fit"),
    ],
)
def test_an_object_scores_by_its_method_score(folder, name, form):
    torch.testing.assert_close(own(name, form)(IMAGES), brightness(IMAGES) - 0.25)


def test_a_module_of_torchscript_scores(folder):
    torch.testing.assert_close(own("mine:scripted")(IMAGES), brightness(IMAGES))


@pytest.mark.parametrize(
    ("name", "form", "sentence"),
    [
        (
            "nowhere:f",
            "score",
            r"The module of nowhere:f cannot be imported \(ModuleNotFoundError: .*\): corr",
        ),
        ("pack.nowhere:f", "score", r"The module of pack\.nowhere:f cannot be imported"),
        ("broken:f", "score", r"The module of broken:f cannot be imported \(ZeroDivisionError: division by"),
        ("mine:missing", "score", "mine has no missing: name a function as package.module:function"),
        ("mine:scorer.missing", "score", r"mine has no scorer\.missing: name a function"),
        ("mine:number", "score", "mine:number gives a int where a function of images is needed"),
        ("mine:fit_number", "fit", "mine:fit_number gives a int where a function of images is needed"),
        ("mine:fails", "fit", r"mine:fails failed on images of shape \(5, 3, 8, 8\) \(ValueError: no such "),
    ],
)
def test_what_cannot_be_had_is_one_sentence(folder, name, form, sentence):
    (folder / "broken.py").write_text("1 / 0")
    with pytest.raises(UserError, match=sentence) as caught:
        own(name, form)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "fails",
            r"mine:fails failed on images of shape \(2, 3, 8, 8\) \(ValueError: no such weights\): corr",
        ),
        ("column", r"has the shape \(2, 1\) where \(2,\) is needed: return one number per image"),
        ("nan", "The score is not finite for some image"),
        *[(name, "gives complex numbers or a sparse tensor") for name in ("complex_numbers", "sparse")],
        *[(name, "number per image|tensor") for name in ("listed", "array", "nothing")],
    ],
)
def test_what_is_no_score_is_one_sentence(folder, name, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        require_score(own(f"mine:{name}"), IMAGES[:2])
    assert "\n" not in str(caught.value)


def test_a_sound_score_is_let_through(folder):
    require_score(own("mine:brightness"), IMAGES[:2])


def test_a_descriptor_makes_its_detector(folder, identity):
    settings = OwnDetectorSettings(fit="mine:fit")
    made = identity.with_settings(own=settings.model_dump(mode="json"))
    write_json(folder / "detector.json", {}, made)
    loaded = OwnDetector.load(folder / "detector.json", lambda: IMAGES, CPU)
    assert loaded.identity == made
    torch.testing.assert_close(loaded.score(IMAGES), own("mine:fit", "fit")(IMAGES))
    with pytest.raises(UserError, match="The masker tied is for detectors of ours: remove it"):
        score_of(loaded, ScoreSettings(masker="tied"))
    assert score_of(loaded, ScoreSettings()) is loaded.score


@pytest.mark.parametrize("settings", [{}, {"own": {}}, {"own": {"score": "a"}}, {"own": None}])
def test_a_descriptor_that_names_no_detector_is_refused(folder, identity, settings):
    write_json(folder / "detector.json", {}, identity.model_copy(update={"settings": settings}))
    with pytest.raises(UserError, match=r"names no detector: give a detector\.json that the workflow"):
        OwnDetector.load(folder / "detector.json", lambda: IMAGES, CPU)


# The worked example.
