"""The environment that users get holds its lock and nothing else, and the product can import all it names."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from projects import ROOT, RUNTIME, Project, runtime_env

LOCK = ROOT / "envs/requirements.txt"
BESIDES = {"cobra-anomaly", "pip", "uv"}  # ours, and what installs
INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps({found.name: found.version for found in distributions()}))
"""

pytestmark = pytest.mark.workflow


def runtime(*arguments):
    """What a user's Python prints, away from the repository."""
    command = ("python", "-P", *arguments)
    done = subprocess.run(command, env=runtime_env(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def locked(path):
    """The versions in a lock that hold on this machine, by package."""
    lines = re.findall(r"^(?!#)\S+==[^\\\n]+", path.read_text(), re.M)
    found = [Requirement(line) for line in lines]
    return {
        each.name: str(each.specifier).removeprefix("==")
        for each in found
        if each.marker is None or each.marker.evaluate()
    }


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_it_holds_its_lock_and_nothing_else():
    installed = {normal(name): version for name, version in json.loads(runtime("-c", INSTALLED)).items()}
    plugin = locked(ROOT / "envs/slurm.txt")  # `make slurm`
    held = {name: version for name, version in installed.items() if name not in BESIDES | plugin.keys()}
    assert held == locked(LOCK), "remove .venv and run `make test`"


def test_every_import_statement_of_the_product_and_of_the_report_succeeds_in_it():
    told = json.loads(runtime(str(Path(__file__).with_name("imports.py")), str(ROOT)).splitlines()[-1])
    assert told["modules"] > 200
    assert not told["failed"], json.dumps(told["failed"], indent=1)


def test_it_is_what_these_tests_run_the_product_with(tmp_path):
    for program in ("python", "snakemake", "cobra"):
        found = Project(tmp_path).run("bash", "-c", f"command -v {program}").stdout.strip()
        assert Path(found) == RUNTIME / program
    assert Path(sys.prefix) != RUNTIME.parent
