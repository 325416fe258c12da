import math

import pytest
import torch
import torch.nn.functional as F

from cobra.training import contrastive
from cobra.training import losses as objectives
from cobra.training.losses import classification_loss, contrastive_loss, pairs

FAMILY = list(contrastive.FAMILY)
EVERY = contrastive.names()
BATCH = 3
CPU = torch.device("cpu")


def test_settings_know_the_family():
    assert tuple(objectives.FAMILY) == contrastive.FAMILY


def embeddings(blocks, seed=0, groups=2):
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(
        torch.randn(groups * BATCH * blocks, 5, generator=generator, dtype=torch.float64), dim=1
    )


def by_definition(name, z, blocks, temperature, groups=2):
    """The losses as written in the paper, row by row and pair by pair."""
    rows = len(z)
    size = rows // blocks
    count = size // groups
    total = 0.0
    for i in range(rows):
        block, image = divmod(i, size)
        others = [k for k in range(rows) if k != i]
        normaliser = torch.logsumexp(torch.stack([z[i] @ z[k] for k in others]) / temperature, dim=0)
        similarity = {k: z[i] @ z[k] / temperature for k in others}
        log_p = {k: similarity[k] - normaliser for k in others}
        views = [k for k in others if k % size == image]
        group = [k for k in others if k % size // count == image // count]
        partners = [block * size + (image + turn * count) % size for turn in range(1, groups)]
        partners = partners if block < 2 else []
        if name == "supcl" or (name in ("normals", "cobra_normals") and image < count):
            total = total - sum(log_p[k] for k in group) / len(group)
        elif name in ("normals", "cobra_normals", "cl_mean", "cobra_mean"):
            total = total - sum(log_p[k] for k in views) / len(views)
        elif name == "opposite":
            total = total - sum(similarity[k] for k in views)
        else:
            total = total - sum(log_p[k] for k in views)
        if name in ("cobra", "opposite", "cobra_normals", "cobra_mean"):
            total = total + sum(log_p[k] for k in partners) / (groups - 1)
    return total / rows


@pytest.mark.parametrize("temperature", [0.1, 0.5])
@pytest.mark.parametrize("groups", [2, 4])
@pytest.mark.parametrize("blocks", [2, 3, 4])
@pytest.mark.parametrize("name", FAMILY)
def test_loss_and_gradient_are_the_definitions(name, blocks, groups, temperature):
    z = embeddings(blocks, groups=groups).requires_grad_()
    expected = by_definition(name, z, blocks, temperature, groups)
    (expected_gradient,) = torch.autograd.grad(expected, z)
    loss = contrastive_loss(name, z, blocks, temperature, groups)
    (gradient,) = torch.autograd.grad(loss, z)
    torch.testing.assert_close(loss.double(), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("blocks", [2, 3])
@pytest.mark.parametrize("name", FAMILY)
def test_the_reference_itself_has_the_gradient_of_finite_differences(name, blocks):
    z = embeddings(blocks)[:, :3].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda value: by_definition(name, value, blocks, 0.5), (z,))


def test_spurious_negatives_cancel_exactly():
    assert torch.equal(pairs("cobra", BATCH, 2, CPU).log_sum, torch.zeros(4 * BATCH))
    size = 2 * BATCH
    own = torch.tensor([0, BATCH, size])  # row 0, its opposite, its positive
    z, changed = embeddings(2).float(), embeddings(2, seed=1).float()
    changed[own] = z[own]

    def gradient_of_row_0(name, rows):
        rows = rows.clone().requires_grad_()
        return torch.autograd.grad(contrastive_loss(name, rows, 2, 0.5), rows)[0][0]

    assert torch.equal(gradient_of_row_0("cobra", z), gradient_of_row_0("cobra", changed))
    assert not torch.allclose(gradient_of_row_0("cl", z), gradient_of_row_0("cl", changed), atol=1e-3)


def test_spurious_negatives_cancel_with_four_groups_too():
    chosen = pairs("cobra", BATCH, 2, CPU, groups=4)
    torch.testing.assert_close(chosen.log_sum, torch.zeros(8 * BATCH), atol=1e-6, rtol=0)
    assert (chosen.coefficient > 0).sum(dim=1).tolist() == [3] * 8 * BATCH


def test_normal_images_are_no_negatives_of_each_other_where_all_are_positives():
    """Pulled together, they lower the loss that has them as positives, and raise L_CL."""
    z = embeddings(2).float()
    normal = torch.arange(4 * BATCH) % (2 * BATCH) < BATCH
    pulled = torch.where(normal[:, None], F.normalize(z + 0.3 * z[normal].mean(dim=0), dim=1), z)
    views_alone = z.clone()  # both views of an image in one place: of L_CL no pull is left between them
    views_alone[2 * BATCH :] = views_alone[: 2 * BATCH]
    together = torch.where(normal[:, None], F.normalize(views_alone[0], dim=0), views_alone)
    assert contrastive_loss("normals", pulled, 2, 0.5) < contrastive_loss("normals", z, 2, 0.5)
    assert contrastive_loss("cl", together, 2, 0.5) > contrastive_loss("cl", views_alone, 2, 0.5)
    assert contrastive_loss("normals", together, 2, 0.5) < contrastive_loss("normals", views_alone, 2, 0.5)


@pytest.mark.parametrize(
    ("name", "clean", "adversarial"),
    [("cobra_normals", 0, 1), ("cobra_mean", 0, 1), ("cobra", 1, 2), ("cl", 2, 2)],
)
def test_weights_of_the_log_sum_with_an_adversarial_view(name, clean, adversarial):
    """docs/method.md tells them: with opposites and averaged positives all negatives of clean rows cancel."""
    log_sum = pairs(name, BATCH, 3, CPU).log_sum
    torch.testing.assert_close(log_sum[: 4 * BATCH], torch.full((4 * BATCH,), float(clean)))
    torch.testing.assert_close(log_sum[4 * BATCH :], torch.full((2 * BATCH,), float(adversarial)))


def test_adversarial_rows_have_no_opposite():
    clean = 4 * BATCH
    chosen = pairs("cobra", BATCH, 3, CPU)
    assert (chosen.coefficient[:clean] > 0).sum(dim=1).tolist() == [1] * clean
    assert (chosen.coefficient[clean:] > 0).sum().item() == 0
    assert chosen.log_sum.tolist() == [1.0] * clean + [2.0] * (2 * BATCH)


@pytest.mark.parametrize("name", EVERY)
def test_shuffling_images_within_their_group_changes_nothing(name):
    z = embeddings(3).float()
    order = torch.tensor([2, 0, 1])
    order = torch.cat([order, order + BATCH])
    rows = torch.cat([order + block * 2 * BATCH for block in range(3)])
    torch.testing.assert_close(contrastive_loss(name, z[rows], 3, 0.5), contrastive_loss(name, z, 3, 0.5))


@pytest.mark.parametrize("name", EVERY)
def test_half_precision_embeddings_give_nearly_the_same_loss(name):
    z = embeddings(3).float()
    loss = contrastive_loss(name, z.bfloat16(), 3, 0.1)
    assert loss.dtype == torch.float32
    assert math.isclose(
        loss, contrastive_loss(name, z, 3, 0.1), abs_tol=0.2
    )  # bf16: 3 digits, / 0.1, 3 terms


def test_equal_embeddings_at_a_low_temperature_stay_finite():
    z = torch.ones(8, 4) / 2
    losses = [contrastive_loss(name, z, 2, 0.001) for name in EVERY]
    assert torch.isfinite(torch.stack(losses)).all()
    assert math.isclose(losses[0], math.log(7), rel_tol=1e-3)  # all seven others are equally likely


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_classification_loss_is_cross_entropy_of_normal_then_pseudo_anomaly(blocks):
    logits = torch.randn(2 * BATCH * blocks, 2, generator=torch.Generator().manual_seed(0))
    expected = 0.0
    for row, (normal, pseudo) in enumerate(logits.double().tolist()):
        right = pseudo if row % (2 * BATCH) >= BATCH else normal
        expected += math.log(math.exp(normal) + math.exp(pseudo)) - right
    assert math.isclose(classification_loss(logits, blocks), expected / len(logits), rel_tol=1e-5)


@pytest.mark.parametrize("blocks", [1, 3])
def test_classification_loss_of_four_groups_has_the_number_of_turns_as_labels(blocks):
    logits = torch.randn(4 * BATCH * blocks, 4, generator=torch.Generator().manual_seed(0)).double()
    expected = 0.0
    for row, values in enumerate(logits.tolist()):
        label = row % (4 * BATCH) // BATCH
        expected += math.log(sum(math.exp(value) for value in values)) - values[label]
    assert math.isclose(classification_loss(logits, blocks), expected / len(logits), rel_tol=1e-5)
