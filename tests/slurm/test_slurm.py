"""The workflow on a SLURM cluster: the same bytes, whatever SLURM does to its jobs."""

import json

from slurm.conftest import DETECTOR, METHODS, OUTPUT

TRAINING = "rule_train_detector_wildcards_digits_0_{}_0"


def starts(runs, method):
    """How often a training had to start, by its own record."""
    record = (runs.slurm / DETECTOR.format(method)).with_suffix(".run.json")
    return json.loads(record.read_text())["starts"]


def test_results_are_the_bytes_of_a_run_without_slurm(runs):
    assert runs.slurm.contents() == runs.local.contents()
    assert runs.slurm.scratch() == []


def test_jobs_that_run_at_the_same_time_have_different_gpus(runs):
    assert {runs.gpus[method] for method in METHODS} == {"0", "1", "2"}


def test_a_training_past_its_time_limit_continues_with_twice_the_time(runs, cluster):
    first, second = cluster.jobs(TRAINING.format("limited"))
    assert (first["JobState"], first["TimeLimit"]) == ("TIMEOUT", "00:01:00")
    assert (second["JobState"], second["TimeLimit"]) == ("COMPLETED", "00:02:00")
    assert starts(runs, "limited") == 2


def test_the_time_limit_comes_as_a_signal_that_the_job_answers(runs):
    (log,) = (runs.slurm / "results/logs/slurm").glob("**/*.log")  # of all jobs the only one that failed
    assert log.parent.parent.name == "rule_train_detector"
    assert "DUE TO TIME LIMIT" in log.read_text()
    assert (runs.slurm / OUTPUT).read_text().count("stopped by SIGTERM: start again") == 1


def test_a_requeued_training_continues_in_the_same_job(runs, cluster):
    (job,) = cluster.jobs(TRAINING.format("standard"))
    assert (job["JobState"], job["Restarts"]) == ("COMPLETED", "1")
    assert starts(runs, "standard") == 2
    assert starts(runs, "cobra") == 1


def test_short_jobs_share_a_slurm_job_and_its_gpu(runs, cluster):
    (verdict,) = cluster.jobs("rule_verdict_check_gates_combine_attacks")
    assert (verdict["NumCPUs"], verdict["TimeLimit"]) == ("1", "02:20:00")  # two of 10, two of 60
    assert verdict["TresPerJob"].endswith("gpu:1")
