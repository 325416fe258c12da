"""Two jobs at once on different devices. The devices are names: what is tried is who gets which."""

import pytest

pytestmark = pytest.mark.workflow


def device_of(log):
    """The device that a job took, of its log."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("on GPU ")]
    assert len(lines) == 1, log.read_text()
    return lines[0].removeprefix("on GPU ")


@pytest.fixture
def trainings(project, tmp_path):
    """Two trainings to do, on devices to be named; the locks lie apart from those of this machine."""
    project.configure({"detector.schedule.epochs": 3})
    project.env |= {"TMPDIR": str(tmp_path)}
    project.bear_without_a_gpu()

    def run(devices, **env):
        project.env |= {"CUDA_VISIBLE_DEVICES": devices, **env}
        done = project.snakemake(
            "--", *(f"results/digits/{normal}/cobra/seed0/detector.pt" for normal in "01")
        )
        assert done.returncode == 0, done.stderr
        logs = (project / "results/logs/train").rglob("cobra/*.log")
        return done.stderr, [device_of(log) for log in logs]

    return run


def most_at_once(said):
    """Jobs that Snakemake ran at the same time, at most."""
    running = most = 0
    for line in said.splitlines():
        running += line.startswith(("rule train_detector", "localrule train_detector"))
        most = max(most, running)
        running -= line.startswith("Finished jobid")
    return most


def test_two_jobs_at_once_have_different_devices(trainings):
    said, devices = trainings("0,GPU-1b2c")
    assert most_at_once(said) == 2
    assert sorted(devices) == ["0", "GPU-1b2c"]


def test_one_device_has_one_job_at_a_time(trainings):
    said, devices = trainings("3")
    assert most_at_once(said) == 1
    assert devices == ["3"] * 2


def test_a_device_may_be_shared_by_several_jobs(trainings):
    said, devices = trainings("3", COBRA_JOBS_PER_GPU="2")
    assert most_at_once(said) == 2
    assert devices == ["3"] * 2
