"""Figures of images and detectors through the real rules."""

import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

SHOWN = {"datasets": ["digits"], "classes": {"digits": ["0"]}, "methods": ["cobra"]}
FIGURES = {
    "gallery": SHOWN | {"kind": "crafted", "title": "Crafted", "images": 4},
    "under_attack": SHOWN | {"kind": "attacked", "title": "Attacked", "attack": "pgd", "images": 4},
    "plane": SHOWN | {"kind": "embeddings", "title": "Embeddings", "attack": "pgd", "images": 10},
}

pytestmark = pytest.mark.workflow


@pytest.fixture
def drawn(project):
    project.configure({"figures": FIGURES})
    project.make("figures")
    return project


def test_pictures_are_made_by_the_target_figures_and_show_what_was_scored(drawn):
    for name in FIGURES:
        with Image.open(drawn / f"results/figures/{name}.png") as image:
            assert min(image.size) > 200
        assert len(pd.read_csv(drawn / f"results/figures/{name}.csv")) > 0
    shown = pd.read_csv(drawn / "results/figures/under_attack.csv").set_index("image_id")
    file = drawn / "results/digits/0/cobra/seed0/scores/similarity/pgd.parquet"
    scored = pq.read_table(file).to_pandas().set_index("image_id").loc[shown.index]
    assert shown["attacked"].tolist() == pytest.approx(scored["attacked"].tolist(), abs=1e-6)
    assert shown["clean"].tolist() == pytest.approx(scored["clean"].tolist(), abs=1e-6)
    assert drawn.plan() == drawn.plan("figures") == {}
    drawn.configure({"figures.plane.images": 8})
    assert drawn.plan("figures") == {"plot_pictures": 1, "figures": 1}
    drawn.configure({"methods.cobra.detector": {"schedule": {"epochs": 3}}})
    again = drawn.plan("figures")
    assert again == {"train_detector": 1, "plot_pictures": 2, "figures": 1}  # the gallery shows no detector
