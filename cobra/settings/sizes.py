"""How many images a job of a configuration sees, and how large they are, by the published numbers."""

from cobra.data.catalog import Counts
from cobra.settings.config import Config
from cobra.settings.data import TestSubset
from cobra.settings.dataset import side_of as dataset_side


def side_of(config: Config, dataset: str) -> int:
    """Pixels along a side of the prepared images."""
    return dataset_side(config.datasets[dataset], config.entry(dataset))


def training_images(config: Config, dataset: str, normal: str, limit: int | None) -> int:
    """Training images of a class, by the published numbers; where there are none, 1000."""
    counts = config.entry(dataset).classes.get(normal)
    return min(counts.train if counts else 1000, limit or 10**9)


def test_images(config: Config, dataset: str, normal: str, subset: TestSubset) -> int:
    """Test images of a class, its own and its anomalies, by the published numbers."""
    entry = config.entry(dataset)
    counts = {name: count or Counts(0, 1000, 0) for name, count in entry.classes.items()}
    own = counts.get(normal, Counts(0, 1000, 0))
    others = sum(count.test for name, count in counts.items() if name != normal)
    anomalies = others if entry.protocol == "one_vs_rest" else own.defective
    return min(own.test, subset.normal_limit or 10**9) + min(anomalies, subset.anomaly_limit or 10**9)
