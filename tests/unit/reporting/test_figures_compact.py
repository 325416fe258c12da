"""Attacked images in compact blocks: what the front page of the report shows."""

import numpy as np
import pytest
import torch
from gallery import detector_settings, layout, write_files
from matplotlib.backends.backend_agg import FigureCanvasAgg

from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.kinds import attacked


@pytest.fixture
def files(tmp_path, identity):
    return write_files(tmp_path, identity)


@pytest.fixture
def settings():
    return detector_settings("attacked", images=4, compact=True)


def test_clean_and_attacked_images_stand_above_their_scores(files, settings):
    (attempted,) = attacked.collect(settings, files)
    again = attempted.again
    tiles = attacked.draw([attempted], settings).axes
    assert len(tiles) == 2 * 4
    for place in range(4):
        for axes, images, scores in (
            (tiles[place], again.images, again.clean),
            (tiles[4 + place], again.perturbed, again.attacked),
        ):
            np.testing.assert_array_equal(axes.images[0].get_array(), images[place].permute(1, 2, 0))
            assert axes.get_xlabel() == f"{scores[place]:.2f}"


def test_two_blocks_stand_side_by_side_and_the_third_below(files, settings):
    (attempted,) = attacked.collect(settings, files)
    first, second, third = (
        each.get_position() for each in attacked.draw([attempted] * 3, settings).axes[::8]
    )
    assert (first.y0, first.x0) == pytest.approx((second.y0, third.x0))
    assert first.y0 > third.y0
    assert first.x0 < second.x0


def test_a_block_names_its_detector_its_images_and_how_many_pairs_are_ranked_right(files, settings):
    (attempted,) = attacked.collect(settings, files)
    words = render(attacked.draw([attempted], settings), ".svg").decode()
    right = attacked.ranked_right(attempted.again.attacked, attempted.test.is_anomaly)
    for word in (
        "COBRA, normal: a",
        "clean: ",
        f"attacked: {right} pairs ranked right",
        ">normal<",
        ">anomaly<",
    ):
        assert word in words


def test_ties_are_not_ranked_right():
    odd = torch.tensor([False, False, True, True])
    assert attacked.ranked_right(torch.tensor([0.1, 0.3, 0.2, 0.4]), odd) == "3 of 4"
    assert attacked.ranked_right(torch.tensor([0.4, 0.2, 0.2, 0.1]), odd) == "0 of 4"


@pytest.mark.parametrize("images", [2, 8])
def test_its_words_stay_within_it(files, images):
    chosen = detector_settings("attacked", images=images, compact=True)
    figure = attacked.draw(attacked.collect(chosen, files), chosen)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    for text in figure.texts:
        box = text.get_window_extent(canvas.get_renderer())
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width / 2, text.get_text()


def test_figures_of_other_kinds_are_not_compact():
    with pytest.raises(ValueError, match="compact is for figures of kind attacked, not of kind crafted"):
        layout("crafted", compact=True)
