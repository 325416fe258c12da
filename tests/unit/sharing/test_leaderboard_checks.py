"""A record made elsewhere that is not what its score files say: each reason for which it is refused."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from records import Submission, attack

from cobra.sharing.leaderboard.package import open_package
from cobra.sharing.leaderboard.score_files import lineage_faults


@pytest.mark.parametrize(
    ("place_in_it", "value"),
    [("robust.auroc", 80.0), ("robust.low", 20.0), ("clean.high", 99.9), ("aurocs.square", 1.0)],
)
def test_a_figure_edited_by_hand_is_told_with_the_one_that_follows(submission, refused, place_in_it, value):
    above, last = place_in_it.split(".")
    true = submission.record[above][last]
    submission.edit(place_in_it, value)
    (fault,) = refused()
    assert fault.startswith(
        f"record.json states {place_in_it} {value:.3f} where the attached scores give {true:.3f}: "
    )


def test_a_score_file_that_the_record_does_not_name_is_told(submission, refused):
    shutil.copy(submission.folder / "attack/pgd.parquet", submission.folder / "attack/apgd.parquet")
    assert refused(honest=False) == [
        "attack/apgd.parquet is not the file that record.json names (its SHA-256 differs): attach that one."
    ]


def test_a_score_file_of_another_detector_is_told(place, submission, refused, tmp_path):
    theirs = ("--normal", "dark", "--name", "theirs", "--record", str(place / "theirs.tar.gz"))
    theirs += ("--output", str(place / "theirs"))
    assert attack(place, "--score", "shade_scores:stripes", *theirs) == 0
    other = Submission(place / "theirs.tar.gz", tmp_path / "theirs")
    shutil.copy(other.folder / "attack/apgd.parquet", submission.folder / "attack/apgd.parquet")
    faults = refused()
    assert len(faults) == 1
    assert faults[0].startswith("attack/apgd.parquet has method 'theirs' where 'mine' is needed: ")


def test_scores_of_another_detector_under_this_one_s_name_are_told_by_their_clean_scores(submission, refused):
    clean, attacked = (submission.scores("doubled/doubled.parquet")[name].to_numpy() for name in
                       ("clean", "attacked"))  # fmt: skip
    names = [name for name in submission.scores("doubled/doubled.parquet").column_names if "_s" in name]
    moved = {name: submission.scores("doubled/doubled.parquet")[name].to_numpy() + np.float32(1)
             for name in names}  # fmt: skip
    submission.rewrite("doubled/doubled.parquet", clean=clean + 1, attacked=attacked + 1, **moved)
    (fault,) = refused()
    assert fault.startswith("doubled/doubled.parquet has other clean scores than attack/apgd.parquet")


def test_settings_that_the_score_file_does_not_have_are_told(submission, refused):
    def weaken(told):
        told["settings"]["evaluation"]["attack"]["step_ratios"] = [1.0]

    submission.identify("attack/apgd.parquet", weaken)
    (fault,) = refused()
    assert fault.startswith("attack/apgd.parquet was made with other settings of apgd than the record says")


def changed(submission, path, column, row, value):
    values = submission.scores(path)[column].to_numpy().copy()
    values[row] = value
    submission.rewrite(path, **{column: values})


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("attacked", 0.0, "has scores in attacked that are better for the defender than the clean ones"),
        ("attacked", 0.9, "has attacked scores that are not the worst of its trace"),
        ("r1_s5", 0.9, "has attacked scores that are not the worst of its trace"),
        ("r1_s5", np.nan, "holds scores that are not finite"),
    ],
)
def test_scores_that_no_attack_leaves_are_told(submission, refused, column, value, sentence):
    changed(submission, "attack/apgd.parquet", column, 0, value)  # a normal image: an attack raises its score
    assert refused()[0].startswith(f"attack/apgd.parquet {sentence}")


def test_more_steps_that_help_the_defender_are_told(submission, refused):
    table = submission.scores("attack/apgd.parquet")
    last, clean = table["r1_s10"].to_numpy().copy(), table["clean"].to_numpy()
    early = table["r1_s5"].to_numpy().copy()
    early[0], last[0] = last[0], clean[0]
    submission.rewrite("attack/apgd.parquet", r1_s5=early, r1_s10=last)
    assert refused() == ["attack/apgd.parquet has scores in r1 that more steps made better for the defender."]


def test_a_file_without_the_columns_of_its_attack_is_told(submission, refused):
    import pyarrow.parquet as pq

    path = submission.folder / "attack/pgd.parquet"
    pq.write_table(submission.scores("attack/pgd.parquet").drop_columns(["r2_s10"]), path)
    (fault,) = refused()
    assert fault.startswith("attack/pgd.parquet has not the columns that its attack writes (r2_s10)")


def test_a_file_that_claims_a_billion_restarts_is_told_at_once(place):
    record, (first, *_) = open_package(place / "mine.tar.gz")
    evaluation = {"attack": first.attack.model_dump() | {"restarts": 10**9}}
    claimed = replace(first, identity=first.identity.with_settings(evaluation=evaluation))
    told = list(lineage_faults(record, [claimed]))
    assert any("has not the columns that its attack writes (r2_s1" in fault for fault in told)


def test_a_verdict_that_does_not_follow_is_told(submission, refused):
    submission.edit("gates.8.verdict", "pass")  # gate 9, with nothing attached to judge by
    (fault,) = refused()
    assert fault.startswith(
        "record.json states 'pass' for gate 9 (undefended) where the attached scores give "
    )


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("fail", "The figure fails gate 4 (gradient): median"),
        ("not applicable", "Gate 4 (gradient) is not stated to pass"),
    ],
)
def test_a_figure_that_fails_a_gate_is_told(submission, refused, verdict, sentence):
    submission.edit("gates.3.verdict", verdict)
    assert refused()[0].startswith(sentence)


def test_verdicts_must_be_of_all_gates(submission, refused):
    submission.edit("gates", submission.record["gates"][:9])
    assert refused()[0].startswith("record.json has not one verdict for each of the gates 1, 2, 3,")
