import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import STRATEGIES, traits
from cobra.detectors.settings import ScoreSettings
from cobra.experiment.cost import Recorded, Work, attack_work, multiply_adds, predicted_seconds, training_work
from cobra.training.crafting.settings import CraftingSettings, FilterSettings
from cobra.training.networks.resnet import OUTLINES, ResNet
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import AdversarySettings, DetectorSettings, ObjectiveSettings, ScheduleSettings

MODEL = ModelSettings()
SPEEDS = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=6)


def recorded(*likeness, amount=1.0, seconds=1.0):
    """A job that ran."""
    return Recorded(Work(likeness, amount), seconds)


@pytest.mark.parametrize(("stem", "side"), [("low", 32), ("low", 17), ("high", 224), ("high", 100)])
@pytest.mark.parametrize("backbone", OUTLINES)
def test_multiply_adds_are_those_that_torch_counts(backbone, stem, side):
    with torch.device("meta"), FlopCounterMode(display=False) as counted:
        ResNet(backbone, 8, stem)(torch.zeros(1, 3, side, side))
    model = ModelSettings(backbone=backbone, width=8, stem=stem)
    assert multiply_adds(model, side) == counted.get_total_flops() / 2


@given(epochs=st.integers(10, 1000), images=st.integers(1, 10**6))
def test_a_training_is_as_much_work_as_it_has_epochs(epochs, images):
    one = training_work(DetectorSettings(schedule=ScheduleSettings(epochs=1, warmup_epochs=0)), images, 32)
    many = training_work(DetectorSettings(schedule=ScheduleSettings(epochs=epochs)), images, 32)
    assert many == pytest.approx(epochs * one)


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({}, 48),  # an image and its anomaly: 2 clean views, and 2 terms with a view and 10 gradients each
        ({"adversary": AdversarySettings(steps=1)}, 12),
        ({"adversary": AdversarySettings(enabled=False)}, 4),
        ({"adversary": AdversarySettings(terms=["contrastive"])}, 26),
        ({"objective": ObjectiveSettings(classification=False)}, 26),
        ({"objective": ObjectiveSettings(contrastive="none")}, 26),
        ({"adversary": AdversarySettings(terms=["contrastive", "classification", "group"])}, 70),
        ({"crafting": CraftingSettings(groups="rotations", filter=FilterSettings(enabled=False))}, 96),
    ],
    ids=[
        "defaults",
        "one step",
        "standard",
        "adversary on one term",
        "contrastive alone",
        "classification alone",
        "three attacks",
        "four groups",
    ],
)
def test_a_training_passes_so_many_images_through_the_network(changes, passes):
    settings = DetectorSettings(**changes)
    per_image = training_work(settings, 500, 32) / settings.schedule.epochs / 500
    assert per_image / multiply_adds(MODEL, 32) == pytest.approx(passes)


def test_a_small_training_set_is_repeated_and_a_large_one_is_not_cut():
    repeated = DetectorSettings(schedule=ScheduleSettings(images_per_epoch=1000))
    assert training_work(repeated, 10, 32) == training_work(DetectorSettings(), 1000, 32)
    assert training_work(repeated, 5000, 32) == training_work(DetectorSettings(), 5000, 32)


@given(steps=st.integers(1, 1000), restarts=st.integers(1, 20), images=st.integers(1, 10**5))
def test_an_attack_is_a_gradient_per_image_step_and_restart(steps, restarts, images):
    settings = AttackSettings(steps=steps, restarts=restarts)
    expected = images * steps * restarts * multiply_adds(MODEL, 32)
    assert attack_work(settings, MODEL, images, 32, ScoreSettings()) == pytest.approx(expected)


@pytest.mark.parametrize("kind", [kind for kind in STRATEGIES.names() if "gradient" not in traits(kind)])
def test_an_attack_without_gradients_takes_less(kind):
    without, gradient = (AttackSettings(kind=kind, steps=9) for kind in (kind, "pgd"))
    assert (
        0
        < attack_work(without, MODEL, 5, 32, ScoreSettings())
        < attack_work(gradient, MODEL, 5, 32, ScoreSettings())
    )


def test_the_jobs_most_alike_are_asked():
    jobs = [
        recorded("train", "digits", "cobra", seconds=1),
        recorded("train", "digits", "standard", seconds=10),
        recorded("train", "mnist", "cobra", seconds=100),
        recorded("attack", "digits", "cobra", seconds=1000),
    ]
    assert predicted_seconds(Work(("train", "digits", "cobra"), 2), jobs) == 2
    assert predicted_seconds(Work(("train", "digits", "other"), 2), jobs) == 11  # median of 1 and 10
    assert predicted_seconds(Work(("train", "visa", "cobra"), 2), jobs) == 20  # of 1, 10 and 100
    assert predicted_seconds(Work(("sweep", "digits", "cobra"), 2), jobs) is None
    assert predicted_seconds(Work(("train",), 2), []) is None


@given(SPEEDS, st.floats(1e-3, 1e3))
def test_a_prediction_lies_between_the_speeds_that_were_recorded(speeds, amount):
    jobs = [recorded("train", amount=k + 1, seconds=speed * (k + 1)) for k, speed in enumerate(speeds)]
    seconds = predicted_seconds(Work(("train",), amount), jobs)
    assert min(speeds) * amount * 0.999 <= seconds <= max(speeds) * amount * 1.001
    assert predicted_seconds(Work(("train",), amount), jobs[::-1]) == seconds
    assert predicted_seconds(Work(("train",), 2 * amount), jobs) == pytest.approx(2 * seconds)


@given(SPEEDS)
def test_one_slow_job_among_many_does_not_spoil_a_prediction(speeds):
    jobs = [recorded("train", seconds=1.0) for _ in range(2 * len(speeds) + 1)]
    jobs += [recorded("train", seconds=speed) for speed in speeds]
    assert predicted_seconds(Work(("train",), 1), jobs) == 1


def test_a_score_over_groups_and_augmentations_is_so_many_passes():
    attack, score = AttackSettings(), ScoreSettings(kind="ensemble", augmentations=3)
    once = attack_work(attack, MODEL, 5, 32, ScoreSettings())
    assert attack_work(attack, MODEL, 5, 32, score, groups=4) == 12 * once
    assert attack_work(attack, MODEL, 5, 32, score, groups=2) == 6 * once
