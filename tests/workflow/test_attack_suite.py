"""The suite and the gates on the demo's detectors: run after `make attacks`, skipped where they are not
current. Statistical, at the demo's seed 0, as test_demo.py.
"""

import subprocess

import pandas as pd
import pytest
from projects import ROOT, runtime_env

SOUND = ["standard", "l_cl", "cobra", "pixels"]
UNDEFENDED = 9  # the gate that judges another detector, of standard training
# The gates that each planted fault must offend at least; docs/reading-results.md lists all.
FAULTS = {
    "quantised": {4, 5}, "saturated": {4}, "randomised": {6}, "stopped": {4, 5}, "tied": {4}, "rugged": {11},
}  # fmt: skip

pytestmark = pytest.mark.workflow


def current(config):
    """The folder of results of a configuration, if they are up to date."""
    command = ("snakemake", "-n", "--configfile", config)
    plan = subprocess.run(command, cwd=ROOT, env=runtime_env(), capture_output=True, text=True)
    if "Nothing to be done" not in plan.stdout + plan.stderr:
        pytest.skip("the suite's results are not current: run make attacks and make planted-faults")


@pytest.fixture(scope="module")
def gates():
    current("config/experiments/attacks.yaml")
    return pd.read_csv(ROOT / "results/tables/gates.csv")


@pytest.fixture(scope="module")
def cells():
    current("config/experiments/attacks.yaml")
    frame = pd.read_csv(ROOT / "results/tables/attacks.csv")
    return frame.set_index(["method", "class", "attack"])["robust_auroc"].sort_index()


@pytest.fixture(scope="module")
def faults():
    current("config/experiments/planted_faults.yaml")
    return pd.read_csv(ROOT / "results/planted_faults/tables/gates.csv")


@pytest.mark.parametrize("method", SOUND)
def test_every_gate_on_the_detector_itself_passes_for_a_sound_one(gates, method):
    judged = gates[gates["method"] == method]
    assert len(judged) == 11
    own = judged[judged["gate"] != UNDEFENDED]
    assert own.loc[own["verdict"] == "fail", "said"].tolist() == []
    assert (own["verdict"] == "pass").mean() > 0.9


def test_the_gate_on_the_undefended_detector_tells_what_is_left_of_it(gates, cells):
    """So short a training without a defence keeps 0 to 26, by the processor; the gate asks for 10 at most."""
    for _, row in gates[gates["gate"] == UNDEFENDED].iterrows():
        left = cells["standard", str(row["normal"]), "worst"]
        assert row["figure"] == pytest.approx(left, abs=1e-3)
        assert row["verdict"] == ("pass" if left <= 10 else "fail")


@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_caught_by_name(faults, name):
    judged = faults[faults["score"] == name]
    failed = set(judged.loc[judged["verdict"] == "fail", "gate"])
    assert FAULTS[name] <= failed


def test_the_rugged_fault_is_caught_by_its_gate_alone(faults):
    judged = faults[(faults["score"] == "rugged") & (faults["verdict"] == "fail")]
    assert judged["gate"].tolist() == [11]


def test_the_same_detector_without_a_fault_passes(faults):
    judged = faults[(faults["method"] == "cobra") & (faults["score"] == "similarity")]
    assert judged.loc[judged["verdict"] == "fail", "said"].tolist() == []


def test_a_figure_that_the_gates_refuse_is_not_called_robust():
    current("config/experiments/planted_faults.yaml")
    lines = (ROOT / "results/planted_faults/tables/planted_faults.md").read_text().splitlines()
    rows = {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}
    for name in FAULTS:
        assert "<=" in rows[f"L_COBRA + L_CLS, {name} score"]
    assert "<=" not in rows["L_COBRA + L_CLS"]


@pytest.mark.parametrize("method", ["standard", "l_cl", "cobra"])
def test_apgd_is_never_weaker_than_pgd_at_equal_budget(cells, method):
    assert cells[method, "0", "apgd"] <= cells[method, "0", "pgd"] + 0.5


@pytest.mark.parametrize("method", SOUND)
def test_the_worst_case_is_the_worst(cells, method):
    for normal in ("0", "mean"):
        found = cells[method, normal]
        assert found["worst"] <= found.drop("apgd_l2").min() + 1e-9
