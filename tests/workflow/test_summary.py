"""What a run says at its end."""

import re

import pytest

pytestmark = pytest.mark.workflow


def test_jobs_done_and_their_time_are_summed_up(fresh):
    done = fresh.snakemake("--", "results/digits/0/standard/seed0/detector.pt")
    said = done.stderr
    assert "2 jobs done, 0 failed" in said
    assert re.search(r"1 train_detector: \d+\.\d s on a device\n", said)
    assert re.search(r"1 prepare_dataset: \d+\.\d s\n", said)


def test_a_failure_is_told_again_at_the_end_with_its_sentence(fresh):
    fresh.configure(
        {"methods.standard.detector": {"adversary": {"enabled": False}, "schedule": {"learning_rate": 1e30}}}
    )
    done = fresh.snakemake("--", "results/digits/0/standard/seed0/detector.pt")
    assert done.returncode != 0
    last = done.stderr.split("1 jobs done, 1 failed")[1]
    failed = next(line for line in last.splitlines() if line.startswith("  failed: "))
    assert "results/digits/0/standard/seed0/detector.pt" in failed
    assert "error: The training loss is" in failed
    assert failed.endswith("lower detector.schedule.learning_rate or use precision fp32.")
