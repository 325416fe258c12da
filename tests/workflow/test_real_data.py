"""MNIST as its authors ship it: placed by hand, through the workflow, into a table beside the paper's."""

import gzip
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

DROPPED = "resources/manual/mnist"
IMAGES = "results/prepared/mnist/images.npy"
COUNTS = {"train": 60_000, "test": 10_000}

pytestmark = pytest.mark.workflow


@pytest.fixture
def mnist(fresh, real_data):
    """A project of one class of MNIST, its four compressed files in place."""
    shutil.copytree(real_data / "mnist", fresh / DROPPED)
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
    cells = pd.read_csv(mnist / "results/tables/losses.csv")
    assert cells["class"].tolist() == ["3", "mean"]
    assert cells[["clean_auroc", "robust_auroc"]].notna().all(axis=None)
    (row,) = markdown_table(mnist / "results/tables/losses.md")
    assert row["Method"] == "L_COBRA + L_CLS"
    mean = cells.iloc[-1]
    assert row["mnist"].startswith(f"{mean.clean_auroc:.1f} / {mean.robust_auroc:.1f} [")
    assert row["mnist (paper)"] == "92.8 / 96.4"
    (row,) = markdown_table(mnist / "results/tables/datasets.md")
    assert row["Data set"] == "mnist"
    assert row["COBRA (paper)"] == "92.8 / 96.4"
    assert row["ZARND (paper)"] == "99.0 / 91.2"


def test_uncompressed_files_serve_as_well(mnist):
    for path in (mnist / DROPPED).glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    mnist.make(IMAGES)
    manifest = pq.read_table(mnist / "results/prepared/mnist/images.parquet").to_pandas()
    assert manifest["split"].value_counts().to_dict() == COUNTS
    threes = manifest[(manifest["split"] == "test") & (manifest["class_name"] == "3")]
    assert len(threes) == 1010
    images = np.load(mnist / IMAGES, mmap_mode="r")
    assert images[threes["image_id"]].max() == 255


def test_a_truncated_file_is_told_in_a_sentence(mnist):
    path = mnist / DROPPED / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:100_000])
    done = mnist.snakemake("--", IMAGES)
    assert done.returncode != 0
    (said,) = (mnist / "results/logs/prepare/mnist.log").read_text().splitlines()
    assert said.startswith(f"error: {DROPPED}/{path.name} cannot be read")
    assert said.endswith("place a whole copy there.")
    assert said in done.stdout + done.stderr
    assert not (mnist / IMAGES).exists()
