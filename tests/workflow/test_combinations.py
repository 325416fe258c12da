"""The worst case over attacks, from the configuration to a table."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

ATTACKS = {
    "pgd": {"steps": 3, "restarts": 2},
    "apgd": {"kind": "apgd", "steps": 3, "restarts": 1},
    "noise": {"kind": "noise", "steps": 3, "restarts": 1},
}
COMBINED = {"combine_attacks": 2, "make_table": 1, "trace_table": 1, "make_audit": 1, "demo": 1}
FOLDER = "results/digits/0/cobra/seed0/scores/similarity"

pytestmark = pytest.mark.workflow


@pytest.fixture
def combined(project):
    project.configure(
        {
            "attacks": ATTACKS,
            "combinations": {"worst": {"parts": list(ATTACKS)}},
            "methods.cobra.scores": ["similarity"],
            "tables": {"worst": {
                "title": "Worst", "rows": "datasets", "datasets": ["digits"], "methods": ["cobra"],
                "attack": "worst",
            }},
        }
    )  # fmt: skip
    return project


def test_a_table_may_show_the_worst_case_over_attacks(combined):
    # two classes; pgd was run before
    assert combined.plan() == {"attack_detector": 4, **COMBINED}
    combined.make()
    parts = {name: pq.read_table(combined / FOLDER / f"{name}.parquet").to_pandas() for name in ATTACKS}
    worst = pq.read_table(combined / FOLDER / "worst.parquet").to_pandas()
    direction = np.where(worst["is_anomaly"], -1, 1)
    signed = np.stack([direction * part["attacked"] for part in parts.values()])
    np.testing.assert_array_equal(direction * worst["attacked"], signed.max(axis=0))
    assert set(worst["strongest"]) <= set(ATTACKS)
    cells = pd.read_csv(combined / "results/tables/worst.csv")
    assert (cells["robust_auroc"] <= cells["clean_auroc"]).all()
    below = (combined / "results/tables/worst.md").read_text()
    assert "Attack on digits: the worst per image of: PGD, 3 steps x 2 restarts" in below
    assert "APGD, 3 steps x 1 restarts, eps 0.1" in below
    assert "attack.kind noise (paper: pgd)" in below
    assert combined.plan() == {}
    combined.configure({"attacks.noise.steps": 4})  # and one part changed runs that part and the combination
    assert combined.plan() == {"attack_detector": 2, **COMBINED}
