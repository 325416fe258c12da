import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from cobra.metrics import (
    Estimate,
    auroc,
    difference,
    estimate_auroc,
    fixed,
    holm,
    mean_estimate,
    placements,
)

RANDOM = np.random.default_rng(0)


def sample(normal, anomalous, shift=1.0):
    scores = np.concatenate([RANDOM.standard_normal(normal), RANDOM.standard_normal(anomalous) + shift])
    return scores.astype(np.float32), np.arange(normal + anomalous) >= normal


def estimated(scores, is_anomaly, resamples=1000, name="a", ids=None):
    return estimate_auroc(scores, is_anomaly, np.arange(len(scores)) if ids is None else ids, resamples, name)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([1, 2, 3, 4], 100), ([3, 4, 1, 2], 0), ([1, 1, 1, 1], 50), ([1, 3, 2, 4], 75), ([1, 2, 2, 3], 87.5)],
)
def test_auroc_is_the_share_of_pairs_in_order(scores, expected):
    is_anomaly = np.array([False, False, True, True])
    assert auroc(np.array(scores, dtype=np.float32), is_anomaly) == pytest.approx(expected)


def test_auroc_is_that_of_scikit_learn_with_ties():
    for _ in range(20):
        scores, is_anomaly = RANDOM.integers(0, 9, size=70) / 8, RANDOM.random(70) < 0.4
        assert auroc(scores, is_anomaly) == pytest.approx(100 * roc_auc_score(is_anomaly, scores), abs=1e-9)


@pytest.mark.parametrize(
    ("scores", "is_anomaly"),
    [([1, np.nan], [0, 1]), ([1, np.inf], [0, 1]), ([1, 2], [0, 0]), ([1, 2], [1, 1])],
)
def test_scores_that_have_no_auroc_are_refused(scores, is_anomaly):
    with pytest.raises(ValueError, match="finite scores of normal and of anomalous images"):
        auroc(np.array(scores), np.array(is_anomaly, dtype=bool))


def test_estimate_holds_the_value_within_its_interval():
    estimate = estimated(*sample(50, 60), 2000)
    low, high = estimate.interval(0.95)
    assert low < estimate.value < high
    assert estimate.resampled.mean() == pytest.approx(estimate.value, abs=0.5)
    narrow = estimate.interval(0.5)
    assert low < narrow[0] < narrow[1] < high


def test_spread_is_that_of_hanley_and_mcneil():
    # their standard error for normal scores; 8 %: the bootstrap's own error and that of one sample
    normal, anomalous = 300, 300
    spread = np.mean([estimated(*sample(normal, anomalous), 1000, str(i)).resampled.std() for i in range(20)])
    area = 0.5 * (1 + math.erf(1 / 2))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (anomalous - 1) * (q1 - area**2) + (normal - 1) * (q2 - area**2)
    assert spread == pytest.approx(100 * math.sqrt(variance / (normal * anomalous)), rel=0.08)


def test_more_images_give_a_narrower_interval():
    widths = [np.ptp(estimated(*sample(n, n)).interval(0.95)) for n in (20, 200, 2000)]
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_draws_depend_on_the_name_alone():
    data = sample(20, 20)
    np.random.seed(1)  # noqa: NPY002 -- shows that the global state is not read
    first = estimated(*data, 200, "a").resampled
    np.testing.assert_array_equal(estimated(*data, 200, "a").resampled, first)
    assert (estimated(*data, 200, "b").resampled != first).any()


def test_mean_estimate_is_the_mean_of_values_and_of_resamples():
    mean = mean_estimate([Estimate(90, np.array([80.0, 100])), Estimate(70, np.array([60.0, 70]))])
    assert mean.value == 80
    assert mean.resampled.tolist() == [70, 85]


def test_the_mean_of_independent_estimates_is_surer_than_each():
    # sqrt(1/4) of the spread; tolerance 15 % for 1000 resamples
    estimates = [estimated(*sample(100, 100), 1000, name) for name in "abcd"]
    single = np.mean([estimate.resampled.std() for estimate in estimates])
    assert mean_estimate(estimates).resampled.std() == pytest.approx(single / 2, rel=0.15)


def test_a_single_one_drawn_anew_is_itself():
    estimate = estimated(*sample(20, 20), 200, "a")
    np.testing.assert_allclose(mean_estimate([estimate], redrawn=True).resampled, estimate.resampled)


def test_a_fixed_figure_has_no_interval():
    assert fixed(Estimate(80, np.array([70.0, 90]))).interval(0.95) == (80, 80)


def test_placements_are_shares_of_the_other_group_outranked():
    scores, is_anomaly = np.array([1, 2, 2, 3, 2, 5]), np.array([0, 0, 0, 1, 1, 1], dtype=bool)
    pairs = (np.sign(np.subtract.outer(scores[is_anomaly], scores[~is_anomaly])) + 1) / 2
    won = placements(scores, is_anomaly)
    np.testing.assert_allclose(won[is_anomaly], pairs.mean(axis=1))
    np.testing.assert_allclose(won[~is_anomaly], pairs.mean(axis=0))


def delong_covariance(first, second, is_anomaly):
    """DeLong et al. (1988), equations 4 to 6, by loops over pairs; of areas in [0, 1]."""
    groups, total = {}, 0.0
    for number, scores in enumerate((first, second)):
        anomalous, normal = scores[is_anomaly], scores[~is_anomaly]
        wins = [[1.0 * (a > n) + 0.5 * (a == n) for n in normal] for a in anomalous]
        groups[number] = [
            [sum(row) / len(normal) for row in wins],
            [sum(row[i] for row in wins) / len(anomalous) for i in range(len(normal))],
        ]
    for one, other in zip(groups[0], groups[1], strict=True):
        size = len(one)
        means = sum(one) / size, sum(other) / size
        products = [(a - means[0]) * (b - means[1]) for a, b in zip(one, other, strict=True)]
        total += sum(products) / (size - 1) / size
    return total


def test_figures_over_the_same_images_vary_together_as_delong_says():
    # 20,000 draws: the standard error of a correlation near 0.7 is 0.4 %; tolerance five of it
    shared, is_anomaly = RANDOM.standard_normal(200), np.arange(200) >= 80
    pair = [shared + 0.5 * RANDOM.standard_normal(200) + is_anomaly for _ in range(2)]
    variances = [delong_covariance(scores, scores, is_anomaly) for scores in pair]
    expected = delong_covariance(*pair, is_anomaly) / math.sqrt(variances[0] * variances[1])
    drawn = [estimated(scores, is_anomaly, 20_000).resampled for scores in pair]
    assert np.corrcoef(drawn)[0, 1] == pytest.approx(expected, abs=0.02)
    assert drawn[0].std() == pytest.approx(100 * math.sqrt(variances[0]), rel=0.05)


def test_images_that_two_classes_share_make_them_vary_together():
    (scores, is_anomaly), ids = sample(100, 100), np.arange(1000, 1200)
    shifted = {
        offset: estimated(scores, is_anomaly, 4000, ids=ids + offset).resampled for offset in (0, 100, 500)
    }
    same = estimated(scores, is_anomaly, 4000, ids=ids).resampled
    np.testing.assert_array_equal(same, shifted[0])
    assert np.corrcoef(same, shifted[500])[0, 1] == pytest.approx(0, abs=0.08)
    order = RANDOM.permutation(200)  # the order of images and the blocks that they fall in change nothing
    again = estimated(scores[order], is_anomaly[order], 4000, ids=ids[order]).resampled
    np.testing.assert_allclose(again, same, atol=1e-9)


def test_the_interval_of_a_perfect_ranking_is_newcombe_s():
    # method 5: 100 and the area from which 100 is 1.96 of its own standard errors away
    scores, is_anomaly = np.arange(42.0), np.arange(42) >= 12
    low, high = estimated(scores, is_anomaly, 50_000).interval(0.95)
    area, size = low / 100, (30 + 12) / 2
    beyond = (1 - area) / (2 - area) + area / (1 + area)
    variance = area * (1 - area) * (1 + (size - 1) * beyond) / (30 * 12)
    assert high == 100
    # low is the 2.5 % quantile of the draws, of which half lie at 100
    assert (1 - area) / math.sqrt(variance) == pytest.approx(1.96, abs=0.05)


def test_a_ranking_that_is_wrong_everywhere_mirrors_a_perfect_one():
    scores, is_anomaly = np.arange(42.0), np.arange(42) >= 12
    right, wrong = estimated(scores, is_anomaly), estimated(-scores, is_anomaly)
    assert wrong.value == 0
    assert wrong.interval(0.95)[1] == pytest.approx(100 - right.interval(0.95)[0], abs=1)


@pytest.mark.parametrize(("area", "least"), [(0.9, 0.93), (0.97, 0.93), (0.99, 0.93)])
def test_small_groups_near_100_are_covered(area, least):
    # 400 samples of 12 and 30 normal scores, seed 0: standard error 1.1 %; the bootstrap covers 0.65 at 99
    random, held = np.random.default_rng(0), 0
    is_anomaly = np.arange(42) >= 12
    for _ in range(400):
        scores = random.standard_normal(42) + is_anomaly * math.sqrt(2) * norm.ppf(area)
        low, high = estimated(scores, is_anomaly, 400).interval(0.95)
        held += low <= 100 * area <= high
    assert held / 400 >= least - 0.02


def test_equal_scores_of_the_same_images_are_seldom_told_apart():
    random, found, is_anomaly = np.random.default_rng(0), 0, np.arange(90) >= 30
    # 400 pairs, seed 0: 5 % of them by chance, standard error 1.1 %
    for _ in range(400):
        shared = 2 * random.standard_normal(90) + 1.5 * is_anomaly
        pair = [estimated(shared + random.standard_normal(90), is_anomaly, 400) for _ in range(2)]
        found += difference(*pair).p_value < 0.05
    assert 0.02 <= found / 400 <= 0.08


def test_p_values_are_two_sided_shares_of_draws():
    draws = np.array([-1.0, 1, 2, 3])
    assert Estimate(1, draws).p_value == pytest.approx(2 * 2 / 5)
    assert Estimate(-1, -draws).p_value == pytest.approx(2 * 2 / 5)
    assert Estimate(0, np.zeros(4)).p_value == 1


def test_holm_s_adjustment():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []
