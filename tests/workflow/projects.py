"""Copies of the repository with a tiny configuration, and Snakemake run in them as a user would."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import forked_snakemake
import pytest
import warm_server
import yaml

from workflow.lib.warm import PLACE

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".venv/bin"  # a user's environment: what runs here must not need the development lock
TRACKED = ("Snakefile", "pyproject.toml", "workflow", "scripts", "cobra", "config", "profiles", "envs")
CONFIG = "tiny.yaml"
TINY = """
seeds: [0]
datasets:
  digits:
    classes: ["0", "1"]
    test_subset: {normal_limit: 10, anomaly_limit: 18}
detector:
  subset: {limit: 32}
  model: {backbone: resnet10, width: 2, projection_dim: 8}
  crafting:
    mild: {brightness: 0.4, contrast: 0.3}
    filter: {epochs: 1, width: 2}
  adversary: {steps: 1}
  schedule: {epochs: 2, batch_size: 16, optimizer: sgd, learning_rate: 0.1, warmup_epochs: 1}
methods:
  standard:
    label: standard training
    detector: {adversary: {enabled: false}}
  cobra:
    label: L_COBRA + L_CLS
    reported: COBRA
    scores: [similarity, classifier]
scores:
  similarity: {kind: similarity}
  classifier: {kind: classifier}
attacks:
  pgd: {steps: 3, restarts: 2}
tables:
  losses:
    title: Objectives
    rows: methods
    datasets: [digits]
    methods: [standard, cobra]
    attack: pgd
    reported: datasets
  datasets:
    title: Data sets
    rows: datasets
    datasets: [digits]
    methods: [cobra]
    attack: pgd
    reported: datasets
bootstrap: {resamples: 100}
"""


def runtime_env() -> dict[str, str]:
    """Environment variables under which `python`, `snakemake` and `cobra` are those of a user."""
    if not (RUNTIME / "snakemake").exists():
        pytest.fail(f"{RUNTIME.parent} is no complete environment: run `make test`.", pytrace=False)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEMAKE_")}
    return kept | {"PATH": os.pathsep.join([str(RUNTIME), kept.get("PATH", "")])}


class Project:
    """A copy of the repository in `folder`: configured, edited and run there, by a user's environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = runtime_env() | {
            "PYTHONPATH": str(folder),  # before the editable install, which is the original
            "OMP_NUM_THREADS": "1",
            "CUDA_VISIBLE_DEVICES": "",  # bytes are compared: all runs on the CPU
        }
        self.env[PLACE] = warm_server.place(RUNTIME / "python", self.env)

    def __truediv__(self, path: str) -> Path:
        return self.folder / path

    def configure(self, changes: dict) -> None:
        """Lay values over the tiny configuration, by dotted key."""
        config = yaml.safe_load((self / CONFIG).read_text())
        for key, value in changes.items():
            *above, last = key.split(".")
            section = config
            for name in above:
                section = section.setdefault(name, {})
            section[last] = value
        (self / CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))

    def bear_without_a_gpu(self) -> None:
        """Have jobs that claimed a pretended device compute on the CPU, which they refuse of themselves."""
        code = (self / "cobra/machine/device.py").read_text()
        refusal = "if slot is not None:"
        assert code.count(refusal) == 1
        (self / "cobra/machine/device.py").write_text(code.replace(refusal, "if False:"))

    def copy(self, folder: Path) -> "Project":
        """The same elsewhere, with file times and Snakemake's records."""
        shutil.copytree(self.folder, folder)
        return Project(folder)

    def by_themselves(self) -> dict[str, str]:
        """Environment variables under which a pasted line runs its script itself, not in a fork elsewhere:
        where its process is killed, or limited.
        """
        return {name: value for name, value in self.env.items() if name != PLACE}

    def run(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True)

    def paste(self, line: str) -> subprocess.CompletedProcess:
        """Run a shell line as pasted into bash."""
        return self.run("bash", "-c", line)

    def snakemake(self, *args: str) -> subprocess.CompletedProcess:
        """Run it, whether or not it succeeds."""
        return subprocess.CompletedProcess(args, *self.forked(*args))

    def dry_run(self, *args: str) -> tuple[int, str, str]:
        """Exit code and both outputs of `snakemake -n`."""
        return self.forked("-n", *args)

    def forked(self, *args: str) -> tuple[int, str, str]:
        """Exit code and both outputs of `snakemake`, started in half the time."""
        options = ("--cores", "2", "--configfile", CONFIG, *args)
        return forked_snakemake.snakemake(RUNTIME / "python", self.folder, self.env, *options)

    def make(self, *targets: str) -> None:
        """Run the workflow; its own account stands in the assertion if it fails."""
        code, output, errors = self.forked("--", *targets)
        assert code == 0, output + errors

    def plan(self, *targets: str) -> dict[str, int]:
        """Jobs per rule that Snakemake would run."""
        code, output, errors = self.dry_run("--", *targets)
        assert code == 0, output + errors
        if "Nothing to be done" in output + errors:
            return {}
        stats = output.split("Job stats:")[1].split("\n\n")[0]
        counts = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", stats, re.MULTILINE)}
        assert counts.pop("total") == sum(counts.values())
        return counts

    def shell_lines(self, *targets: str) -> dict[str, str]:
        """The command of every job, as Snakemake prints it, by its output."""
        _, output, _ = self.dry_run("-p", "--forceall", "--", *targets)
        command = r"python (?:workflow/lib/warm.py )?scripts/.* --output (\S+) .*"
        lines = re.findall(rf"^ *(?:Shell command: )?({command})$", output, re.MULTILINE)
        return {output: line for line, output in lines}

    def scratch(self) -> list[Path]:
        """What killed or running jobs left to continue from."""
        return sorted((self / ".scratch").glob("*"))

    def contents(self) -> dict[str, bytes]:
        """Every result that must not differ between runs, by its path."""
        results = self / "results"
        files = [path for path in sorted(results.rglob("*")) if path.is_file()]
        vary = (".run.json", "training.csv", ".provenance.csv", ".provenance.html", ".log", ".tsv")  # times
        return {
            path.relative_to(results).as_posix(): path.read_bytes()
            for path in files
            if not path.name.endswith(vary)
        }


def checkout(folder: Path) -> Project:
    """The repository's own files and the tiny configuration; with bytecode, or each job would compile."""
    folder.mkdir()
    for name in TRACKED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    (folder / CONFIG).write_text(TINY)
    return Project(folder)
