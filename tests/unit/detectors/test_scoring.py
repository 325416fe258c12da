import pytest
import torch
from samples import two_groups, wavy

from cobra.data.one_class import as_unit
from cobra.detectors.scoring import checked, clean_scores, score_table
from cobra.errors import UserError

TEST = two_groups(normal=3, anomalies=4)


@pytest.mark.parametrize("block_size", [1, 3, 100])
def test_clean_scores_are_those_of_the_images_in_order(block_size):
    expected = wavy(as_unit(TEST.images.pixels))
    assert torch.equal(clean_scores(wavy, TEST, block_size), expected)


def test_clean_scores_keep_no_graph():
    weight = torch.ones((), requires_grad=True)
    assert not clean_scores(lambda x: weight * wavy(x), TEST, 3).requires_grad


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_one_bad_score_among_good_ones_is_refused(value):
    def score(images):
        scores = wavy(images)
        scores[-1] = value
        return scores

    with pytest.raises(UserError, match="not finite for some image"):
        checked(score, torch.rand(5, 3, 8, 8))


def test_score_table_holds_a_row_per_image():
    values = torch.linspace(-1, 1, 7, dtype=torch.float64, requires_grad=True)
    table = score_table(TEST, {"clean": values})
    assert table.column_names == ["image_id", "is_anomaly", "class_name", "clean"]
    assert table["image_id"].to_pylist() == TEST.images.ids.tolist()
    assert table["is_anomaly"].to_pylist() == [False] * 3 + [True] * 4
    assert table["class_name"].to_pylist() == ["a"] * 3 + ["b"] * 4
    assert table["clean"].to_pylist() == values.float().tolist()
