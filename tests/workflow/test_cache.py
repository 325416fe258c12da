"""Between-workflow caching: what one checkout made is taken by another, and nothing that only looks alike."""

import json

import pytest
from projects import checkout

DETECTOR = "results/digits/{}/standard/seed0/detector.pt"
SCORES = "results/digits/{}/standard/seed0/scores/similarity/pgd.parquet"

pytestmark = pytest.mark.workflow


def cached(folder, cache, *targets):
    """A checkout of its own that made the targets with a cache."""
    project = checkout(folder)
    project.env |= {"SNAKEMAKE_OUTPUT_CACHE": str(cache)}
    done = project.snakemake("--cache", "--", *targets)
    assert done.returncode == 0, done.stderr
    return project, done.stderr


def record(project, path):
    return json.loads((project / path).with_suffix(".run.json").read_text())


def test_a_second_checkout_takes_detectors_and_scores_and_trains_only_what_is_new(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    first, _ = cached(tmp_path / "first", cache, SCORES.format(0))
    second, said = cached(tmp_path / "second", cache, SCORES.format(0), DETECTOR.format(1))
    for path in (DETECTOR.format(0), SCORES.format(0)):
        assert (second / path).read_bytes() == (first / path).read_bytes()
        assert record(second, path) == record(first, path)
    # of equal settings, data and code, but of another class
    assert record(second, DETECTOR.format(1))["identity"]["subject"]["normal"] == "1"
    assert (second / DETECTOR.format(1)).read_bytes() != (second / DETECTOR.format(0)).read_bytes()
    assert "1 attack_detector: 0.0 s on a device" in said  # none of its time was spent here
