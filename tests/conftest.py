"""Shared by all tests: one CPU thread, portable arithmetic, and the folder of real data if there is one."""

import os
from pathlib import Path

import pytest

import cobra  # noqa: F401  (before any test imports torch: portable arithmetic)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)  # torch's threads spin: on shared cores more of them are slower


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder named by COBRA_TEST_DATA (mnist/, fashion-mnist/ with IDX files in them)."""
    folder = os.environ.get("COBRA_TEST_DATA")
    if not folder:
        pytest.skip("COBRA_TEST_DATA names no folder of real data")
    return Path(folder)
