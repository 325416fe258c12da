"""A short training, attacks and a table: the same bytes here and on an emulated Intel Haswell.

torch's plainest kernels are used on both sides: with those of AVX2 the emulator crashes in `grid_sample`. The
demo's digest (test_demo.py) compares the AVX2 kernels between the real processors that run it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import debian
import pytest
from projects import checkout

from cobra.machine.arithmetic import is_x86_64_v3

PACKAGES = ("qemu-user",)
EMULATOR = ("qemu-x86_64", "-cpu", "Haswell")
LIMIT = 600  # seconds, against hanging
PLAIN = {"ATEN_CPU_CAPABILITY": "default"}
CHANGES = {
    "datasets.digits": {"classes": ["0"], "test_subset": {"normal_limit": 4, "anomaly_limit": 9}},
    "detector.subset.limit": 12,
    "detector.model.width": 8,
    "detector.schedule.epochs": 1,
    "detector.schedule.warmup_epochs": 0,
    "methods": {"cobra": {"label": "L_COBRA + L_CLS", "scores": ["combined"]}},
    "scores": {"combined": {"kind": "combined"}},
    "attacks": {
        "pgd": {"steps": 3, "restarts": 1},
        "apgd": {"kind": "apgd", "steps": 4, "restarts": 1},
    },
    "combinations": {"worst": {"parts": ["pgd", "apgd"]}},
    "tables": {
        "losses": {
            "title": "Objectives", "rows": "methods", "datasets": ["digits"], "methods": ["cobra"],
            "attack": "worst", "reported": "datasets",
        },
    },
}  # fmt: skip
ORDER = ("prepare_dataset", "train_detector", "attack_detector", "combine_attacks", "make_table")


@pytest.fixture(scope="module")
def emulator():
    """The emulator's command, installed if it is not there and can be."""
    if not is_x86_64_v3():
        pytest.skip("the emulated processor is compared with an x86-64-v3 one: this is none")
    if reason := debian.obstacle("The emulator", EMULATOR[:1], PACKAGES):
        pytest.skip(reason)
    return EMULATOR


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """The commands of a small experiment, in the order in which they need each other."""
    project = small_project(tmp_path_factory.mktemp("plan") / "project")
    found = list(project.shell_lines("table_losses").values())
    wanted = [line for name in ORDER for line in found if f"scripts/{name}.py" in line]
    assert len(wanted) == len(ORDER) + 1  # two attacks
    return wanted


def small_project(folder):
    project = checkout(folder)
    project.configure(CHANGES)
    return project


def made(folder, lines, *processor):
    """What the commands make in a project of their own, run by `processor`."""
    project = small_project(folder)
    (project / "lines.json").write_text(json.dumps(lines))
    program = Path(__file__).with_name("commands.py")
    python = Path(sys.executable).resolve()  # an emulator starts no link of an environment
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    environment = project.env | PLAIN | {"PYTHONPATH": os.pathsep.join([str(folder), *libraries])}
    command = [*processor, python, program, project / "lines.json"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, re.sub(r"(?m)^qemu.*\n", "", done.stderr)[-3000:]
    return project.contents()


def test_a_detector_its_scores_and_its_table_are_the_same_on_another_processor(emulator, lines, tmp_path):
    here = made(tmp_path / "here", lines)
    there = made(tmp_path / "there", lines, *emulator)
    assert here.keys() == there.keys()
    assert {"digits/0/cobra/seed0/detector.pt", "tables/losses.csv"} <= here.keys()
    assert [name for name in here if here[name] != there[name]] == []
