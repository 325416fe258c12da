"""The geometry of embeddings, from networks kept in training to the figure, and what is measured again."""

import numpy as np
import pandas as pd
import pytest
from edits import added, settings
from PIL import Image
from projects import checkout

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import read_table
from cobra.data.one_class import training_images
from cobra.data.prepared import read_prepared
from cobra.detectors.detector import Detector
from cobra.training.embedding_geometry import batches_as_trained, measure
from cobra.training.settings import DetectorSettings

CHANGES = {
    "datasets.digits.classes": ["0"],
    "detector.schedule.snapshots": 2,
    "methods": {
        "cobra": {"label": "L_COBRA"},
        "cl": {"label": "L_CL", "detector": {"objective": {"contrastive": "cl"}}},
    },
    "geometry": {"batches": 1},
    "tables": {},
    "figures": {
        "geometry": {
            "kind": "geometry", "title": "Embeddings", "datasets": ["digits"], "methods": ["cobra", "cl"],
        },
    },
}  # fmt: skip
METHODS = ["cobra", "cl"]  # each named as its loss
FOLDER = "results/digits/0/{}/seed0"
FIGURE = "results/figures/geometry.png"

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A project that made the figure alone: to look at, never to change."""
    project = checkout(tmp_path_factory.mktemp("geometry") / "project")
    project.configure(CHANGES)
    project.make(FIGURE)
    return project


def measured(project, method):
    """The rows of a training's file, and its identity."""
    table, identity = read_table(project / FOLDER.format(method) / "geometry.parquet")
    return table.to_pandas(), identity


@pytest.mark.parametrize("method", METHODS)
def test_each_network_kept_is_measured_clean_and_under_the_attack_on_its_own_loss(done, method):
    rows, identity = measured(done, method)
    assert identity.inputs["snapshots"] == file_digest(done / FOLDER.format(method) / "snapshots.pt")
    shown = rows[["epoch", "loss", "views"]].drop_duplicates().to_numpy().tolist()
    assert shown == [[epoch, *views] for epoch in (1, 2) for views in (["", "clean"], [method, "attacked"])]
    first, last = (rows.loc[rows["epoch"] == epoch, "mean"].to_numpy() for epoch in (1, 2))
    assert np.isfinite(rows["mean"]).all()
    assert (first != last).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_last_network_measured_is_that_of_the_trained_detector(done, method):
    detector = Detector.load(done / FOLDER.format(method) / "detector.pt")
    trained = DetectorSettings.model_validate(detector.identity.settings)
    prepared = read_prepared(done / "results/prepared/digits/images.npy")
    images = training_images(prepared, "0", trained.subset)
    batches = list(batches_as_trained(images, trained, 0, 1, None))
    expected = pd.DataFrame(measure(detector.network, batches, trained, [method]))
    rows, _ = measured(done, method)
    found = rows[rows["epoch"] == 2].drop(columns="epoch").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4, atol=1e-5)


def test_the_figure_is_a_picture_with_the_measured_numbers_beside_it(done):
    assert np.asarray(Image.open(done / FIGURE).convert("L")).std() > 10  # something is drawn
    numbers = pd.read_csv((done / FIGURE).with_suffix(".csv"), keep_default_na=False)
    for method in METHODS:
        own, (rows, _) = numbers[numbers["method"] == method], measured(done, method)
        assert own["own"].all()
        assert own["mean"].tolist() == pytest.approx(rows["mean"].tolist(), abs=1e-5)


MEASURED = {"measure_geometry": 2, "plot_results": 1}
MATRIX = {
    "nothing": (settings(), {}),
    "the figure's title": (settings(figures__geometry__title="Other"), {"plot_results": 1}),
    "how it is drawn": (added("cobra/reporting/figures/kinds/geometry.py"), {"plot_results": 1}),
    "the losses attacked": (settings(geometry__losses=["cl"]), MEASURED),
    "how embeddings are measured": (added("cobra/training/embedding_geometry.py"), MEASURED),
    "the epochs kept": (settings(detector__schedule__snapshots=1), {"train_detector": 2, **MEASURED}),
}


@pytest.mark.parametrize("name", MATRIX)
def test_exactly_the_jobs_that_an_edit_concerns_run_again(copy, name):
    edit, expected = MATRIX[name]
    edit(copy)
    assert copy.plan(FIGURE) == expected


def test_another_loss_is_measured_on_the_networks_that_are_there(copy):
    networks = {method: copy / FOLDER.format(method) / "snapshots.pt" for method in METHODS}
    kept = {method: (path.stat().st_mtime_ns, path.read_bytes()) for method, path in networks.items()}
    before, _ = measured(copy, "cobra")
    copy.configure({"geometry.losses": ["cl"]})
    copy.make(FIGURE)
    assert kept == {m: (path.stat().st_mtime_ns, path.read_bytes()) for m, path in networks.items()}
    after, _ = measured(copy, "cobra")
    assert set(after["loss"]) == {"", "cobra", "cl"}
    same = after[after["loss"] != "cl"].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, before)
    numbers = pd.read_csv((copy / FIGURE).with_suffix(".csv"), keep_default_na=False)
    other = numbers[(numbers["method"] == "cobra") & (numbers["loss"] == "cl")]
    assert len(other) > 0
    assert not other["own"].any()
