"""What other seeds might have given: a mean's variance over them, and how sure few seeds make it."""

import math

import numpy as np
import pytest
from scipy import stats

from cobra.metrics import Estimate, difference, mean_estimate


def test_seeds_add_student_s_deviations():
    # known exactly but for the seeds: t of 2 degrees of freedom, quartiles +-0.816; tolerance 3 %
    values = [50.0, 60.0, 90.0]
    estimates = [Estimate(value, np.full(50_000, value)) for value in values]
    assert np.ptp(mean_estimate(estimates).resampled) == pytest.approx(0, abs=1e-9)
    mean = mean_estimate(estimates, redrawn=True)
    error = np.std(values, ddof=1) / math.sqrt(3)
    low, high = mean.interval(0.5)
    assert (high - low) / 2 == pytest.approx(0.8165 * error, rel=0.03)
    assert np.median(mean.resampled) == pytest.approx(np.mean(values), abs=0.5)
    np.testing.assert_array_equal(mean_estimate(estimates, redrawn=True).resampled, mean.resampled)


def test_two_samples_of_seeds_are_compared_as_by_welch():
    """scipy's interval of Welch (1938), whose degrees of freedom are Satterthwaite's; tolerance 3 %."""
    samples = [np.array([50.0, 60.0, 90.0]), np.array([40.0, 42.0, 41.0, 45.0])]
    means = [
        mean_estimate([Estimate(value, np.full(50_000, value)) for value in values], redrawn=True)
        for values in samples
    ]
    expected = stats.ttest_ind(*samples, equal_var=False).confidence_interval(0.9)
    low, high = difference(*means).interval(0.9)
    assert high - low == pytest.approx(expected.high - expected.low, rel=0.03)
    assert (low + high) / 2 == pytest.approx(samples[0].mean() - samples[1].mean(), abs=0.5)


@pytest.mark.parametrize("seeds", [2, 3])
def test_the_mean_of_many_classes_is_surer_than_each_of_its_few_seeds(seeds):
    # ten classes known exactly but for their seeds, 400 tables; standard error of the coverage 1.1 %
    random = np.random.default_rng(0)
    truth = random.uniform(40, 60, size=10)
    held, widths = [], []
    for _ in range(400):
        found = truth[:, None] + 4 * random.standard_normal((10, seeds))
        classes = [
            mean_estimate([Estimate(value, np.full(2000, value)) for value in row], redrawn=True)
            for row in found
        ]
        low, high = mean_estimate(classes).interval(0.95)
        held.append(low <= truth.mean() <= high)
        widths.append(high - low)
    assert 0.92 <= np.mean(held) <= 0.98
    errors = np.median(widths) / 2 / (4 / math.sqrt(10 * seeds))
    assert 1.9 < errors < 2.8  # standard errors, where a class's own interval takes 12.7 or 4.3


def test_an_interval_stays_where_figures_can_be():
    figures = [Estimate(value, np.full(2000, value)) for value in (2.0, 40.0)]
    assert mean_estimate(figures, redrawn=True).interval(0.95) == (0, 100)
    low, high = difference(mean_estimate(figures, redrawn=True), Estimate(50, np.full(2000, 50.0))).interval(
        0.95
    )
    assert (low, high) == (-100, 100)
