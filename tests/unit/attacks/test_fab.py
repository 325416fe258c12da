"""FAB: the least change that takes an image across a threshold."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from samples import linear_score, restart_of, unit_images, wavy
from scipy.optimize import linprog

from cobra.attacks.fab import cross_threshold, distance, fab, operating_threshold, to_hyperplane
from cobra.attacks.settings import AttackSettings

IMAGES = unit_images(8, side=6)
IS_ANOMALY = torch.tensor([False, True, False, True, True, False, False, False])
DIRECTION = torch.where(IS_ANOMALY, -1.0, 1.0)
SETTINGS = AttackSettings(kind="fab", steps=30, restarts=1)
linear, WEIGHTS = linear_score((3, 6, 6))


def crossed(score, threshold, settings=SETTINGS, trace=None, images=IMAGES):
    trace = torch.full((8, settings.restarts, 1), torch.nan) if trace is None else trace
    columns = cross_threshold(
        score, images, IS_ANOMALY, settings, threshold,
        image_ids=torch.arange(8), seed=0, trace=trace, on_restart=lambda: None,
    )  # fmt: skip
    assert torch.equal(columns["threshold"], torch.full((8,), threshold))
    return columns["radius"]


def least_radius(weights, image, rise):
    """Bisection for the least r at which moving every pixel by r, within the box, gains `rise`."""
    weights, image = weights.double(), image.double()
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        gain = (weights * ((image + middle * weights.sign()).clamp(0, 1) - image)).sum()
        low, high = (low, middle) if gain >= rise else (middle, high)
    return high


@given(seed=st.integers(0, 2**32), share=st.floats(0.01, 0.99), up=st.booleans())
def test_the_change_to_a_hyperplane_is_the_shortest_there_is(seed, share, up):
    image, gradient = unit_images(1, side=3, seed=seed), unit_images(1, side=3, seed=seed + 1) - 0.5
    gradient[0, 0, 1] = 0  # pixels without influence
    way = gradient.sign() if up else -gradient.sign()
    most = (gradient * (torch.where(way > 0, 1.0, 0.0) - image)).sum().abs()
    rise = (share * most if up else -share * most)[None]
    change = to_hyperplane(image, gradient, rise)
    assert (image + change).min() >= -1e-7
    assert (image + change).max() <= 1 + 1e-7
    torch.testing.assert_close((gradient * change).sum()[None], rise, rtol=1e-4, atol=1e-5)
    assert change.abs().max().item() == pytest.approx(
        by_linear_programme(image, gradient, rise), rel=1e-3, abs=1e-5
    )


def by_linear_programme(image, gradient, rise):
    """The least r with |z| <= r, 0 <= x + z <= 1 and <gradient, z> = rise, over (z, r)."""
    x, slopes = image.flatten().double(), gradient.flatten().double()
    eye, ones = torch.eye(len(x)).double(), torch.ones(len(x), 1).double()
    found = linprog(
        c=[0.0] * len(x) + [1.0],
        A_ub=torch.cat([torch.cat([eye, -ones], dim=1), torch.cat([-eye, -ones], dim=1)]).numpy(),
        b_ub=[0.0] * 2 * len(x),
        A_eq=[[*slopes.tolist(), 0.0]],
        b_eq=[rise.item()],
        bounds=[(-value, 1 - value) for value in x.tolist()] + [(0, None)],
    )
    assert found.success
    return found.fun


def test_where_the_box_is_too_small_every_pixel_goes_to_its_end():
    gradient = unit_images(8, side=6, seed=1) - 0.5
    for rise, way in ((1e4, gradient.sign()), (-1e4, -gradient.sign())):
        moved = IMAGES + to_hyperplane(IMAGES, gradient, torch.full((8,), rise))
        torch.testing.assert_close(moved, torch.where(way > 0, 1.0, 0.0), rtol=0, atol=1e-6)


def test_no_rise_and_no_gradient_move_nothing():
    gradient = unit_images(8, side=6, seed=1) - 0.5
    assert not to_hyperplane(IMAGES, gradient, torch.zeros(8)).any()
    assert not to_hyperplane(IMAGES, torch.zeros_like(IMAGES), torch.ones(8)).any()


def exact_radii(images, threshold):
    """L-inf distances to the threshold of the linear score, 0 across it."""
    rises = DIRECTION * (threshold - linear(images))
    found = [
        0.0 if rise < 0 else least_radius(direction * WEIGHTS, image, rise)
        for image, direction, rise in zip(images, DIRECTION, rises.double(), strict=True)
    ]
    return torch.tensor(found, dtype=torch.float32)


@pytest.mark.parametrize("restarts", [1, 3])
@pytest.mark.parametrize("shift", [-2.0, -0.5, 0.0, 1.0])
def test_the_radius_under_a_linear_score_is_the_exact_distance(shift, restarts):
    images = 0.3 + 0.4 * IMAGES  # far from the box
    threshold = float(linear(images).mean()) + shift
    found = crossed(linear, threshold, SETTINGS.model_copy(update={"restarts": restarts}), images=images)
    exact = exact_radii(images, threshold)
    torch.testing.assert_close(found, exact, rtol=1e-3, atol=1e-6)
    assert (found >= exact * (1 - 1e-4)).all()


@pytest.mark.parametrize("shift", [-8.0, -4.0, -1.0, 1.0, 4.0])
def test_the_radius_within_the_box_is_the_exact_distance_up_to_the_overshoot(shift):
    # the last step overshoots a little, which the bisection takes back for all but the pixels at their ends
    threshold = float(linear(IMAGES).mean()) + shift
    found, exact = crossed(linear, threshold), exact_radii(IMAGES, threshold)
    torch.testing.assert_close(found, exact, rtol=2e-3, atol=1e-6)
    assert (found >= exact * (1 - 1e-4)).all()


@pytest.mark.parametrize("restart", [0, 1])
@pytest.mark.parametrize("threshold", [-3.0, 0.0, 3.0])
def test_the_radius_is_that_of_an_image_that_was_seen_across(threshold, restart):
    seen = []

    def score(images):
        assert images.min() >= 0
        assert images.max() <= 1
        values = wavy(images)
        across = DIRECTION * (values.detach() - threshold) > 0
        seen.append(torch.where(across, distance(images.detach(), IMAGES), torch.inf))
        return values

    clean = DIRECTION * wavy(IMAGES)
    earlier = torch.full((8, restart), 0.1)
    chosen = restart_of(
        score, IMAGES, SETTINGS, direction=DIRECTION, clean=clean, number=restart, earlier=earlier
    )
    radius = fab(chosen, threshold)
    already = clean > DIRECTION * threshold
    assert torch.equal(radius == 0, already)
    nearest = torch.stack(seen).amin(dim=0)
    torch.testing.assert_close(radius[~already], nearest[~already], rtol=0, atol=1e-6)
    assert radius.isfinite().all()


@pytest.mark.parametrize(
    ("earlier", "reach"), [([], 0.0), ([0.2], 0.1), ([0.2, 0.04], 0.02), ([torch.inf], 0.5), ([0.0], 0.0)]
)
def test_later_restarts_begin_within_half_of_the_least_radius_so_far(earlier, reach):
    seen = []

    def score(images):
        seen.append(images.detach())
        return wavy(images)

    images = torch.full((8, 3, 6, 6), 0.5)
    known = torch.tensor(earlier).expand(8, -1)
    fab(restart_of(score, images, SETTINGS, number=len(earlier), earlier=known), 0.0)
    moved = seen[0] - images
    assert moved.abs().max() <= reach * (1 + 1e-6)
    assert moved.std().item() == pytest.approx(reach / 3**0.5, rel=0.1, abs=1e-9)  # uniform


@pytest.mark.parametrize("restarts", [1, 2])
def test_the_image_that_sets_the_threshold_is_next_to_it(restarts):
    # its score is the threshold, to the last bit: any rise takes it across
    settings = SETTINGS.model_copy(update={"restarts": restarts})
    threshold = operating_threshold(linear(IMAGES), IS_ANOMALY, settings)
    (own,) = torch.nonzero(linear(IMAGES) == threshold)[0]
    assert not IS_ANOMALY[own]
    assert crossed(linear, threshold, settings)[own] < 1e-4


def test_an_image_that_cannot_be_brought_across_has_no_radius():
    found = crossed(linear, 1e4)
    assert torch.equal(found, torch.where(IS_ANOMALY, 0.0, torch.inf))


@pytest.mark.parametrize("target", ["normal", "anomalies"])
def test_only_targets_have_a_radius(target):
    both, one = crossed(wavy, 0.0), crossed(wavy, 0.0, SETTINGS.model_copy(update={"target": target}))
    chosen = IS_ANOMALY if target == "anomalies" else ~IS_ANOMALY
    assert torch.equal(one, torch.where(chosen, both, torch.inf))


def test_later_restarts_change_no_earlier_one_and_never_raise_the_radius():
    settings = SETTINGS.model_copy(update={"restarts": 4, "steps": 5})
    trace = torch.full((8, 4, 1), torch.nan)
    radius = crossed(wavy, 0.0, settings, trace)
    assert torch.equal(radius, trace[:, :, 0].amin(dim=1))
    for restarts in (1, 2, 3):
        fewer = crossed(wavy, 0.0, settings.model_copy(update={"restarts": restarts}))
        assert torch.equal(fewer, trace[:, :restarts, 0].amin(dim=1))
        assert (fewer >= radius).all()


def test_later_restarts_find_what_the_first_ones_gradient_leads_away_from():
    images = torch.full((20, 1, 1, 1), 0.5)

    def score(x):  # 0.02 is reached at 0.7, whither the slope at 0.5 leads, and at 0.446
        return torch.maximum(0.1 * (x - 0.5), 5 * (0.45 - x)).flatten()

    columns = cross_threshold(
        score, images, torch.zeros(20).bool(), SETTINGS.model_copy(update={"restarts": 6}), 0.02,
        image_ids=torch.arange(20), seed=0, trace=(trace := torch.full((20, 6, 1), torch.nan)),
        on_restart=lambda: None,
    )  # fmt: skip
    torch.testing.assert_close(trace[:, 0, 0], torch.full((20,), 0.2), rtol=1e-3, atol=0)
    near = columns["radius"] < 0.1
    assert near.sum() > 10
    torch.testing.assert_close(columns["radius"], torch.where(near, 0.054, 0.2), rtol=1e-3, atol=0)


@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_a_resumed_attack_equals_an_uninterrupted_one(done):
    settings = SETTINGS.model_copy(update={"restarts": 4, "steps": 5})
    trace = torch.full((8, 4, 1), torch.nan)
    whole = crossed(wavy, 0.0, settings, trace)
    begun = torch.full((8, 4, 1), torch.nan)
    begun[:, :done] = trace[:, :done]
    assert torch.equal(crossed(wavy, 0.0, settings, begun), whole)
    assert torch.equal(begun, trace)


@given(
    scores=st.lists(st.integers(-3, 3) | st.floats(-3, 3, width=32), min_size=1, max_size=60),
    alarms=st.sampled_from([0.01, 0.05, 0.1, 0.25, 0.29, 0.5, 0.57, 0.95]),
)
def test_operating_threshold_is_the_least_with_no_more_false_alarms_than_allowed(scores, alarms):
    clean = torch.tensor([*scores, 100.0, -100.0])
    is_anomaly = torch.tensor([False] * len(scores) + [True] * 2)
    threshold = operating_threshold(clean, is_anomaly, AttackSettings(false_alarms=alarms))
    normal = clean[~is_anomaly]
    allowed = [
        value
        for value in normal.tolist()
        if round(alarms * 100) * len(scores) >= 100 * (normal > value).sum()
    ]
    assert threshold == min(allowed)


@pytest.mark.parametrize(
    ("count", "alarms", "above"), [(20, 0.05, 1), (19, 0.05, 0), (100, 0.29, 29), (100, 0.57, 57)]
)
def test_operating_threshold_counts_whole_shares_exactly(count, alarms, above):
    normal = torch.arange(count, dtype=torch.float32)
    threshold = operating_threshold(normal, torch.zeros(count).bool(), AttackSettings(false_alarms=alarms))
    assert (normal > threshold).sum() == above
