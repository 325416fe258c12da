"""The environments that are written down agree with each other."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def locked() -> dict[str, set[str]]:
    """The versions in the lock by package; some depend on the Python version."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([\w.-]+)==([^ ;\\]+)", (ROOT / "envs/requirements.txt").read_text(), re.M
    ):
        versions.setdefault(name, set()).add(version)
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


def test_every_locked_package_has_hashes():
    lines = (ROOT / "envs/requirements.txt").read_text().replace("\\\n", " ").splitlines()
    assert all("--hash=sha256:" in line for line in lines if "==" in line)
