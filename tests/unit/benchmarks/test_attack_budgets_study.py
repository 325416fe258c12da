"""The study of shorter attacks: what it says of score files, against loops over their images."""

import sys

import numpy as np
import pytest
from attacked_files import FULL, TEST, attacked_file
from samples import two_groups

from benchmarks.studies import attack_budgets
from cobra.errors import UserError
from cobra.metrics import auroc


@pytest.fixture
def folder(tmp_path, identity):
    """Score files of PGD and APGD on the same images."""
    made = tmp_path / "digits/3/scores/similarity"
    made.mkdir(parents=True)
    found = {
        "pgd": attacked_file(made, identity, "pgd")[1],
        "apgd": attacked_file(made, identity, "apgd", kind="apgd", steps=2)[1],
    }
    return made, found


def test_figures_are_those_of_the_images_one_by_one(folder):
    made, found = folder
    own = {each["restarts"]: each for each in attack_budgets.compared(made / "pgd.parquet", [1, 6, 7])}
    assert list(own) == [1, 6]  # seven restarts were not made
    anomalous, clean = TEST.is_anomaly.numpy(), found["pgd"].columns["clean"].numpy()
    long = found["pgd"].columns["attacked"].numpy()
    for restarts, each in own.items():
        short = clean.copy()
        for image, anomaly in enumerate(anomalous):
            for r in range(1, restarts + 1):
                tried = found["apgd"].columns[f"r{r}_s2"].numpy()[image]
                short[image] = min(short[image], tried) if anomaly else max(short[image], tried)
        more = [right_of(image, short, long) - right_of(image, long, long) for image in range(13)]
        assert each["short"] == auroc(short, anomalous)
        assert each["long"] == auroc(long, anomalous)
        assert each["as_badly"] == np.mean([its <= 1e-12 for its in more])
        assert each["worst_image"] == pytest.approx(max(0, *more))
        assert each["steps"] == restarts * 2 / (FULL["steps"] * FULL["restarts"])
    assert own[6]["worst_image"] <= own[1]["worst_image"]


def right_of(image, scores, others):
    """The share of the pairs of this image with those of the other kind in which the anomaly's is higher."""
    anomalous = TEST.is_anomaly.tolist()
    pairs = [
        (scores[image], others[other]) if anomalous[image] else (others[other], scores[image])
        for other in range(len(others))
        if anomalous[other] != anomalous[image]
    ]
    return np.mean([(anomaly > normal) + 0.5 * (anomaly == normal) for anomaly, normal in pairs])


def test_attacks_of_another_budget_are_not_compared(folder, identity):
    made, _ = folder
    attacked_file(made, identity, "wider", eps=0.4)
    with pytest.raises(UserError, match=r"wider.parquet has not the eps, norm, target of .*pgd.parquet"):
        list(attack_budgets.compared(made / "pgd.parquet", [1]))


def test_attacks_on_other_images_are_left_out(folder, identity, monkeypatch):
    made, _ = folder
    monkeypatch.setattr("attacked_files.TEST", two_groups(normal=5, anomalies=7))
    attacked_file(made, identity, "fewer", eps=0.4)
    assert {each["attack"] for each in attack_budgets.compared(made / "pgd.parquet", [1])} == {"apgd"}


def printed(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["attack_budgets.py", *map(str, arguments)])
    attack_budgets.main()


def test_both_tables_are_printed(folder, monkeypatch, tmp_path, capsys):
    printed(monkeypatch, tmp_path, "--against", "pgd", "--restarts", 1, 6)
    text = capsys.readouterr().out
    for part in ("## Shorter attacks\n\ndetectors 1, ", "| apgd     | 1          | 8.3 %", "| 50 % ",
                 "worst image", "## By detector", "| digits/0/cobra/"):  # fmt: skip
        assert part in text


def test_a_folder_without_such_files_is_refused(monkeypatch, tmp_path):
    with pytest.raises(UserError, match="holds no other attack beside pgd_1000_10: attack first"):
        printed(monkeypatch, tmp_path)
