"""Repeatable property tests, and an identity for artifacts that need some."""

import pytest
from hypothesis import settings

from cobra.provenance import Identity

# The same examples in every run, so that a failure is seen again; no time limit that a busy machine breaks.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, max_examples=30)
settings.load_profile("repeatable")


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
