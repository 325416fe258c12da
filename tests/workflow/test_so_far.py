"""Tables of unfinished results."""

import pandas as pd
import pytest

GONE = "results/digits/1/cobra/seed0/scores/similarity/pgd.parquet"
LOG = "results/logs/attack/digits/1/cobra/seed0/similarity/pgd.log"

pytestmark = pytest.mark.workflow


def so_far(project):
    done = project.run("python", "-m", "workflow.commands.partial_tables", "--configfile", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(project / "results/so-far/losses.csv", dtype={"class": str})
    return done.stdout, frame.set_index(["method", "score", "class"])


def test_a_cell_that_is_not_there_says_why_and_the_others_are_shown(project):
    before = (project / "results/tables/losses.csv").read_bytes()
    (project / GONE).unlink()
    (project / LOG).write_text("attack: 1/2\nerror: the attack failed: look.\n")
    said, frame = so_far(project)
    assert "| L_COBRA + L_CLS " in said
    assert frame.loc[("cobra", "similarity", "1"), "score_files"] == f"failed: {GONE}"
    assert frame.loc[("cobra", "similarity", "0"), "robust_auroc"] >= 0
    assert "failed" in (project / "results/so-far/losses.md").read_text()
    assert (project / "results/tables/losses.csv").read_bytes() == before


def test_before_the_first_run_nothing_was_run(fresh):
    said, frame = so_far(fresh)
    assert "not run" in said
    assert frame["score_files"].str.startswith("not run: results/digits/").all()
