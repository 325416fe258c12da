"""The released code's training step, re-implemented for comparison: its losses are ours, its passes more."""

from collections import defaultdict

import pytest
import torch
import torch.nn.functional as F
from samples import TINY_MODEL, byte_images, deep_merge
from trainings import views_against

from cobra.randomness import ImageRandom
from cobra.training.losses import classification_loss, contrastive_loss
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

STEPS, BATCH = 3, 4


def trainer(**changes):
    base = {"model": TINY_MODEL.model_dump(), "adversary": {"eps": 0.1, "steps": STEPS}}
    settings = DetectorSettings.model_validate(deep_merge(base, changes))
    return Trainer(byte_images(BATCH), settings, seed=0)


def precise(made):
    """The trainer's network in double precision throughout."""
    network = made.network.double()
    network.features = lambda images: network.backbone(images.double())
    return made


def views_of(made):
    from benchmarks.lib.released_step import ReleasedStep

    step = ReleasedStep(made)
    rows = torch.arange(BATCH)
    return step, *step.views(rows, ImageRandom.of(0, made.images.ids, "step"))


def unit_rows(count):
    generator = torch.Generator().manual_seed(1)
    return F.normalize(torch.randn(count, 8, generator=generator, dtype=torch.float64), dim=1)


@pytest.mark.parametrize("blocks", [2, 3, 4])
def test_its_contrastive_loss_is_l_cl(blocks):
    from benchmarks.lib.released_step import nt_xent

    embeddings = unit_rows(2 * BATCH * blocks)
    theirs = nt_xent(embeddings, blocks, 0.5)
    assert float(theirs) == pytest.approx(float(contrastive_loss("cl", embeddings, blocks, 0.5)), rel=1e-6)


def test_its_terms_are_our_losses_of_the_same_views():
    step, views, streams = views_of(precise(trainer()))
    adversarial = step.attacks(views, streams)
    step.network.eval()  # batch norm apart, which sees other batches in the two orders
    with torch.no_grad():
        terms = step.terms(views, adversarial)
    blocks = [*views, adversarial["contrastive"], adversarial["group"], adversarial["classification"]]
    features = [step.features(block).detach() for block in blocks]
    contrastive = contrastive_loss("cl", step.network.project(torch.cat(features[:4])).detach(), 4, 0.5)
    logits = step.network.logits(torch.cat([*features[:2], features[4]])).detach()
    assert float(terms["contrastive"]) == pytest.approx(float(contrastive), rel=1e-6)
    assert float(terms["classification"]) == pytest.approx(float(classification_loss(logits, 3)), rel=1e-6)


def test_partners_embedded_once_give_the_same_gradient():
    from benchmarks.lib.released_step import nt_xent

    step, (first, second), _ = views_of(precise(trainer()))
    step.network.eval()
    images = first.double().requires_grad_()
    again = step.pushed_from(second)(images)
    with torch.no_grad():
        fixed = step.embed(second)
    embeddings = torch.cat([step.embed(images), fixed])
    once = nt_xent(embeddings, 2, 0.5, columns=embeddings.detach())
    assert again.item() == pytest.approx(once.item(), rel=1e-12)
    ours, theirs = (torch.autograd.grad(loss, images)[0] for loss in (once, again))
    assert ours.abs().max() > 0
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-15)


def test_its_attack_on_the_classifier_finds_what_ours_finds():
    made = precise(trainer(objective={"contrastive": "none"}))
    step, views, streams = views_of(made)
    theirs = step.attacks(views, streams)["classification"]
    assert torch.equal(theirs, views_against(made, views, streams)["classification"])


@pytest.mark.parametrize("name", ["group", "contrastive"])
def test_each_contrastive_attack_goes_its_way(name):
    step, (first, second), streams = views_of(precise(trainer()))
    found = step.attacks([first, second], streams)[name]
    base, swapped = {"group": (second, torch.cat(second.chunk(2)[::-1])), "contrastive": (first, second)}[
        name
    ]
    loss = step.pushed_from(swapped)
    with torch.no_grad():
        change = float(loss(found) - loss(base))
    assert change < 0 if name == "group" else change > 0
    assert (found.double() - base.double()).abs().max() <= 0.1


def test_passes_are_counted():
    from benchmarks.training_step import counted, released
    from cobra.experiment.random_training import training_step

    forward = STEPS * 4 + 4 + 8  # both attacks in one pass, partners once, four blocks
    assert counted(training_step(made := trainer()), made) == forward
    assert counted(released(made := trainer()), made) == (STEPS + 1) * 10


def test_a_step_trains_every_weight():
    made = trainer()
    before = {name: value.clone() for name, value in made.network.named_parameters()}
    from benchmarks.training_step import released

    terms = released(made)()
    assert terms.keys() == {"contrastive", "classification"}
    assert all(value > 0 for value in terms.values())
    assert [name for name, value in made.network.named_parameters() if torch.equal(value, before[name])] == []


def test_both_are_given_the_same_views(monkeypatch):
    from benchmarks.lib import released_step
    from benchmarks.training_step import released
    from cobra.experiment.random_training import training_step
    from cobra.training.crafting import groups

    seen = defaultdict(list)
    for module in (groups, released_step):
        whole = module.mild

        def noted(*args, module=module, whole=whole):
            seen[module.__name__].append(whole(*args))
            return seen[module.__name__][-1]

        monkeypatch.setattr(module, "mild", noted)
    training_step(trainer())()
    released(trainer())()
    assert len(seen["cobra.training.crafting.groups"]) == 2
    for here, there in zip(
        seen["cobra.training.crafting.groups"], seen["benchmarks.lib.released_step"], strict=True
    ):
        assert torch.equal(here, there)


def test_our_group_attack_finds_nearly_what_the_released_order_finds():
    made = precise(trainer(objective={"contrastive": "cl"}, adversary={"terms": ["group"], "steps": 10}))
    step, views, streams = views_of(made)
    theirs, ours = step.attacks(views, streams)["group"], views_against(made, views, streams)["group"]
    loss = step.pushed_from(torch.cat(views[1].chunk(2)[::-1]))
    with torch.no_grad():
        base, found, expected = (float(loss(images)) for images in (views[1], ours, theirs))
    assert found < base
    assert found - base == pytest.approx(expected - base, rel=0.3)  # their columns are constants, ours not
