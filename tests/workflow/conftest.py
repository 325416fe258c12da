"""Projects that tests share, and the order of the files."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from projects import Project, checkout

LONGEST = (
    "attack_kills", "suite", "reruns", "released", "extending", "cobra_attack", "bundle", "generated", "why",
    "baselines", "pictures", "kills", "geometry", "datasets", "gpu_slots", "real_data",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """The longest files first, so that the workers end at about the same time."""
    order = {f"test_{name}.py": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


def in_common(tmp_path_factory) -> Path:
    """The temporary folder of this run of pytest, which each of its workers has a folder of its own in."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def lines(finished):
    """The shell lines of the finished project: to paste into copies of it."""
    return finished.shell_lines()


@pytest.fixture
def project(finished, tmp_path):
    """A copy of the finished project to do with as one likes."""
    return finished.copy(tmp_path / "project")


@pytest.fixture
def copy(done, tmp_path):
    """The same of the project that a file of tests made for itself."""
    return done.copy(tmp_path / "project")


@pytest.fixture
def fresh(tmp_path):
    """A project in which nothing has run; what it makes is removed, for real data are large."""
    project = checkout(tmp_path / "fresh")
    yield project
    shutil.rmtree(project.folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project that has run to its end: to look at, never to change. One for all of pytest's workers."""
    folder = in_common(tmp_path_factory) / "finished"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            making = folder.with_name("unfinished")
            shutil.rmtree(making, ignore_errors=True)  # of a worker that failed
            checkout(making).make()
            making.rename(folder)
    return Project(folder)
