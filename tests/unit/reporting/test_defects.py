"""Tables of kinds of defects: each kind's anomalies against all normal images."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from cell_files import EMPTY, PATTERN, SETTINGS

from cobra.artifacts.files import write_table
from cobra.errors import UserError
from cobra.metrics import estimate_auroc, mean_estimate
from cobra.reporting.audit import _measured
from cobra.reporting.tables.cells import MEAN, Patterns, collect_cells
from cobra.reporting.tables.defects import read_kinds
from cobra.reporting.tables.notes import notes
from cobra.reporting.tables.settings import TableLayout
from cobra.reporting.tables.table import cells_frame, table_frame

KINDS = {"0": ["good"] * 6 + ["scratch"] * 4 + ["dent"] * 3, "3": ["good"] * 5 + ["bent"] * 2}
LAYOUT = {
    "title": "T",
    "rows": "defects",
    "datasets": ["digits"],
    "methods": ["cobra", "cl"],
    "attack": "pgd",
}
OF_DEFECTS = SETTINGS.model_copy(update={"layout": TableLayout.model_validate(LAYOUT)})
SUBJECTS = [
    {"dataset": "digits", "normal": normal, "method": method, "score": score, "seed": seed, "attack": "pgd"}
    for normal in KINDS
    for method, score in (("cobra", "similarity"), ("cobra", "classifier"), ("cl", "similarity"))
    for seed in (0, 1)
]


def columns(subject):
    """Scores of a class's images; an attack moves each by what differs from image to image."""
    kinds = np.array(KINDS[subject["normal"]])
    random = np.random.default_rng(list(str(subject).encode()))
    clean = np.round(random.standard_normal(len(kinds)) + (kinds != "good"), 1).astype(np.float32)
    moved = np.where(kinds == "good", 1, -1) * random.random(len(kinds))
    return {"clean": clean, "attacked": (clean + moved).astype(np.float32)}


def write(folder, identity, subject, **changes):
    kinds = np.array(KINDS[subject["normal"]])
    own = {"image_id": np.arange(len(kinds)) * 3, "is_anomaly": kinds != "good", "class_name": kinds}
    table = pa.table({**own, **columns(subject), **changes})
    path = folder / PATTERN.format(**subject)
    settings = {
        "evaluation": {"attack": {"kind": "pgd", "eps": 4 / 255}},
        "detector": {"own": {}},
        "data": [],
    }
    about = {"kind": "scores", "subject": subject, "settings": settings}
    write_table(path, table, identity.model_copy(update=about))
    return path


@pytest.fixture
def cells(tmp_path, identity):
    for subject in SUBJECTS:
        write(tmp_path, identity, subject)
    return collect_cells(OF_DEFECTS, Patterns(str(tmp_path / PATTERN)))


def by_loops(subject, column, kind):
    """The share of pairs of a normal image and an anomaly of the kind that are ranked rightly, in percent."""
    scores, kinds = columns(subject)[column], KINDS[subject["normal"]]
    won = [
        (b > a) + 0.5 * (b == a)
        for a, one in zip(scores, kinds, strict=True) if one == "good"
        for b, other in zip(scores, kinds, strict=True) if other == kind or (not kind and other != "good")
    ]  # fmt: skip
    return 100 * sum(won) / len(won)


def test_each_class_is_followed_by_its_kinds_and_the_mean_comes_last(cells):
    own = [cell for cell in cells if (cell.method, cell.score) == ("cobra", "classifier")]
    assert [(cell.normal, cell.defect, cell.images) for cell in own] == [
        ("0", "", (6, 7)), ("0", "dent", (6, 3)), ("0", "scratch", (6, 4)),
        ("3", "", (5, 2)), ("3", "bent", (5, 2)), (MEAN, "", None),
    ]  # fmt: skip


def test_figures_are_means_over_seeds_of_loops_over_pairs(cells):
    for cell in (cell for cell in cells if cell.normal != MEAN):
        behind = [
            each for each in SUBJECTS
            if all(each[name] == getattr(cell, name) for name in ("normal", "method", "score"))
        ]  # fmt: skip
        for estimate, column in ((cell.result.clean, "clean"), (cell.result.robust, "attacked")):
            expected = np.mean([by_loops(subject, column, cell.defect) for subject in behind])
            assert estimate.value == pytest.approx(expected)


def test_intervals_are_those_of_the_kind_s_images_alone(cells):
    cell = next(cell for cell in cells if (cell.method, cell.defect) == ("cl", "scratch"))
    rows = np.array([kind in ("good", "scratch") for kind in KINDS["0"]])
    seeds = [
        estimate_auroc(columns(each)["attacked"][rows], (np.array(KINDS["0"]) != "good")[rows],
                       np.arange(13)[rows] * 3, 100, "digits")
        for each in SUBJECTS if (each["normal"], each["method"]) == ("0", "cl")
    ]  # fmt: skip
    expected = mean_estimate(seeds, redrawn=True)
    assert cell.result.robust.interval(0.95) == pytest.approx(expected.interval(0.95))


def test_of_known_images_no_interval_is_left(tmp_path, identity):
    for subject in SUBJECTS:
        write(tmp_path, identity, subject)
    bootstrap = SETTINGS.bootstrap.model_copy(update={"over": ["classes"]})
    known = OF_DEFECTS.model_copy(update={"bootstrap": bootstrap})
    kind = next(cell for cell in collect_cells(known, Patterns(str(tmp_path / PATTERN))) if cell.defect)
    low, high = kind.result.robust.interval(0.95)
    assert low == high == pytest.approx(kind.result.robust.value)


def test_a_table_shows_classes_and_their_kinds_with_the_numbers_of_anomalies(cells):
    frame = table_frame(OF_DEFECTS, cells, EMPTY)
    assert list(frame.columns) == ["Class and defect", "COBRA", "COBRA, classifier score", "CL"]
    assert frame["Class and defect"].tolist() == [
        "0 (7)", "0, dent (3)", "0, scratch (4)", "3 (2)", "3, bent (2)",
    ]  # fmt: skip
    dent = next(cell.result for cell in cells if (cell.method, cell.defect) == ("cl", "dent"))
    shown = frame.set_index("Class and defect").loc["0, dent (3)", "CL"]
    assert shown.startswith(f"{dent.clean.value:.1f} / {dent.robust.value:.1f} [")
    assert any("brackets behind it the number of these anomalies" in note
               for note in notes(OF_DEFECTS, cells, EMPTY))  # fmt: skip


def test_a_method_that_was_not_run_says_so_in_the_class_s_row(tmp_path, identity):
    for subject in SUBJECTS:
        if (subject["method"], subject["normal"]) != ("cobra", "0"):
            write(tmp_path, identity, subject)
    cells = collect_cells(OF_DEFECTS, Patterns(str(tmp_path / PATTERN)))
    frame = table_frame(OF_DEFECTS, cells, EMPTY).set_index("Class and defect")
    assert frame["COBRA"].tolist()[:1] == ["not run"]
    assert frame.loc[["0, dent (3)", "0, scratch (4)"], "COBRA"].tolist() == ["–", "–"]
    assert "0 (7)" in frame.index


def test_the_csv_has_a_row_per_kind_and_the_audit_leaves_kinds_out(cells, tmp_path):
    frame = cells_frame(cells, OF_DEFECTS, EMPTY)
    own = frame[(frame["method"] == "cl") & (frame["class"] == "0")]
    assert own[["defect", "normal_images", "anomalies"]].to_numpy().tolist() == [
        ["", 6, 7], ["dent", 6, 3], ["scratch", 6, 4],
    ]  # fmt: skip
    assert len(set(own["score_files"])) == 1
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    for images in ("clean", "robust"):
        audited = _measured(path, images)
        expected = frame.loc[frame["defect"] == "", f"{images}_auroc"]
        assert audited["auroc"].tolist() == pytest.approx(expected.tolist())


def test_the_paper_s_figure_stands_beside_the_class_alone(cells):
    reported = pd.DataFrame([("p", "0", "COBRA", 90.0, 60.0)], columns=EMPTY.columns)
    layout = TableLayout.model_validate(LAYOUT | {"reported": "p"})
    shown = OF_DEFECTS.model_copy(update={"layout": layout})
    frame = table_frame(shown, cells, reported).set_index("Class and defect")
    assert frame["COBRA (paper)"].str.startswith("90.0 / 60.0").tolist() == [True, *[False] * 4]


def test_a_file_without_kinds_is_told_in_a_sentence(tmp_path, identity):
    path = write(tmp_path, identity, SUBJECTS[0])
    table = pa.table({"is_anomaly": [True], "image_id": [1]})
    write_table(path, table, identity)
    with pytest.raises(UserError, match="has no column class_name, which tells kinds of defects"):
        read_kinds(path, 100, "digits")


def test_accuracies_have_no_kinds():
    with pytest.raises(ValueError, match="rows: defects needs measure: auroc"):
        TableLayout.model_validate(LAYOUT | {"measure": "accuracy"})
