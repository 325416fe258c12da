"""The workflow run on a real SLURM, and disturbed there, beside a run without SLURM: tests look at both."""

import contextlib
import importlib.util
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from projects import Project, checkout

from slurm.cluster import Cluster, obstacle
from slurm.trainings import stop_all, wake_at_sigterm

CHANGES = {
    "datasets.digits.classes": ["0"],
    "detector.schedule.epochs": 20,  # long enough to be stopped after one of them
    "methods.cobra.scores": ["similarity"],
    "methods.limited": {"label": "to its time limit", "detector": {"adversary": {"steps": 2}}},
    "attacks.noise": {"kind": "noise", "steps": 3, "restarts": 2},
    "combinations.worst": {"parts": ["pgd", "noise"]},
    "gates": {"claim": "worst", "undefended": "standard"},
    "tables.losses.attack": "worst",
    "tables.datasets.attack": "worst",
}
METHODS = ("standard", "cobra", "limited")
DETECTOR = "results/digits/0/{}/seed0/detector.pt"
TARGETS = (
    "demo",
    DETECTOR.format("limited"),
)
PROFILE = ("--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2")
OUTPUT = "output.txt"
LIMIT = 600  # seconds, against hanging


@dataclass
class Runs:
    """Two finished runs of one workflow, and the GPU that SLURM gave each training."""

    slurm: Project
    local: Project
    gpus: dict[str, str]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A running SLURM."""
    if reason := obstacle():
        pytest.skip(reason)
    if any(Path("/dev").glob("nvidia[0-9]*")):
        pytest.skip("this machine has a GPU, which jobs would take for the stand-in: results would differ")
    with Cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="session")
def runs(cluster, tmp_path_factory):
    """The workflow through profiles/slurm and, meanwhile, without SLURM.

    On the cluster all trainings are stopped after an epoch. One is requeued there, one goes on, and one stays
    stopped until SLURM's time limit, as a hung job would.
    """
    local = prepared(tmp_path_factory.mktemp("local") / "project")
    project = prepared(tmp_path_factory.mktemp("cluster") / "project")
    shorten_trainings(project)
    project.env["PATH"] = os.pathsep.join([str(cluster.folder / "bin"), project.env["PATH"]])
    project.env["PYTHONPATH"] = os.pathsep.join([project.env["PYTHONPATH"], plugin()])
    with started(project, *PROFILE) as snakemake:
        stopped = stop_all(project, METHODS)
        environments = {method: process.environ() for method, process in stopped.items()}
        cluster.ask("scontrol", "requeue", environments["standard"]["SLURM_JOB_ID"])
        stopped["cobra"].resume()
        wake_at_sigterm(stopped["limited"])
        with started(local, "--cores", "1") as reference:
            finish(local, reference)
        finish(project, snakemake)
    return Runs(project, local, {method: env["CUDA_VISIBLE_DEVICES"] for method, env in environments.items()})


def prepared(folder: Path) -> Project:
    project = checkout(folder)
    project.configure(CHANGES)
    project.bear_without_a_gpu()  # SLURM's GPUs are stand-ins
    return project


def shorten_trainings(project: Project) -> None:
    """Have the profile give a training one minute at the first attempt, two at the second."""
    profile = project / "profiles/slurm/config.yaml"
    text = profile.read_text()
    assert text.count("train_detector: {runtime: attempt * 720,") == 1
    profile.write_text(
        text.replace("train_detector: {runtime: attempt * 720,", "train_detector: {runtime: attempt,")
    )


def plugin() -> str:
    """The folder of Snakemake's SLURM plugin."""
    found = importlib.util.find_spec("snakemake_executor_plugin_slurm")
    if found is None:
        pytest.skip("Snakemake's SLURM plugin is not installed: run these tests by `make slurm-test`")
    return str(Path(found.origin).parents[1])


@contextlib.contextmanager
def started(project: Project, *options: str):
    """Snakemake in the background, printing to a file; nothing of it outlives the test."""
    command = ("snakemake", "--configfile", "tiny.yaml", *options, "--", *TARGETS)
    with (project / OUTPUT).open("w") as output:
        process = subprocess.Popen(
            command, cwd=project.folder, env=project.env, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def finish(project: Project, process: subprocess.Popen) -> None:
    """Wait for a run that must succeed; its own account stands in the assertion if it does not."""
    assert process.wait(LIMIT) == 0, (project / OUTPUT).read_text()
