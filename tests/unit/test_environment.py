"""The environments that are written down agree with each other."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(path.name for path in (ROOT / "envs").glob("*.txt"))
DEVELOPMENT = ("dev.txt", "oracles.txt", "browser.txt")


def locked(name: str = "requirements.txt") -> dict[str, set[str]]:
    """The versions in a lock by package; some depend on the Python version."""
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", (ROOT / "envs" / name).read_text(), re.M):
        versions.setdefault(package, set()).add(version)
    return versions


def test_conda_pins_the_locked_versions():
    pins = yaml.safe_load((ROOT / "envs/conda.yaml").read_text())["dependencies"][-1]["pip"]
    for pin in pins:
        name, version = pin.split("==")
        assert version in locked()[name], f"{pin} in envs/conda.yaml is not what envs/requirements.txt locks"


def test_all_that_jobs_need_is_in_the_lock_and_in_conda():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.match(r"[\w-]+", dependency)[0] for dependency in project["dependencies"]}
    assert needed <= set(locked())
    pins = yaml.safe_load((ROOT / "envs/conda.yaml").read_text())["dependencies"][-1]["pip"]
    assert needed - {"snakemake"} == {pin.split("==")[0] for pin in pins}


def test_the_benchmarks_peers_are_those_of_the_extra_with_what_else_they_bring():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    peers = {re.match(r"[\w-]+", name)[0] for name in project["optional-dependencies"]["bench"]}
    named = set((ROOT / "envs/bench.in").read_text().split())
    assert peers <= named
    assert named == set(re.findall(r"^([\w.-]+)==", (ROOT / "envs/bench.txt").read_text(), re.M))
    assert not named & set(locked())  # nothing there shadows the users' environment


@pytest.mark.parametrize("name", DEVELOPMENT)
def test_tests_run_with_the_versions_that_users_have(name):
    assert locked().items() <= locked(name).items()


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(name):
    text = (ROOT / "envs" / name).read_text()
    lines = text.replace("\\\n", " ").splitlines()
    assert all("--hash=sha256:" in line for line in lines if "==" in line)
    assert "://" not in text


def test_make_help_tells_of_every_target():
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    targets = re.search(r"^\.PHONY: (.*)$", text, re.M)[1].split()
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(line.split()[1] for line in done.stdout.splitlines()) == sorted(targets)
