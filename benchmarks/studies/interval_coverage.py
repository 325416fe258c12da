"""How often an interval of 95 % holds the true value: of an AUROC, of a difference, of means.

    python -m benchmarks.studies.interval_coverage

Scores are drawn from distributions whose AUROC is known, an interval is made of each sample, and the share
of intervals that hold the truth is counted. Compared are the percentile bootstrap, DeLong's interval on the
logit scale, Newcombe's method 5, and what tables show (`cobra.metrics`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from tqdm import tqdm

from benchmarks.lib import harness
from cobra.machine import options
from cobra.metrics import Estimate, difference, displaced, estimate_auroc, mean_estimate, placements

Floats = NDArray[np.float64]
Interval = tuple[float, float]
SIZES = ((12, 30), (30, 12), (60, 80), (200, 400), (1000, 9000))  # normal, anomalous
AREAS = (0.5, 0.7, 0.9, 0.97, 0.99, 0.999)
DRAWS = 1000
Z = float(norm.ppf(0.975))


def main() -> None:
    parser = harness.parser(__doc__, computes=False)
    parser.add_argument(
        "--samples", type=options.positive, default=1000, help="samples per place; large ones a fifth"
    )
    args = parser.parse_args()
    random = np.random.default_rng(0)
    singles = list(tqdm(single_areas(random, args.samples), total=len(SIZES) * len(AREAS) * len(SHAPES)))
    others = [
        paired_difference(random, args.samples),
        classes_sharing_images(random, args.samples),
        *(several_seeds(random, args.samples, seeds) for seeds in (2, 3, 5)),
    ]
    notes = [f"{name}: {value}" for each in others for name, value in each.items()]
    text = harness.markdown("Coverage of intervals of 95 %", {}, summary(singles), notes)
    harness.publish(args.output, {"singles": singles, "others": others}, text)


def binormal(spread: float) -> Callable[[np.random.Generator, float, int, int], tuple[Floats, Floats]]:
    """Normal scores; those of the anomalies spread by a factor."""

    def drawn(random: np.random.Generator, area: float, normal: int, anomalous: int) -> tuple[Floats, Floats]:
        shift = np.sqrt(1 + spread**2) * norm.ppf(area)
        return random.normal(size=normal), spread * random.normal(size=anomalous) + shift

    return drawn


def exponential(
    random: np.random.Generator, area: float, normal: int, anomalous: int
) -> tuple[Floats, Floats]:
    """Exponential scores, for which Hanley and McNeil's variance is exact."""
    return random.exponential(size=normal), random.exponential(size=anomalous) * area / (1 - area)


def two_kinds(random: np.random.Generator, area: float, normal: int, anomalous: int) -> tuple[Floats, Floats]:
    """Half of the anomalies twice as far from a perfect ranking, half of them all but perfectly ranked."""
    hard, easy = (1 - 2 * (1 - area) + 1e-4, 1 - 1e-4) if area > 0.75 else (area, area)
    shifts = np.sqrt(2) * norm.ppf(np.where(np.arange(anomalous) % 2 == 0, hard, easy))
    return random.normal(size=normal), random.normal(size=anomalous) + shifts


SHAPES = {
    "normal": binormal(1.0),
    "wide anomalies": binormal(2.5),
    "narrow anomalies": binormal(0.4),
    "exponential": exponential,
    "two kinds": two_kinds,
}


def single_areas(random: np.random.Generator, samples: int) -> Iterator[dict[str, object]]:
    """Coverage of each kind of interval for one AUROC, a record per size, area and shape."""
    for normal, anomalous in SIZES:
        repeats = samples if normal < 1000 else samples // 5
        for area in AREAS:
            for shape, drawn in SHAPES.items():
                held: dict[str, int] = defaultdict(int)
                for _ in range(repeats):
                    for kind, (low, high) in intervals(
                        random, *drawn(random, area, normal, anomalous)
                    ).items():
                        held[kind] += low <= area <= high
                shares = {kind: count / repeats for kind, count in held.items()}
                yield {"normal": normal, "anomalous": anomalous, "area": area, "shape": shape, **shares}


def intervals(random: np.random.Generator, normal: Floats, anomalous: Floats) -> dict[str, Interval]:
    """An interval of each kind for the AUROC of one sample, in [0, 1]."""
    scores = np.concatenate([normal, anomalous])
    is_anomaly = np.arange(len(scores)) >= len(normal)
    won = placements(scores, is_anomaly)
    area = float(won[is_anomaly].mean())
    sizes = (len(anomalous), len(normal))
    variance = sum(won[group].var(ddof=1) / group.sum() for group in (is_anomaly, ~is_anomaly))
    within = min(max(area, 0.5 / np.prod(sizes)), 1 - 0.5 / np.prod(sizes))
    logits = norm_logit(within) + np.array([-Z, Z]) * np.sqrt(variance) / (within * (1 - within))
    low, high = (1 / (1 + np.exp(-logits))).tolist()
    newcombe = displaced(area, np.array([-Z, Z]), 1.0, sizes)
    ours = estimate_auroc(scores, is_anomaly, np.arange(len(scores)), DRAWS, "a").interval(0.95)
    found = {
        "DeLong, logit": (low, high),
        "Newcombe": (float(newcombe[0]), float(newcombe[1])),
        "ours": (ours[0] / 100, ours[1] / 100),
    }
    if len(scores) < 1000:
        found["bootstrap"] = bootstrap(random, normal, anomalous)
    return found


def norm_logit(area: float) -> float:
    """Log-odds of a share."""
    return float(np.log(area / (1 - area)))


def bootstrap(random: np.random.Generator, normal: Floats, anomalous: Floats) -> Interval:
    """The percentile bootstrap, each group drawn anew in its size."""
    won = (np.sign(np.subtract.outer(anomalous, normal)) + 1) / 2
    times = [random.multinomial(len(group), np.full(len(group), 1 / len(group)), size=400)
             for group in (anomalous, normal)]  # fmt: skip
    drawn = np.einsum("ra,ra->r", times[0].astype(float), times[1] @ won.T) / won.size
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    return low, high


def estimated(scores: Floats, is_anomaly: NDArray[np.bool_]) -> Estimate:
    """What tables show of scores of images that are numbered in their order."""
    return estimate_auroc(scores, is_anomaly, np.arange(len(scores)), DRAWS, "a")


def paired_difference(random: np.random.Generator, samples: int) -> dict[str, str]:
    """Two scores of the same 60 + 120 images, alike to 0.8: how often equal ones are found to differ, by the
    paired test and by intervals that do not overlap; and how often a difference of 5 points is.
    """
    found: dict[str, int] = defaultdict(int)
    is_anomaly = np.arange(180) >= 60
    for gap in (0.0, 0.05):
        shifts = [np.sqrt(2) * norm.ppf(0.85 + side * gap / 2) for side in (1, -1)]
        for _ in range(samples):
            shared = np.sqrt(0.8) * random.normal(size=180)
            pair = [
                estimated(shared + np.sqrt(0.2) * random.normal(size=180) + shift * is_anomaly, is_anomaly)
                for shift in shifts
            ]
            low, high = difference(*pair).interval(0.95)
            found[f"{gap} held"] += low <= 100 * gap <= high
            found[f"{gap} test"] += difference(*pair).p_value < 0.05
            found[f"{gap} apart"] += pair[0].interval(0.95)[0] > pair[1].interval(0.95)[1]
    share = {name: f"{100 * count / samples:.1f} %" for name, count in found.items()}
    return {
        "equal scores of the same images": f"interval holds 0 in {share['0.0 held']}, test finds a "
        f"difference in {share['0.0 test']}, intervals lie apart in {share['0.0 apart']}",
        "5 points apart": f"interval holds 5 in {share['0.05 held']}, test finds the difference in "
        f"{share['0.05 test']}, intervals lie apart in {share['0.05 apart']}",
    }


def classes_sharing_images(random: np.random.Generator, samples: int) -> dict[str, str]:
    """Mean over five classes of 30 images, where one class's normal images are the others' anomalies: images
    that are hard for all detectors, so that classes vary together.
    """
    held: dict[str, int] = defaultdict(int)
    label = np.repeat(np.arange(5), 30)
    truth = 100 * norm.cdf(1.5 / np.sqrt(2))
    for _ in range(samples):
        hard = random.normal(size=len(label))  # each image's own share of its score, the same in all classes
        shared, alone = [], []
        for normal in range(5):
            is_anomaly = label != normal
            scores = np.sqrt(0.5) * (hard + random.normal(size=len(label))) + 1.5 * is_anomaly
            ids = np.arange(len(label))
            shared.append(estimate_auroc(scores, is_anomaly, ids, DRAWS, "a"))
            alone.append(estimate_auroc(scores, is_anomaly, ids, DRAWS, f"class {normal}"))
        for kind, estimates in (("shared", shared), ("independent", alone)):
            low, high = mean_estimate(estimates).interval(0.95)
            held[kind] += low <= truth <= high
    return {
        "mean over classes that share images": f"held in {100 * held['shared'] / samples:.1f} %, taken for "
        f"independent in {100 * held['independent'] / samples:.1f} %"
    }


def several_seeds(random: np.random.Generator, samples: int, seeds: int) -> dict[str, str]:
    """Mean over seeds whose true AUROC varies (normal, in the logit) about 85, each on the same images."""
    held: dict[str, int] = defaultdict(int)
    is_anomaly = np.arange(180) >= 60
    for _ in range(samples):
        shared = np.sqrt(0.8) * random.normal(size=180)
        shifts = np.sqrt(2) * norm.ppf(0.85) + 0.3 * random.normal(size=seeds)
        found = [
            estimated(shared + np.sqrt(0.2) * random.normal(size=180) + shift * is_anomaly, is_anomaly)
            for shift in shifts
        ]
        truth = 100 * norm.cdf(norm.ppf(0.85) / np.sqrt(1 + 0.3**2 / 2))
        rows = random.integers(seeds, size=(DRAWS, seeds))
        drawn = np.stack([each.resampled for each in found])[rows, np.arange(DRAWS)[:, None]].mean(axis=1)
        for kind, estimate in (
            ("Student", mean_estimate(found, redrawn=True)),
            ("redrawn", Estimate(0.0, drawn)),
            ("images alone", mean_estimate(found)),
        ):
            low, high = estimate.interval(0.95)
            held[kind] += low <= truth <= high
    share = {kind: f"{100 * count / samples:.1f} %" for kind, count in held.items()}
    return {
        f"mean over {seeds} seeds": f"held in {share['Student']} with Student's deviations, "
        f"{share['redrawn']} with seeds redrawn, {share['images alone']} with images alone"
    }


def summary(singles: list[dict[str, object]]) -> list[dict[str, str]]:
    """A row per size and area: of each kind of interval the least and the largest coverage over shapes."""
    rows: dict[tuple[object, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for single in singles:
        place = (single["normal"], single["anomalous"], single["area"])
        for kind in ("bootstrap", "DeLong, logit", "Newcombe", "ours"):
            if kind in single:
                rows[place][kind].append(float(str(single[kind])))
    return [
        {"normal": str(place[0]), "anomalous": str(place[1]), "AUROC": f"{100 * float(str(place[2])):g}"}
        | {kind: f"{min(shares):.3f} to {max(shares):.3f}" for kind, shares in kinds.items()}
        for place, kinds in rows.items()
    ]


if __name__ == "__main__":
    main()
