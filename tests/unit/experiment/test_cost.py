import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import STRATEGIES, traits
from cobra.detectors.settings import ScoreSettings
from cobra.experiment.cost import (
    Estimate,
    Passes,
    Recorded,
    Size,
    Work,
    attack_work,
    predicted_seconds,
    seconds_at,
    training_work,
)
from cobra.training.crafting.settings import CraftingSettings, FilterSettings
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import AdversarySettings, DetectorSettings, ObjectiveSettings, ScheduleSettings

MODEL = ModelSettings()
SPEEDS = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=6)


SIZE = Size(MODEL, 32, "fp32")


def work(*likeness, amount=1.0):
    return Work(likeness, Passes(amount, SIZE))


def recorded(*likeness, amount=1.0, seconds=1.0):
    """A job that ran."""
    return Recorded(work(*likeness, amount=amount), seconds)


def passes_of(settings, images):
    ascent, weights = training_work(settings, images, 32)
    return ascent.count, weights.count


@given(epochs=st.integers(10, 1000), images=st.integers(1, 10**6))
def test_a_training_is_as_much_work_as_it_has_epochs(epochs, images):
    one = passes_of(DetectorSettings(schedule=ScheduleSettings(epochs=1, warmup_epochs=0)), images)
    many = passes_of(DetectorSettings(schedule=ScheduleSettings(epochs=epochs)), images)
    assert many == tuple(pytest.approx(epochs * passes) for passes in one)


def counted_step(settings):
    """The passes of one image in a step, counted as the training makes them."""
    ascent = weights = 0
    for _ in range(settings.crafting.count):  # the image and what is crafted from it
        for _ in ("a view", "another"):
            weights += 1
        for _ in settings.attacked if settings.adversary.enabled else ():
            for _ in range(settings.adversary.steps):
                ascent += 1
            weights += 1
    return ascent, weights


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
    ascent, weights = (count / settings.schedule.epochs / 500 for count in passes_of(settings, 500))
    assert ascent + weights == pytest.approx(passes)
    assert (ascent, weights) == counted_step(settings)


def test_passes_of_a_training_are_in_the_formats_that_its_settings_name():
    settings = DetectorSettings(
        adversary=AdversarySettings(precision="bf16"), schedule=ScheduleSettings(batch_size=7, recompute=True)
    )
    ascent, weights = training_work(settings, 10, 32)
    assert ascent.size == Size(MODEL, 32, "bf16", 7)
    assert weights.size == Size(MODEL, 32, "fp32", 7, recompute=True)


def test_a_small_training_set_is_repeated_and_a_large_one_is_not_cut():
    repeated = DetectorSettings(schedule=ScheduleSettings(images_per_epoch=1000))
    assert passes_of(repeated, 10) == passes_of(DetectorSettings(), 1000)
    assert passes_of(repeated, 5000) == passes_of(DetectorSettings(), 5000)


@given(steps=st.integers(1, 1000), restarts=st.integers(1, 20), images=st.integers(1, 10**5))
def test_an_attack_is_a_gradient_per_image_step_and_restart(steps, restarts, images):
    settings = AttackSettings(steps=steps, restarts=restarts)
    found = attack_work(settings, MODEL, images, 32, ScoreSettings())
    assert found == Passes(images * steps * restarts, SIZE)


@pytest.mark.parametrize("kind", [kind for kind in STRATEGIES.names() if "gradient" not in traits(kind)])
def test_an_attack_without_gradients_takes_less(kind):
    without, gradient = (AttackSettings(kind=kind, steps=9) for kind in (kind, "pgd"))
    assert (
        0
        < attack_work(without, MODEL, 5, 32, ScoreSettings()).count
        < attack_work(gradient, MODEL, 5, 32, ScoreSettings()).count
    )


def test_the_jobs_most_alike_are_asked():
    jobs = [
        recorded("train", "digits", "cobra", seconds=1),
        recorded("train", "digits", "standard", seconds=10),
        recorded("train", "mnist", "cobra", seconds=100),
        recorded("attack", "digits", "cobra", seconds=1000),
    ]
    assert predicted_seconds(work("train", "digits", "cobra", amount=2), jobs) == Estimate(2, 2, 2)
    assert predicted_seconds(work("train", "digits", "other", amount=2), jobs) == Estimate(2, 11, 20)
    assert predicted_seconds(work("train", "visa", "cobra", amount=2), jobs) == Estimate(2, 20, 200)
    assert predicted_seconds(work("sweep", "digits", "cobra"), jobs) is None
    assert predicted_seconds(work("train"), []) is None


@given(SPEEDS, st.floats(1e-3, 1e3))
def test_a_prediction_lies_between_the_speeds_that_were_recorded(speeds, amount):
    jobs = [recorded("train", amount=k + 1, seconds=speed * (k + 1)) for k, speed in enumerate(speeds)]
    found = predicted_seconds(work("train", amount=amount), jobs)
    assert found.low == pytest.approx(min(speeds) * amount)
    assert found.high == pytest.approx(max(speeds) * amount)
    assert found.low <= found.typical <= found.high
    assert predicted_seconds(work("train", amount=amount), jobs[::-1]) == found
    assert predicted_seconds(work("train", amount=2 * amount), jobs).typical == pytest.approx(
        2 * found.typical
    )


@given(SPEEDS)
def test_one_slow_job_among_many_does_not_spoil_a_prediction(speeds):
    jobs = [recorded("train", seconds=1.0) for _ in range(2 * len(speeds) + 1)]
    jobs += [recorded("train", seconds=speed) for speed in speeds]
    assert predicted_seconds(work("train"), jobs).typical == 1


def test_a_score_over_groups_and_augmentations_is_so_many_passes():
    attack, score = AttackSettings(), ScoreSettings(kind="ensemble", augmentations=3)
    once = attack_work(attack, MODEL, 5, 32, ScoreSettings())
    assert attack_work(attack, MODEL, 5, 32, score, groups=4).count == 12 * once.count
    assert attack_work(attack, MODEL, 5, 32, score, groups=2).count == 6 * once.count


class Speeds:
    """A second per gradient at 32 pixels, two at 64, and five times that for the weights."""

    source = "a test"

    def of_images(self, size):
        return Estimate(0.5, 1, 2).times(size.side / 32)

    def of_weights(self, size):
        return self.of_images(size).times(5)


def test_a_job_takes_the_seconds_of_its_passes():
    job = Work((), Passes(10, SIZE), Passes(3, SIZE._replace(side=64)))
    found = seconds_at(Speeds(), job)
    expected = sum(1 for _ in range(10)) + sum(5 * 2 for _ in range(3))
    assert (found.low, found.typical, found.high) == (expected / 2, expected, 2 * expected)
    assert seconds_at(Speeds(), Work(())) == Estimate(0, 0, 0)
