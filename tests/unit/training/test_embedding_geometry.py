import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from samples import byte_images, settled_network

from cobra.training import embedding_geometry
from cobra.training.ascent import LinfBall
from cobra.training.losses import contrastive_loss
from cobra.training.settings import DetectorSettings

BATCH = 3


def settings(**changes):
    made = {
        "crafting": {"filter": {"enabled": False}},
        "model": {"backbone": "resnet10", "width": 2, "projection_dim": 8},
        "adversary": {"eps": 0.05, "steps": 3},
        "schedule": {"batch_size": BATCH},
    }
    return DetectorSettings.model_validate(made | changes)


def rows(seed, count=2 * BATCH):
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, 5, generator=generator), dim=1)


def cosine(a, b):
    a, b = a.tolist(), b.tolist()
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return product / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def kind_of(i, j):
    """What the pair of row i of one view and row j of the other is."""
    if i == j:
        return "same_image"
    if abs(i - j) == BATCH:
        return "opposite"
    if (i < BATCH) != (j < BATCH):
        return "between"
    return "within_normal" if i < BATCH else "within_anomalies"


def test_cosines_are_sorted_by_what_the_pair_is():
    first, second = rows(0), rows(1)
    expected = {}
    for i in range(2 * BATCH):
        for j in range(2 * BATCH):
            expected.setdefault(kind_of(i, j), []).append(cosine(first[i], second[j]))
    found = embedding_geometry.cosines(first, second)
    assert found.keys() == expected.keys()
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-6)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_each_pair_is_of_one_kind(batch):
    masks = torch.stack(list(embedding_geometry.pair_masks(batch).values()))
    assert (masks.sum(dim=0) == 1).all()


def test_the_axis_leads_from_the_mean_of_the_normal_rows_to_that_of_the_others():
    embedded = [[rows(1), rows(2)], [rows(3, 4), rows(4, 4)]]  # a batch of three images, one of two
    normal, pseudo = [], []
    for views in embedded:
        for view in views:
            for place, row in enumerate(view.tolist()):
                (normal if place < len(view) // 2 else pseudo).append(row)
    expected = np.mean(pseudo, axis=0) - np.mean(normal, axis=0)
    np.testing.assert_allclose(embedding_geometry.group_axis(embedded), expected, atol=1e-6)


def test_a_shift_s_direction_is_its_cosine_with_the_way_to_the_other_group():
    still, moved, axis = rows(1), rows(2), rows(3)[0]
    found = embedding_geometry.shifts(still, moved, axis)
    for i in range(2 * BATCH):
        way = axis if i < BATCH else -axis
        group = "direction_normal" if i < BATCH else "direction_anomalies"
        assert float(found[group][i % BATCH]) == pytest.approx(cosine(moved[i] - still[i], way), abs=1e-6)
        assert float(found["length"][i]) == pytest.approx(math.dist(moved[i].tolist(), still[i].tolist()))


def test_rows_moved_straight_to_the_other_group_have_the_direction_one():
    axis = torch.tensor([0.0, 2.0])
    still = torch.zeros(4, 2)
    moved = torch.tensor([[0.0, 1.0], [0.0, 0.5], [0.0, -3.0], [0.0, -0.1]])
    found = embedding_geometry.shifts(still, moved, axis)
    assert found["direction_normal"].tolist() == pytest.approx([1, 1])
    assert found["direction_anomalies"].tolist() == pytest.approx([1, 1])


def test_a_summary_has_the_mean_and_the_quantiles():
    found = embedding_geometry.summary(torch.arange(101).float())
    expected = {"count": 101, "mean": 50, "q05": 5, "q25": 25, "q50": 50, "q75": 75, "q95": 95}
    assert found == pytest.approx(expected)


def test_of_no_pairs_there_is_nothing_to_tell():
    found = embedding_geometry.summary(torch.zeros(0))
    assert found["count"] == 0
    assert math.isnan(found["q50"])


def test_batches_are_of_the_training_s_size_and_the_same_again():
    images = byte_images(8)
    batches = embedding_geometry.batches_as_trained
    first, again = (list(batches(images, settings(), 0, 2, None)) for _ in range(2))
    assert [len(batch.views[0]) for batch in first] == [2 * BATCH] * 2
    for one, other in zip(first, again, strict=True):
        assert torch.equal(torch.cat(one.views), torch.cat(other.views))
        assert torch.equal(one.random.keys, other.random.keys)
    assert not torch.equal(first[0].views[0], first[0].views[1])


def test_a_small_training_set_is_spread_evenly():
    batches = list(embedding_geometry.batches_as_trained(byte_images(4), settings(), 0, 9, None))
    assert [len(batch.views[0]) for batch in batches] == [4, 4]


@pytest.mark.parametrize("loss", ["cl", "cobra"])
def test_the_attack_raises_the_loss_it_is_made_on_within_eps(loss):
    network, chosen = settled_network(), settings(adversary={"enabled": False, "eps": 0.05, "steps": 5})
    (batch,) = embedding_geometry.batches_as_trained(byte_images(3), chosen, 0, 1, None)
    moved = embedding_geometry.attacked(network, batch, chosen, loss)
    ball = LinfBall.around(batch.views[0], 0.05)
    assert torch.equal(ball.project(moved), moved)

    @torch.no_grad()
    def value(third):
        embedded = [network.embed(view, "projection") for view in (*batch.views, third)]
        return contrastive_loss(loss, torch.cat(embedded), 3, 0.5)

    assert value(moved) > value(batch.views[0])


def test_a_measurement_has_a_row_per_quantity_loss_and_views():
    network = settled_network()
    batches = list(embedding_geometry.batches_as_trained(byte_images(6), settings(), 0, 2, None))
    found = embedding_geometry.measure(network, batches, settings(), ["cobra", "cl"])
    keys = [(row["loss"], row["views"]) for row in found]
    assert list(dict.fromkeys(keys)) == [("", "clean"), ("cobra", "attacked"), ("cl", "attacked")]
    by_name = {(row["loss"], row["quantity"]): row for row in found}
    assert by_name["", "within_normal"]["count"] == 2 * BATCH * (BATCH - 1)
    assert by_name["cl", "direction_anomalies"]["count"] == 2 * BATCH
    assert by_name["cl", "length"]["q05"] > 0
    with torch.no_grad():
        views = [[network.embed(view, "projection") for view in batch.views] for batch in batches]
    expected = [cosine(a, b) for first, second in views for a, b in zip(first, second, strict=True)]
    assert by_name["", "same_image"]["mean"] == pytest.approx(np.mean(expected), abs=1e-6)
