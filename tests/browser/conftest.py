"""A Chromium, and the report of a tiny project."""

import pytest
from projects import CONFIG, checkout

from browser.chromium import obstacle, started

CHANGES = {
    "datasets.digits.classes": ["0"],
    "datasets.digits.eps": 0.02,  # some figures stay above 0, so that there is something to sort
    "sweeps.eps": {"attack": "pgd", "eps": [0.5, 1]},
    "scores.masked": {"kind": "similarity", "masker": "quantised"},  # fails a gate for certain
    "methods.cobra.scores": ["similarity", "classifier", "masked"],
    "gates": {"claim": "pgd", "undefended": "standard"},
    "leaderboard": {"about": {"contact": "us"}},
    "headline": {
        "table": "losses", "methods": {"cobra": "COBRA", "standard": "standard training"},
        "figure": "before_after",
    },
    "figures.before_after": {
        "kind": "attacked", "title": "Before and after", "datasets": ["digits"],
        "methods": ["standard", "cobra"], "attack": "pgd", "images": 4, "compact": True,
    },
    "figures.budget": {
        "kind": "budget", "title": "Curves", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd",
        "scores": ["similarity"],
    },
    "figures.eps": {
        "kind": "eps", "title": "Curves", "datasets": ["digits"], "methods": ["cobra"], "sweep": "eps",
        "scores": ["similarity"],
    },
}  # fmt: skip


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """A running Chromium."""
    pytest.importorskip(
        "selenium", reason="Selenium is not installed: run these tests by `make browser-test`"
    )
    if reason := obstacle():
        pytest.skip(reason)
    running = started(tmp_path_factory.mktemp("chromium") / "profile")
    yield running
    running.quit()


@pytest.fixture(scope="session")
def report(driver, tmp_path_factory):
    """The project and its report, as `make report` makes it."""
    project = checkout(tmp_path_factory.mktemp("report") / "project")
    project.configure(CHANGES)
    project.make("demo", "figures")
    done = project.run("python", "-m", "workflow.commands.report", "--configfile", CONFIG)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr  # of docutils
    return project / "results/report.html"
