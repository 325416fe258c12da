"""Histograms of scores, clean and under attack."""

import numpy as np
import pandas as pd
import pytest
from figure_files import SUBJECTS, TRUTH, attacked, drawn, of, settings, write_scores
from matplotlib.patches import StepPatch

from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.kinds.histogram import BINS, collect, draw

SCORES = {"clean": drawn, "attacked": attacked}


@pytest.fixture
def counts(tmp_path, identity):
    return collect(settings("histogram"), write_scores(tmp_path, identity))


def edges(own):
    return np.array([*own["low"], own["high"].iloc[-1]])


@pytest.mark.parametrize("images", SCORES)
def test_every_image_is_counted_once_in_its_group(counts, images):
    for names in SUBJECTS:
        for is_anomaly, number in ((False, 12), (True, 18)):
            own = of(counts, names | {"images": images, "is_anomaly": is_anomaly})
            assert len(own) == BINS
            assert own["count"].sum() == number


def test_a_bin_holds_the_scores_between_its_edges(counts):
    for names in SUBJECTS[:4]:
        own = of(counts, names | {"images": "attacked", "is_anomaly": True})
        scores = attacked(names)[TRUTH].astype(float)
        for row in own.itertuples():
            last = row.high == own["high"].max()
            inside = (scores >= row.low) & ((scores <= row.high) if last else (scores < row.high))
            assert row.count == inside.sum()


def test_the_seeds_of_a_score_share_bins_from_its_least_to_its_greatest(counts):
    for normal in ("0", "3"):
        own = of(counts, {"normal": normal, "method": "cobra", "score": "margin"})
        alike = own.groupby(["seed", "images", "is_anomaly"])[["low", "high"]]
        found = [group.to_numpy().tolist() for _, group in alike]
        assert len(found) == 8
        assert all(each == found[0] for each in found)
        behind = [names for names in SUBJECTS if (names["normal"], names["score"]) == (normal, "margin")]
        scores = np.concatenate([of_(names) for names in behind for of_ in SCORES.values()])
        assert (own["low"].min(), own["high"].max()) == (scores.min(), scores.max())


def test_scores_that_are_all_one_value_are_counted(tmp_path, identity):
    flat = write_scores(tmp_path, identity, constant=0.5)
    assert collect(settings("histogram"), flat)["count"].sum() == len(SUBJECTS) * 2 * len(TRUTH)


def test_a_panel_shows_shares_clean_upwards_and_attacked_downwards(counts):
    figure = draw(counts, settings("histogram"))
    panels = [panel for panel in figure.axes if panel.axison]
    assert [panel.get_title() for panel in panels[:3]] == ["COBRA", "COBRA, margin score", "Pixels"]
    assert [panel.get_ylabel() for panel in panels] == ["digits\n0", "", "", "digits\n3", "", ""]
    own = of(counts, {"normal": "3", "method": "pixels"})
    steps = [patch.get_data() for patch in panels[5].patches if isinstance(patch, StepPatch) and patch.fill]
    assert len(steps) == 4
    for images, sign in (("clean", 1), ("attacked", -1)):
        for is_anomaly, number in ((False, 24), (True, 36)):  # of two seeds
            group = of(own, {"images": images, "is_anomaly": is_anomaly})
            expected = sign * group.groupby("low")["count"].sum().to_numpy() / number
            (found,) = [step for step in steps if np.allclose(step.values, expected)]
            np.testing.assert_allclose(found.edges, edges(of(group, {"seed": 0})))


def test_more_scores_than_a_page_is_wide_follow_below(counts):
    one = of(counts, {"method": "pixels"})
    chosen = settings("histogram")
    methods = {f"m{number}": chosen.methods["pixels"] for number in range(7)}
    many = pd.concat([one.assign(method=name) for name in methods])
    figure = draw(many, chosen.model_copy(update={"methods": methods}))
    assert figure.axes[0].get_gridspec().get_geometry() == (4, 4)  # two classes, twice
    assert len([panel for panel in figure.axes if panel.axison]) == 14
    assert figure.get_size_inches()[0] <= 7.3


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_picture_is_the_same_bytes_each_time(counts, suffix):
    first, again = (render(draw(counts, settings("histogram")), suffix) for _ in range(2))
    assert first == again
