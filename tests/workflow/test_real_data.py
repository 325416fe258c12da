"""Real data placed by hand: MNIST through the workflow into a table, the others prepared, counted, drawn."""

import gzip
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

DROPPED = "resources/manual/mnist"
IMAGES = "results/prepared/mnist/images.npy"
COUNTS = {"train": 60_000, "test": 10_000}

pytestmark = pytest.mark.workflow


@pytest.fixture
def mnist(fresh, real_data):
    """A project of one class of MNIST, its four files in place, those of the test images uncompressed."""
    shutil.copytree(real_data / "mnist", fresh / DROPPED)
    for path in (fresh / DROPPED).glob("t10k-*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    one_class = {"classes": ["3"], "test_subset": {"normal_limit": 10, "anomaly_limit": 18}}
    one_table = {"datasets": ["mnist"], "methods": ["cobra"]}
    fresh.configure(
        {
            "datasets": {"mnist": one_class},
            "detector.subset.limit": 64,
            "detector.schedule.epochs": 1,
            "methods.cobra.scores": ["similarity"],
            **{
                f"tables.{table}.{key}": new
                for table in ("losses", "datasets")
                for key, new in one_table.items()
            },
        }
    )
    return fresh


def markdown_table(path):
    """The rows of a Markdown file's table, by its columns."""
    lines = [line.strip("|\n").split("|") for line in path.read_text().splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_one_class_of_mnist_from_files_to_tables(mnist):
    mnist.make()
    images = np.load(mnist / IMAGES, mmap_mode="r")
    assert images.shape == (70_000, 32, 32, 3)
    manifest = pq.read_table(mnist / "results/prepared/mnist/images.parquet").to_pandas()
    assert manifest["split"].value_counts().to_dict() == COUNTS
    threes = manifest[manifest["category"] == "3"]
    assert threes["split"].value_counts().to_dict() == {"train": 6131, "test": 1010}
    assert images[threes["image_id"]].max() == 255
    cells = pd.read_csv(mnist / "results/tables/losses.csv")
    assert cells["class"].tolist() == ["3", "mean"]
    assert cells[["clean_auroc", "robust_auroc"]].notna().all(axis=None)
    (row,) = markdown_table(mnist / "results/tables/losses.md")
    assert row["Method"] == "L_COBRA + L_CLS"
    mean = cells.iloc[-1]
    assert row["mnist (reduced)"].startswith(f"{mean.clean_auroc:.1f} / {mean.robust_auroc:.1f} [")
    assert row["mnist (paper)"] == "92.8 / 96.4"
    (row,) = markdown_table(mnist / "results/tables/datasets.md")
    assert row["Data set"] == "mnist (reduced)"
    assert row["COBRA (paper)"] == "92.8 / 96.4"
    assert row["ZARND (paper)"] == "99.0 / 91.2"


PLACED = {
    "fmnist": ("fashion-mnist", {}, {("train", "bag", ""): 6000, ("test", "bag", ""): 1000}, 70_000),
    "cifar10": ("cifar10", {}, {("train", "cat", ""): 5000, ("test", "cat", ""): 1000}, 60_000),
    "mvtec": (
        "mvtec",
        {"classes": ["bottle"]},
        {
            ("train", "bottle", ""): 189,
            ("test", "bottle", ""): 25,
            ("test", "bottle", "broken_large"): 20,
            ("test", "bottle", "broken_small"): 22,
            ("test", "bottle", "contamination"): 21,
        },
        277,
    ),
}


@pytest.mark.parametrize("name", PLACED)
def test_real_images_are_prepared_counted_and_drawn(fresh, real_data, name):
    folder, settings, some_counts, images = PLACED[name]
    shutil.copytree(real_data / folder, fresh / "resources/manual" / name)
    fresh.configure({"datasets": {name: settings}, "tables": {}, "detector.crafting.filter.enabled": False})
    fresh.make("figures")
    manifest = pq.read_table(fresh / f"results/prepared/{name}/images.parquet").to_pandas()
    counts = manifest.groupby(["split", "category", "defect"]).size()
    assert counts.sum() == images
    assert {place: counts[place] for place in some_counts} == some_counts
    sheet = Image.open(fresh / f"results/figures/contact_sheet_{name}.png").convert("L")
    assert min(sheet.size) > 300
    assert np.asarray(sheet).std() > 10  # it shows something


def test_other_numbers_of_images_than_published_can_be_an_error(fresh, real_data):
    shutil.copytree(real_data / "mvtec", fresh / "resources/manual/mvtec")
    fresh.configure(
        {"datasets": {"mvtec": {"classes": ["bottle"]}}, "tables": {}, "data": {"counts": "error"}}
    )
    done = fresh.snakemake("--", "results/prepared/mvtec/images.npy")
    assert done.returncode != 0
    said = (fresh / "results/logs/prepare/mvtec.log").read_text().splitlines()[-1]
    assert said == (
        "error: The data are not what they should be: bottle has 189/25/63 training/normal test/defective "
        "test images (published: 209/20/63): place the complete data set, or set data.counts to warn."
    )
