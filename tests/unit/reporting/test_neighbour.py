"""An image beside its nearest training image."""

import torch

from cobra.reporting.figures.neighbour import draw_pair


def test_a_long_name_is_shortened_in_the_middle_and_its_signs_are_no_formula():
    image = torch.zeros(3, 4, 4)
    figure = draw_pair((image, image), ("begin" + "$_" * 40 + "end.png", "short\nno. 1"), "normal")
    long, short = (axes.get_title() for axes in figure.axes)
    assert len(long) <= 34
    assert long.startswith("begin")
    assert long.endswith("end.png")
    assert short == "short\nno. 1"
    figure.canvas.draw()
