import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cobra.artifacts import write_table
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.reporting.cells import MEAN, cells_frame, collect_cells, read_result
from cobra.settings.tables import TableSettings

PATTERN = "{dataset}/{normal}/{method}/{seed}/{score}/{attack}.parquet"
SETTINGS = TableSettings.model_validate(
    {
        "layout": {
            "title": "T",
            "rows": "methods",
            "datasets": ["digits"],
            "methods": ["cobra", "cl"],
            "attack": "pgd",
        },
        "paper_eps": {"digits": 4 / 255},
        "classes": {"digits": ["0", "3"]},
        "methods": {
            "cobra": {"label": "COBRA", "reported": "COBRA", "scores": ["similarity", "classifier"]},
            "cl": {"label": "CL", "reported": None, "scores": ["similarity"]},
        },
        "seeds": [0, 1],
        "bootstrap": {"resamples": 100},
    }
)
TRUTH = np.arange(12) >= 5


def scores(name):
    """Clean scores of some quality and attacked ones that are worse for every image."""
    random = np.random.default_rng(list(name.encode()))
    clean = (random.standard_normal(12) + 2 * TRUTH).astype(np.float32)
    return {"clean": clean, "attacked": (clean + np.where(TRUTH, -1, 1)).astype(np.float32)}


@pytest.fixture
def write(tmp_path, identity):
    def written(columns=None, **subject):
        path = tmp_path / PATTERN.format(**subject)
        table = pa.table({"is_anomaly": TRUTH, **(columns or scores(str(subject)))})
        write_table(path, table, identity.model_copy(update={"kind": "scores", "subject": subject}))
        return path

    return written


def subject(normal="0", method="cobra", score="similarity", seed=0):
    return {
        "dataset": "digits",
        "normal": normal,
        "method": method,
        "score": score,
        "seed": seed,
        "attack": "pgd",
    }


ALL = [
    subject(normal, method, score, seed)
    for method, score in (("cobra", "similarity"), ("cobra", "classifier"), ("cl", "similarity"))
    for normal in ("0", "3")
    for seed in (0, 1)
]


def expected_mean(subjects, column):
    return np.mean([auroc(scores(str(names))[column], TRUTH) for names in subjects])


def test_a_result_holds_both_figures_of_its_file(write):
    path = write(**subject())
    result = read_result(path, subject(), 100)
    assert result.clean.value == pytest.approx(expected_mean([subject()], "clean"))
    assert result.robust.value == pytest.approx(expected_mean([subject()], "attacked"))
    assert (len(result.clean.resampled), result.files) == (100, [path])


def test_a_file_of_another_subject_is_refused(write):
    path = write(**subject())
    with pytest.raises(UserError, match="has seed 0 where 1 is needed"):
        read_result(path, subject(seed=1), 100)


def test_a_robust_figure_above_the_clean_one_is_refused(write):
    columns = scores("x")
    path = write({"clean": columns["attacked"], "attacked": columns["clean"]}, **subject())
    with pytest.raises(UserError, match="robust AUROC above the clean one, which no attack gives"):
        read_result(path, subject(), 100)


def test_cells_are_means_over_seeds_and_over_classes(write, tmp_path):
    for names in ALL:
        write(**names)
    cells = collect_cells(SETTINGS, str(tmp_path / PATTERN))
    assert [(cell.method, cell.score, cell.normal) for cell in cells] == [
        (method, score, normal)
        for method, score in (("cobra", "similarity"), ("cobra", "classifier"), ("cl", "similarity"))
        for normal in ("0", "3", MEAN)
    ]
    for cell in cells:
        behind = [
            names
            for names in ALL
            if (names["method"], names["score"]) == (cell.method, cell.score)
            and cell.normal in (names["normal"], MEAN)
        ]
        assert cell.missing is None
        assert len(cell.result.files) == len(cell.result.identities) == len(behind)
        assert cell.result.clean.value == pytest.approx(expected_mean(behind, "clean"))
        assert cell.result.robust.value == pytest.approx(expected_mean(behind, "attacked"))


def test_a_missing_file_leaves_its_class_and_the_mean_without_figures(write, tmp_path):
    gone = subject("3", "cl", "similarity", 1)
    for names in ALL:
        if names != gone:
            write(**names)
    cells = {(c.method, c.score, c.normal): c for c in collect_cells(SETTINGS, str(tmp_path / PATTERN))}
    for normal in ("3", MEAN):
        cell = cells["cl", "similarity", normal]
        assert cell.result is None
        assert cell.missing == tmp_path / PATTERN.format(**gone)
    assert cells["cl", "similarity", "0"].result is not None
    assert cells["cobra", "similarity", MEAN].result is not None


def test_the_frame_has_a_row_per_cell_with_intervals_or_what_is_missing(write, tmp_path):
    for names in ALL[:4]:
        write(**names)
    frame = cells_frame(collect_cells(SETTINGS, str(tmp_path / PATTERN)), 0.95)
    assert len(frame) == 9
    run = frame[(frame["method"] == "cobra") & (frame["score"] == "similarity")]
    assert run["class"].tolist() == ["0", "3", MEAN]
    assert (run["clean_low"] <= run["clean_auroc"]).all()
    assert (run["robust_auroc"] <= run["robust_high"]).all()
    assert run["clean_auroc"].iloc[2] == pytest.approx(run["clean_auroc"].iloc[:2].mean(), abs=1e-3)
    assert [len(files.split()) for files in run["score_files"]] == [2, 2, 4]
    absent = frame[frame["method"] == "cl"]
    assert absent["clean_auroc"].isna().all()
    assert absent["score_files"].str.startswith("not run: ").all()
    assert not pd.isna(frame["score_files"]).any()
