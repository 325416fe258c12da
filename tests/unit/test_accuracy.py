"""Balanced accuracy, and its draws."""

import math

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import balanced_accuracy_score

from cobra.metrics import estimate_accuracy


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
    assert estimate.resampled.mean() == pytest.approx(80, abs=0.2)  # Jeffreys draws lean to 50


def test_an_accuracy_without_errors_has_jeffreys_interval():
    # Beta(n + 1/2, 1/2) per group; one group of 400, one so large that it hardly varies
    is_anomaly = np.arange(40_400) >= 400
    low, high = estimate_accuracy(np.full(40_400, True), is_anomaly, 20_000, "a").interval(0.95)
    assert 50 + 50 * beta.ppf(0.025, 400.5, 0.5) == pytest.approx(low, abs=0.03)
    assert high == pytest.approx(100, abs=0.01)
