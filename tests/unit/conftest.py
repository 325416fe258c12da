"""Repeatable property tests, an identity for artifacts that need some, and a bundle of results."""

import signal
import sys

import pytest
from bundles import results
from hypothesis import settings

from cobra.artifacts.identity import Identity
from cobra.detectors.user_code_isolation import opened
from cobra.sharing.bundle import pack, unpack_bundle

# The same examples in every run, so that a failure is seen again; no time limit that a busy machine breaks.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=30)
settings.load_profile("repeatable")


@pytest.fixture
def _signals():
    """A command that runs in this process sets what signals do: only until the test ends."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def identity() -> Identity:
    return Identity(
        kind="detector",
        subject={"dataset": "digits", "normal": "0", "method": "cobra", "seed": 0},
        settings={},
        code="c0de",
        inputs={"data": "d1"},
        versions={"python": "3"},
        device="cpu",
    )


@pytest.fixture
def guest_folder(tmp_path, monkeypatch):
    """An empty working folder; the modules that come from it are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    opened.clear()
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder of results and what of it belongs into a bundle: to look at, never to change."""
    root = (tmp_path_factory.mktemp("made") / "root").resolve()
    return root, results(root)


@pytest.fixture
def bundle(made, tmp_path):
    """Its archive."""
    pack(tmp_path / "bundle.tar.gz", *made)
    return tmp_path / "bundle.tar.gz"


@pytest.fixture
def unpacked(bundle, tmp_path):
    """The bundle unpacked."""
    unpack_bundle(bundle, tmp_path / "unpacked")
    return tmp_path / "unpacked"
