"""What is killed, and a project whose jobs take long enough to be killed at work."""

from dataclasses import dataclass

import numpy as np
from packing import jpeg
from projects import checkout

FOLDER = "results/digits/0/cobra/seed0/"
PREPARED = "results/prepared/photographs/images.npy"
TARGETS = (PREPARED, "demo")
SCORES = FOLDER + "scores/similarity/pgd.parquet"
LONG = {
    "detector.schedule.epochs": 40,
    "detector.schedule.snapshots": 3,
    "attacks.pgd": {"steps": 150, "restarts": 4},
    "attacks.apgd": {"kind": "apgd", "steps": 100, "restarts": 4},
    "sweeps": {"eps": {"attack": "pgd", "factors": [1], "eps": [0.5, 1]}},
    "datasets.digits.classes": ["0"],
    "methods.cobra.scores": ["similarity"],
    "gates": {"claim": "pgd", "doubled": None, "sweep": "eps"},
    "tables.attacks": {"title": "Attacks", "rows": "attacks", "datasets": ["digits"], "methods": ["cobra"],
                       "attacks": ["pgd", "apgd"]},
    "figures.history": {"kind": "history", "title": "History", "datasets": ["digits"], "methods": ["cobra"],
                        "attack": "pgd"},
    "datasets.photographs": {"folder": "photographs", "resolution": 128},
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What is killed, and how often in the whole table by each way of killing."""

    artifacts: tuple[str, ...]
    points: int
    ways: tuple[str, ...] = ("SIGKILL", "SIGTERM")


JOBS = {
    "training": Target((FOLDER + "detector.pt", FOLDER + "snapshots.pt"), 24),
    "attack (PGD)": Target((SCORES,), 18),
    "attack (APGD)": Target((SCORES.replace("pgd", "apgd"),), 12),
    "sweep": Target((FOLDER + "sweeps/similarity/eps.parquet",), 12),
    "history": Target((FOLDER + "history/similarity/pgd.parquet",), 12),
    "preparation": Target((PREPARED, PREPARED.replace("npy", "parquet")), 24),
}
RUN = Target((), 36, ("SIGKILL of Snakemake alone", "SIGKILL of all", "SIGTERM of all", "SIGINT of all"))


def long_project(folder, changes=None):
    """A project whose jobs take seconds each, but for `changes` of its configuration; run to its end."""
    project = checkout(folder)
    photographs(project.folder / "photographs")
    project.configure(LONG | (changes or {}))
    project.make(*TARGETS)
    return project


def photographs(folder):
    """A folder of 240 noisy photographs, half of them to train on."""
    rng = np.random.default_rng(0)
    for name, count in {"train/good": 120, "test/good": 60, "test/scratch": 60}.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            content = jpeg(rng.integers(0, 256, (300, 300, 3), dtype=np.uint8))
            (folder / name / f"{number:03}.jpg").write_bytes(content)
