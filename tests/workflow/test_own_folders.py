"""Folders of a user's own, and of known data sets that were unpacked by hand."""

import os
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from faults import lay_out
from offered import only
from packing import png
from photographs import PHOTOGRAPHS
from projects import checkout

IMAGES = "results/prepared/{}/images.npy"
SCREWS = {"train/good": 8, "test/good": 3, "test/scratch": 3, "test/dent": 2}
PETS = {"cat": 10, "dog": 10, "fish": 20}

pytestmark = pytest.mark.workflow


def images(project, name, folders):
    """A folder of noisy images below data/, so many in each of its subfolders."""
    random = np.random.default_rng(0)
    for folder, count in folders.items():
        (project / "data" / name / folder).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            (project / "data" / name / folder / f"{number:02}.png").write_bytes(png(pixels))
    return f"data/{name}"


def counts_of(project, dataset):
    rows = pq.read_table((project / IMAGES.format(dataset)).with_suffix(".parquet")).to_pandas()
    return rows.groupby(["split", "category", "defect"]).size().to_dict()


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A project that ran to its end on two folders of one's own."""
    project = checkout(tmp_path_factory.mktemp("own") / "project")
    datasets = {
        "screws": {"folder": images(project, "screws", SCREWS), "resolution": 64},
        "pets": {"folder": images(project, "pets", PETS), "resolution": 16, "classes": ["cat", "fish"]},
    }
    images(project, "screws/test/hidden", {"deeper": 2})  # which no reader looks for
    # seed 1: on these noisy images the small network of seed 0 collapses
    short = {"detector.schedule.images_per_epoch": 16, "attacks.pgd.steps": 1, "seeds": [1]}
    defects = {
        "title": "Defects",
        "rows": "defects",
        "datasets": ["screws"],
        "methods": ["cobra"],
        "attack": "pgd",
    }
    project.configure(only(datasets) | short | {"tables.defects": defects})
    project.make()
    return project


def test_a_folder_with_defects_is_counted_by_its_subfolders(own):
    assert counts_of(own, "screws") == {
        ("train", "screws", ""): 8,
        ("test", "screws", ""): 3,
        ("test", "screws", "scratch"): 3,
        ("test", "screws", "dent"): 2,
    }


def test_of_a_folder_per_class_70_percent_train(own):
    assert counts_of(own, "pets") == {
        (split, name, ""): round(share * count)
        for name, count in PETS.items()
        for split, share in (("train", 0.7), ("test", 0.3))
    }


def test_images_have_the_side_that_was_asked_for(own):
    assert np.load(own / IMAGES.format("screws")).shape == (16, 64, 64, 3)
    assert np.load(own / IMAGES.format("pets")).shape == (40, 16, 16, 3)


def test_the_table_has_the_classes_of_the_folders(own):
    cells = pd.read_csv(own / "results/tables/losses.csv")
    assert cells.groupby("dataset", sort=False)["class"].agg(list).to_dict() == {
        "screws": ["screws", "mean"],
        "pets": ["cat", "fish", "mean"],
    }
    assert cells[["clean_auroc", "robust_auroc"]].notna().all(axis=None)


def test_a_table_of_defects_has_each_kind_of_the_folder_against_all_good_images(own):
    cells = pd.read_csv(own / "results/tables/defects.csv", keep_default_na=False)
    kinds = cells.loc[cells["class"] == "screws", ["defect", "normal_images", "anomalies"]]
    assert kinds.to_numpy().tolist() == [["", "3", "5"], ["dent", "3", "2"], ["scratch", "3", "3"]]
    scores = pq.read_table(own / cells["score_files"][0]).to_pandas()
    for row in cells[cells["defect"] != ""].to_dict("records"):
        good, bad = (scores[scores["class_name"] == name] for name in ("good", row["defect"]))
        for column, figure in (("clean", "clean_auroc"), ("attacked", "robust_auroc")):
            won = [(b > a) + 0.5 * (b == a) for a in good[column] for b in bad[column]]
            assert float(row[figure]) == pytest.approx(100 * np.mean(won), abs=1e-3)
    assert "screws, scratch (3)" in (own / "results/tables/defects.md").read_text()


def test_nothing_runs_again_until_an_image_is_added(own, tmp_path):
    project = own.copy(tmp_path / "project")
    assert project.plan() == {}
    images(project, "screws", {"test/bent": 1})
    assert project.plan()["prepare_dataset"] == 1


def test_what_systems_leave_times_and_moves_make_nothing_again_and_a_pixel_behind_a_link_does(own, tmp_path):
    project = own.copy(tmp_path / "project")
    data = project / "data"
    for name in (".DS_Store", "Thumbs.db", "__MACOSX/._00.png"):
        (data / "screws/test/scratch" / name).parent.mkdir(exist_ok=True)
        (data / "screws/test/scratch" / name).write_bytes(b"Bud1")
    for path in (data, *data.rglob("*")):
        os.utime(path)
    assert project.plan() == {}
    data.rename(project / "elsewhere")
    shutil.copytree(project / "elsewhere", data)  # with new times: as files come back from another disk
    for path in data.rglob("*"):
        os.utime(path)
    assert project.plan() == {}
    shutil.rmtree(data / "screws/test/dent")
    behind = project / "elsewhere/screws/test/dent"
    (data / "screws/test/dent").symlink_to(behind)
    assert project.plan() == {}
    (behind / "00.png").write_bytes(png(np.zeros((40, 40, 3), dtype=np.uint8)))
    assert project.plan()["prepare_dataset"] == 1


def test_what_is_not_read_is_told_below_the_table_and_may_be_an_error(own, tmp_path):
    told = "2 files are not read: 2 .png in test/hidden/deeper (the first: test/hidden/deeper/00.png)"
    assert told in (own / "results/tables/datasets.md").read_text()
    project = own.copy(tmp_path / "project")
    project.configure({"data.counts": "error"})
    (project / IMAGES.format("screws")).unlink()
    done = project.snakemake("--", IMAGES.format("screws"))
    assert done.returncode == 1
    assert f"error: The data are not what they should be: {told}" in done.stdout + done.stderr


def test_files_that_nobody_reads_and_that_came_later_are_told_by_make_why(own, tmp_path):
    project = own.copy(tmp_path / "project")
    (project / "data/screws/test/scratch/phone.heic").write_bytes(b"ftypheic")
    done = project.run("python", "-m", "workflow.commands.why", "--configfile", "tiny.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0 of ")
    (told,) = (line for line in done.stdout.splitlines() if line.startswith("screws: "))
    assert told.startswith(
        "screws: 3 files are not read: 2 .png in test/hidden/deeper, 1 .heic in test/scratch"
    )


def test_an_unpacked_archive_is_prepared_again_when_an_image_is_added(fresh):
    fresh.configure(only({"mvtec": {"classes": ["bottle"], "resolution": 32}}))
    drop = fresh / lay_out(fresh, "mvtec", PHOTOGRAPHS["mvtec"]())
    fresh.make(IMAGES.format("mvtec"))
    before = counts_of(fresh, "mvtec")
    assert fresh.plan(IMAGES.format("mvtec")) == {}
    good = sorted((drop / "bottle/test/good").iterdir())
    good[0].with_name("100.png").write_bytes(good[0].read_bytes())
    fresh.make(IMAGES.format("mvtec"))
    assert counts_of(fresh, "mvtec") == before | {("test", "bottle", ""): 3}
