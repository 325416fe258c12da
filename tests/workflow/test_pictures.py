"""Figures of images and detectors, through the real rules."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

MINE = '''
"""A detector of a user's."""


def score(images):
    return -images.flatten(1).std(dim=1)
'''
BOTH = ["standard", "cobra"]
SHOWN = {"title": "A title", "datasets": ["digits"], "methods": BOTH, "images": 6}
CONFIG = {
    "datasets.digits.classes": ["0"],
    "detectors": {"mine": {"label": "Mine", "score": "mine:score"}},
    "figures": {
        "crafted": SHOWN | {"kind": "crafted"},
        "attacked": SHOWN | {"kind": "attacked", "attack": "pgd", "methods": [*BOTH, "mine"]},
        "embeddings": SHOWN | {"kind": "embeddings", "attack": "pgd"},
        "budget": {"kind": "budget", "title": "T", "datasets": ["digits"], "methods": BOTH, "attack": "pgd"},
    },
}
PICTURES = ("crafted", "attacked", "embeddings")

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def done(finished, tmp_path_factory):
    """A project with all figures made: to look at, never to change."""
    project = finished.copy(tmp_path_factory.mktemp("pictures") / "project")
    (project / "mine.py").write_text(MINE)
    project.configure(CONFIG)
    project.make("demo", "figures")
    return project


def numbers(project, name):
    return pd.read_csv(project / f"results/figures/{name}.csv")


def test_each_picture_is_made_with_its_numbers_and_nothing_is_left_to_do(done):
    for name in PICTURES:
        picture = Image.open(done / f"results/figures/{name}.png").convert("L")
        assert np.asarray(picture).std() > 10  # something is drawn
        assert (done / f"results/figures/{name}.svg").read_text().rstrip().endswith("</svg>")
    assert done.plan("demo", "figures") == {}
    assert set(numbers(done, "embeddings")["method"]) == set(BOTH)
    assert len(numbers(done, "crafted")) == 3 * 6


def test_the_scores_shown_are_those_of_the_score_files(done):
    shown = numbers(done, "attacked").set_index(["method", "image_id"])
    assert len(shown) == 3 * 6
    for method in BOTH:  # mine stands in no table, so there is no file
        path = done / f"results/digits/0/{method}/seed0/scores/similarity/pgd.parquet"
        scored = pq.read_table(path).to_pandas().set_index("image_id")
        own = shown.loc[method]
        for column in ("clean", "attacked"):
            expected = scored.loc[own.index, column].to_numpy()
            np.testing.assert_array_equal(own[column].to_numpy(np.float32), expected)


def added(path):
    """A statement more at the end of a module."""

    def edit(project):
        with (project / path).open("a") as file:
            file.write("\n_CHANGED = 1\n")

    return edit


def settings(key, value):
    return lambda project: project.configure({key: value})


TABLES = {"make_table": 2, "trace_table": 2, "make_audit": 1}
TRAINED = TABLES | {"train_detector": 2, "attack_detector": 3, "plot_results": 1, "demo": 1}
MATRIX = {
    "the crafting": (
        settings("detector.crafting.filter.significance", 0.2),
        TRAINED | {"plot_pictures": 3, "plot_contact_sheet": 1, "figures": 1},
    ),
    "the training": (
        settings("detector.schedule.epochs", 3),  # a gallery needs no detector
        TRAINED | {"plot_pictures": 2, "figures": 1},
    ),
    "a title": (settings("figures.crafted.title", "Other"), {"plot_pictures": 1, "figures": 1}),
    "the user's module": (added("mine.py"), {"adopt_detector": 1, "plot_pictures": 1, "figures": 1}),
    "how a figure of results is made": (
        added("cobra/reporting/figures/kinds/budget.py"),
        {"plot_results": 1, "figures": 1, "demo": 1},
    ),
    "how pictures are laid out": (
        added("cobra/reporting/figures/image_grid.py"),  # embeddings are no tiles
        {"plot_pictures": 2, "plot_contact_sheet": 1, "figures": 1},
    ),
}


@pytest.mark.parametrize("name", MATRIX)
def test_exactly_the_jobs_that_an_edit_concerns_run_again(copy, name):
    edit, expected = MATRIX[name]
    edit(copy)
    assert copy.plan("demo", "figures") == expected


def test_a_gallery_is_drawn_again_with_the_generated_anomalies(copy):
    folder = copy / "generated/0"
    folder.mkdir(parents=True)
    Image.new("RGB", (16, 16), (90, 90, 90)).save(folder / "a.png")
    copy.configure({"methods.cobra.detector.crafting": {"generated": {"folder": "generated"}}})
    copy.make("results/figures/crafted.png")
    assert len(numbers(copy, "crafted")) == 2 * 3 * 6  # the methods craft otherwise: a block each
    Image.new("RGB", (16, 16), (20, 90, 90)).save(folder / "b.png")
    assert copy.plan("results/figures/crafted.png") == {"plot_pictures": 1}


def test_pictures_are_packed_only_if_asked_for(copy):
    for targets, count in (([], 0), (["demo", "figures"], 3)):
        line = (
            f"python -m workflow.commands.bundle --configfile tiny.yaml --output b.tar.gz {' '.join(targets)}"
        )
        packed = copy.paste(line)
        assert packed.returncode == 0, packed.stderr
        listed = copy.paste("tar tzf b.tar.gz").stdout
        assert sum(f"figures/{name}.png" in listed for name in PICTURES) == count
    done = copy.paste("python -c 'from cobra.cli import main; main()' verify b.tar.gz")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_files_from_another_run_are_the_same_bytes(copy):
    before = {path: (copy / path).read_bytes() for path in sorted((copy / "results/figures").glob("*.*"))}
    for path in before:
        path.unlink()
    copy.make("demo", "figures")
    assert {path: (copy / path).read_bytes() for path in before} == before
