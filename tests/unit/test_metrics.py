import itertools
import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from cobra.metrics import Estimate, auroc, estimate_accuracy, estimate_auroc, fixed, mean_estimate

RANDOM = np.random.default_rng(0)


def sample(normal, anomalous, shift=1.0):
    scores = np.concatenate([RANDOM.standard_normal(normal), RANDOM.standard_normal(anomalous) + shift])
    return scores.astype(np.float32), np.arange(normal + anomalous) >= normal


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([1, 2, 3, 4], 100), ([3, 4, 1, 2], 0), ([1, 1, 1, 1], 50), ([1, 3, 2, 4], 75), ([1, 2, 2, 3], 87.5)],
)
def test_auroc_is_the_share_of_pairs_in_order(scores, expected):
    is_anomaly = np.array([False, False, True, True])
    assert auroc(np.array(scores, dtype=np.float32), is_anomaly) == pytest.approx(expected)


def test_estimate_holds_the_value_within_its_interval():
    estimate = estimate_auroc(*sample(50, 60), resamples=2000, name="a")
    low, high = estimate.interval(0.95)
    assert low < estimate.value < high
    assert estimate.resampled.mean() == pytest.approx(estimate.value, abs=0.5)
    narrow = estimate.interval(0.5)
    assert low < narrow[0] < narrow[1] < high


def test_resampled_values_are_aurocs_of_images_drawn_anew():
    # two images a group: every resample is one of 4 x 4 pairs of draws, each equally likely
    scores, is_anomaly = np.array([0, 2, 1, 3], dtype=np.float32), np.array([False, False, True, True])
    expected = [
        auroc(np.array([*normal, *anomalous]), is_anomaly)
        for normal in itertools.product(scores[:2], repeat=2)
        for anomalous in itertools.product(scores[2:], repeat=2)
    ]
    drawn = estimate_auroc(scores, is_anomaly, resamples=20_000, name="a").resampled
    for value in set(expected):
        share = expected.count(value) / 16
        assert abs((np.abs(drawn - value) < 1e-3).mean() - share) < 5 * math.sqrt(
            share * (1 - share) / 20_000
        )


def test_spread_is_that_of_hanley_and_mcneil():
    # their standard error for normal scores; 8 %: the bootstrap's own error and that of one sample
    normal, anomalous = 300, 300
    spread = np.mean(
        [estimate_auroc(*sample(normal, anomalous), 1000, str(i)).resampled.std() for i in range(20)]
    )
    area = 0.5 * (1 + math.erf(1 / 2))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (anomalous - 1) * (q1 - area**2) + (normal - 1) * (q2 - area**2)
    assert spread == pytest.approx(100 * math.sqrt(variance / (normal * anomalous)), rel=0.08)


def test_more_images_give_a_narrower_interval():
    widths = [np.ptp(estimate_auroc(*sample(n, n), 1000, "a").interval(0.95)) for n in (20, 200, 2000)]
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_draws_depend_on_the_name_alone():
    data = sample(20, 20)
    np.random.seed(1)  # noqa: NPY002 -- shows that the global state is not read
    first = estimate_auroc(*data, 200, "a").resampled
    np.testing.assert_array_equal(estimate_auroc(*data, 200, "a").resampled, first)
    assert (estimate_auroc(*data, 200, "b").resampled != first).any()


def test_a_perfect_detector_has_no_spread():
    scores, is_anomaly = np.arange(10, dtype=np.float32), np.arange(10) >= 4
    assert estimate_auroc(scores, is_anomaly, 100, "a").interval(0.95) == pytest.approx((100, 100))


def test_mean_estimate_is_the_mean_of_values_and_of_resamples():
    mean = mean_estimate([Estimate(90, np.array([80.0, 100])), Estimate(70, np.array([60.0, 70]))])
    assert mean.value == 80
    assert mean.resampled.tolist() == [70, 85]


def test_the_mean_of_independent_estimates_is_surer_than_each():
    # sqrt(1/4) of the spread; tolerance 15 % for 1000 resamples
    estimates = [estimate_auroc(*sample(100, 100), 1000, name) for name in "abcd"]
    single = np.mean([estimate.resampled.std() for estimate in estimates])
    assert mean_estimate(estimates).resampled.std() == pytest.approx(single / 2, rel=0.15)


def test_what_is_drawn_anew_adds_its_own_spread():
    # k values known exactly: the spread of a mean of k draws with replacement is theirs over sqrt(k); 3 %
    values = [50.0, 60.0, 90.0]
    estimates = [Estimate(value, np.full(20_000, value)) for value in values]
    assert np.ptp(mean_estimate(estimates).resampled) == pytest.approx(0, abs=1e-9)
    drawn = mean_estimate(estimates, "seeds").resampled
    assert drawn.std() == pytest.approx(np.std(values) / math.sqrt(3), rel=0.03)
    assert drawn.mean() == pytest.approx(np.mean(values), abs=0.3)
    assert set(np.round(drawn[:200], 6)) <= {
        round(sum(draw) / 3, 6) for draw in itertools.product(values, repeat=3)
    }
    np.testing.assert_array_equal(mean_estimate(estimates, "seeds").resampled, drawn)


def test_a_single_one_drawn_anew_is_itself():
    estimate = estimate_auroc(*sample(20, 20), 200, "a")
    np.testing.assert_allclose(mean_estimate([estimate], "seeds").resampled, estimate.resampled)


def test_a_fixed_figure_has_no_interval():
    assert fixed(Estimate(80, np.array([70.0, 90]))).interval(0.95) == (80, 80)


def test_accuracy_is_balanced_over_the_groups():
    is_anomaly = np.arange(10) >= 4
    right = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0], dtype=bool)
    estimate = estimate_accuracy(right, is_anomaly, 1000, "a")
    assert estimate.value == pytest.approx(50 * (3 / 4 + 1 / 6))
    taken_for_anomalies = np.where(right, is_anomaly, ~is_anomaly)
    assert estimate.value == pytest.approx(100 * balanced_accuracy_score(is_anomaly, taken_for_anomalies))
    again, other = (estimate_accuracy(right, is_anomaly, 1000, name) for name in "ab")
    np.testing.assert_array_equal(again.resampled, estimate.resampled)
    assert (other.resampled != estimate.resampled).any()


def test_an_accuracy_s_spread_is_that_of_two_binomial_shares():
    # 2 % of 20,000 resamples; each group's images are drawn anew in its number
    is_anomaly = np.arange(500) >= 200
    right = np.arange(500) % 5 > 0
    estimate = estimate_accuracy(right, is_anomaly, 20_000, "a")
    expected = 50 * math.sqrt(0.8 * 0.2 / 200 + 0.8 * 0.2 / 300)
    assert estimate.resampled.std() == pytest.approx(expected, rel=0.02)
    assert estimate.resampled.mean() == pytest.approx(80, abs=0.1)


@pytest.mark.parametrize("share", [0, 1])
def test_an_accuracy_without_or_full_of_errors_has_no_spread(share):
    is_anomaly = np.arange(10) >= 4
    estimate = estimate_accuracy(np.full(10, bool(share)), is_anomaly, 100, "a")
    assert estimate.interval(0.95) == (100 * share, 100 * share)
