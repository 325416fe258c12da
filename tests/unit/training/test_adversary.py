import pytest
import torch
from samples import deep_merge
from trainings import (
    IMAGES,
    RELEASED,
    ROTATIONS,
    STEPS,
    assert_same,
    clean_views,
    settings,
    views_against,
    weights,
)

from cobra.randomness import ImageRandom
from cobra.training.adversary import Target, other_group
from cobra.training.losses import classification_loss, contrastive_loss
from cobra.training.networks.network import Network
from cobra.training.trainer import Trainer


@pytest.mark.parametrize("normalised", [False, True])  # the budget is one of pixels in either case
def test_adversarial_views_are_near_their_own_clean_view_and_raise_their_loss(normalised):
    trainer = Trainer(IMAGES, settings(model={"normalised": normalised}), 0)
    clean, random = clean_views(trainer)
    views = views_against(trainer, clean, random)
    for name, base in zip(("contrastive", "classification"), clean, strict=True):
        distance = (views[name].double() - base.double()).abs().max()
        assert 0.09 < distance <= 0.1 + 1e-6
        assert views[name].min() >= 0
        assert views[name].max() <= 1
        assert not views[name].requires_grad
    with torch.no_grad():
        target = Target(trainer.network, trainer.settings)
        loss, features = target.contrast_with(clean), target.features
        assert loss(features(views["contrastive"])) > loss(features(clean[0]))
        of_class = [target.misclassify(features(x))
                    for x in (clean[1], views["classification"])]  # fmt: skip
    assert of_class[1] > of_class[0]


def trained_a_little(network):
    """Batch norms other than their initial ones, which folding would not show."""
    generator = torch.Generator().manual_seed(3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var, module.bias.data, module.running_mean):
                values += torch.rand(values.shape, generator=generator) / 4


def test_the_fast_ascent_has_the_gradient_of_the_plain_one_in_double_precision():
    trainer = Trainer(IMAGES, settings(), 0)
    clean, _ = clean_views(trainer)
    trained_a_little(trainer.network)
    network = trainer.network.double().eval()
    views = [view.double() for view in clean]
    images = torch.cat(views).flip(0).requires_grad_()  # a view for each term
    target = Target(trainer.network, trainer.settings)
    contrastive, classification = target.features(images).chunk(2)
    fast = target.contrast_with(views)(contrastive) + target.misclassify(classification)
    first, second = images.chunk(2)
    embeddings = network.project(network.features(torch.cat([*views, first])))
    plain = contrastive_loss("cobra", embeddings, 3, 0.5)
    plain = plain + classification_loss(network.logits(network.features(second)), 1)
    assert fast.item() == pytest.approx(plain.item(), rel=1e-12)
    ours, theirs = (torch.autograd.grad(loss, images)[0] for loss in (fast, plain))
    assert theirs.abs().max() > 0
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-14)


def test_the_ascent_alone_may_be_in_bf16():
    clean, random = clean_views(None)
    half = Trainer(IMAGES, settings(adversary={"precision": "bf16"}), 0)
    full = Trainer(IMAGES, settings(), 0)
    assert Target(half.network, half.settings).network.backbone.conv1.weight.dtype == torch.bfloat16
    views, exact = (views_against(trainer, clean, random) for trainer in (half, full))
    for name, view in views.items():
        assert view.dtype == torch.float32
        apart = (view - exact[name]).abs().gt(1e-6).float().mean()
        assert 0 < apart < 0.2
    assert all(weight.dtype == torch.float32 for weight in half.network.parameters())
    whole = Trainer(IMAGES, settings(schedule={"precision": "bf16"}), 0)
    assert Target(whole.network, whole.settings).precision == "bf16"
    asked = {"schedule": {"precision": "bf16"}, "adversary": {"precision": "fp32"}}
    assert Target(whole.network, settings(**asked)).precision == "fp32"


def test_the_two_terms_attacked_together_are_attacked_as_each_alone():
    clean, random = clean_views(None)
    both = views_against(Trainer(IMAGES, settings(), 0), clean, random)
    for name, objective in (
        ("contrastive", {"classification": False}),
        ("classification", {"contrastive": "none"}),
    ):
        alone = views_against(Trainer(IMAGES, settings(objective=objective), 0), clean, random)
        # where a gradient is nearly zero, its sign may differ by rounding
        assert (alone[name] - both[name]).abs().gt(1e-6).float().mean() < 1e-3


@pytest.mark.parametrize("term", ["contrastive", "classification"])
def test_a_term_that_is_not_attacked_trains_on_clean_views_alone(term):
    clean, random = clean_views(None)
    both = views_against(Trainer(IMAGES, settings(), 0), clean, random)
    trainer = Trainer(IMAGES, settings(adversary={"terms": [term]}), 0)
    views = views_against(trainer, clean, random)
    assert list(views) == [term]
    assert (views[term] - both[term]).abs().gt(1e-6).float().mean() < 1e-3
    trainer.network.eval()  # in training a norm would see the other term's view
    other = "classification" if term == "contrastive" else "contrastive"
    assert torch.equal(trainer.terms(clean, views)[other], trainer.terms(clean, {})[other])
    assert trainer.terms(clean, views)[term] > trainer.terms(clean, {})[term]


def test_attacking_leaves_batch_norm_statistics_and_weights_alone():
    trainer = Trainer(IMAGES, settings(), 0)
    clean, random = clean_views(trainer)
    trainer.network.train()
    before = weights(trainer)
    views_against(trainer, clean, random)
    assert_same(weights(trainer), before)
    assert all(parameter.grad is None for parameter in trainer.network.parameters())


def test_embeddings_of_the_clean_views_are_computed_once(monkeypatch):
    trainer = Trainer(IMAGES, settings(), 0)
    clean, random = clean_views(trainer)
    features, sizes = Network.features, []

    def counted(self, images):
        sizes.append(len(images))
        return features(self, images)

    monkeypatch.setattr(Network, "features", counted)
    views_against(trainer, clean, random)
    assert sizes == [16] + [16] * STEPS  # two clean views; then the two terms' views, each step


def test_the_group_view_is_a_fourth_block_of_the_contrastive_loss():
    trainer = Trainer(IMAGES, settings(**RELEASED), 0)
    views = torch.rand(2, 16, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    clean, random = list(views), ImageRandom.of(0, torch.arange(16), "views")
    found = views_against(trainer, clean, random)
    assert list(found) == ["contrastive", "classification", "group"]
    trainer.network.eval()
    with torch.no_grad():
        terms = trainer.terms(clean, found)
        blocks = [*clean, found["contrastive"], found["group"]]
        embeddings = trainer.network.embed(torch.cat(blocks), "projection")
        logits = trainer.network.logits(
            trainer.network.features(torch.cat([*clean, found["classification"]]))
        )
    expected = contrastive_loss("cl", embeddings, 4, 0.5, groups=4)
    torch.testing.assert_close(terms["contrastive"], expected)
    torch.testing.assert_close(terms["classification"], classification_loss(logits, 3))


@pytest.mark.parametrize(("groups", "count"), [(2, {}), (4, ROTATIONS)], ids=["two", "four"])
def test_the_group_attack_pulls_each_image_to_another_group_of_it(groups, count):
    terms = {"adversary": {"terms": ["group"]}}
    trainer = Trainer(IMAGES, settings(**deep_merge(terms, count)), 0)
    views = torch.rand(2, 4 * groups, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    clean, random = list(views), ImageRandom.of(0, torch.arange(4 * groups), "views")
    rows = other_group(random, groups)
    assert sorted(rows.tolist()) == list(range(4 * groups))  # a permutation ...
    assert all(own % 4 == other % 4 and own != other for own, other in enumerate(rows.tolist()))
    found = views_against(trainer, clean, random)["group"]
    assert 0.09 < (found.double() - clean[1].double()).abs().max() <= 0.1 + 1e-6
    target = Target(trainer.network, trainer.settings)
    with torch.no_grad():
        loss = target.pull_to(clean[1][rows])
        base, raised = loss(target.features(clean[1])), loss(target.features(found))
        pair = trainer.network.eval().embed(torch.cat([found, clean[1][rows]]), "projection")
    assert raised > base
    torch.testing.assert_close(-contrastive_loss("cl", pair, 2, 0.5, groups), raised, rtol=1e-4, atol=1e-4)


def test_the_group_attack_needs_a_contrastive_term():
    with pytest.raises(ValueError, match="holds no term of the objective"):
        settings(objective={"contrastive": "none"}, adversary={"terms": ["group"]})
