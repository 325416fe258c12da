"""The claim, on the demo's own table: run after `make demo`, skipped where its results are not current.

Statistical, at the demo's seed 0 (three digit classes). The margins leave room for other processors, on
which rounding makes a training differ as another seed would: over the runs made while the demo was tuned
the gap was 27 to 40 points and standard training at 2 to 19.
"""

import subprocess

import pandas as pd
import pytest

from workflow.conftest import ROOT, runtime_env

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def robust():
    """The robust AUROC by (method, score), mean over the demo's classes."""
    command = ("snakemake", "-n", "table_losses")
    plan = subprocess.run(command, cwd=ROOT, env=runtime_env(), capture_output=True, text=True)
    if "Nothing to be done" not in plan.stdout + plan.stderr:
        pytest.skip("the demo's results are not current: run make demo")
    frame = pd.read_csv(ROOT / "results/tables/losses.csv")
    means = frame[frame["class"] == "mean"]
    return means.set_index(["method", "score"])["robust_auroc"].to_dict()


def test_the_total_objective_withstands_what_contrastive_learning_does_not(robust):
    assert robust["cobra", "similarity"] >= robust["l_cl", "similarity"] + 10


def test_the_opposite_pair_is_what_helps(robust):
    assert robust["l_cobra", "similarity"] >= robust["l_cl", "similarity"] + 10


def test_standard_training_falls(robust):
    assert robust["standard", "similarity"] < 30
