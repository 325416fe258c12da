"""Our own code against libraries that do the same: where they meet, the numbers must."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from cobra.artifacts.digests import file_digest
from cobra.attacks.attack import attack
from cobra.attacks.settings import AttackSettings
from cobra.detectors.baselines.parts.features import Extractor, build
from cobra.detectors.baselines.parts.weights import WeightsSettings, load_weights
from cobra.metrics import auroc
from cobra.training.ascent import LinfBall, ascend, steepest_steps
from cobra.training.losses import contrastive_loss
from cobra.training.networks.optimiser import Lars, Schedule
from cobra.training.networks.resnet import ResNet

pytestmark = pytest.mark.oracle


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_cl_with_two_views_is_ntxent(temperature):
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    z = nn.functional.normalize(random(2 * 12, 8), dim=1)
    images = torch.arange(12).repeat(2)
    expected = losses.NTXentLoss(temperature=temperature)(z, images)
    torch.testing.assert_close(contrastive_loss("cl", z, 2, temperature), expected)


@pytest.mark.parametrize("blocks", [2, 3])
@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_supcl_is_supcon(blocks, temperature):
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    batch = 6
    z = nn.functional.normalize(random(2 * batch * blocks, 8), dim=1)
    groups = torch.tensor([0, 1]).repeat_interleave(batch).repeat(blocks)
    expected = losses.SupConLoss(temperature=temperature)(z, groups)
    torch.testing.assert_close(contrastive_loss("supcl", z, blocks, temperature), expected)


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "wide_resnet50_2"])
def test_resnet_is_torchvisions(name):
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    theirs = getattr(models, name)()
    images = random(2, 3, 64, 64)
    theirs.train()(random(4, 3, 64, 64, seed=1))  # running statistics other than the initial ones
    theirs.eval().fc = nn.Identity()
    ours = ResNet(name, 64, "high").eval()
    ours.load_state_dict(theirs.state_dict())  # strict: every layer has its counterpart
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "wide_resnet50_2"])
def test_feature_maps_of_declared_weights_are_torchvisions(tmp_path, name):
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    theirs = getattr(models, name)()
    theirs.train()(random(4, 3, 64, 64, seed=1))
    torch.save(theirs.eval().state_dict(), tmp_path / "w.pth")
    declared = WeightsSettings(file=str(tmp_path / "w.pth"), sha256=file_digest(tmp_path / "w.pth"))
    extractor = Extractor(load_weights(build(name), declared), side=None)
    images = random(2, 3, 64, 64).sigmoid()
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's
    normalised = (images - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    maps = []
    for stage in range(1, 5):
        getattr(theirs, f"layer{stage}").register_forward_hook(lambda *given: maps.append(given[2]))
    theirs.fc = nn.Identity()
    with torch.no_grad():
        expected = theirs(normalised)
        torch.testing.assert_close(list(extractor.maps(images, 4)), maps, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(extractor.features(images), expected, rtol=1e-4, atol=1e-4)


class TwoLogits(nn.Module):
    """A small network whose score is the difference of its logits."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Conv2d(8, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(128, 2)
        )

    def forward(self, images):
        return self.layers(images)

    def score(self, images):
        logits = self(images)
        return logits[:, 1] - logits[:, 0]


@pytest.mark.parametrize("eps", [4 / 255, 0.1])
def test_pgd_is_torchattacks(eps):
    torchattacks = pytest.importorskip("torchattacks")
    model = TwoLogits().eval()
    images = torch.rand(12, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    is_anomaly = torch.arange(12) % 2 == 1
    direction = torch.where(is_anomaly, -1.0, 1.0)
    steps, step = 10, eps / 4
    peer = torchattacks.PGD(model, eps=eps, alpha=step, steps=steps, random_start=False)
    theirs = peer(images, is_anomaly.long())  # away from the own class: the score's sign by group
    ball = LinfBall.around(images, eps)
    ours = ascend(lambda x: direction * model.score(x), images, steepest_steps(ball, step), steps=steps)
    torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-6)
    assert (ours - images).abs().max() > 0.9 * eps

    # restarts and the worst iterate: never weaker than the peer's last iterate from one start
    settings = AttackSettings(eps=eps, steps=steps, restarts=5)
    result = attack(model.score, images, is_anomaly, settings, image_ids=torch.arange(12), seed=0)
    gain = direction * (result.attacked - model.score(theirs)).detach()
    assert gain.min() > -0.02 * (model.score(theirs) - model.score(images)).abs().max()


@pytest.mark.parametrize("decimals", [0, 1, 6], ids=["many ties", "some ties", "no ties"])
def test_auroc_is_sklearns_and_the_mann_whitney_statistic(decimals):
    metrics, stats = pytest.importorskip("sklearn.metrics"), pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(0)
    is_anomaly = np.arange(70) >= 30
    scores = np.round(generator.standard_normal(70) + is_anomaly, decimals).astype(np.float32)
    ours = auroc(scores, is_anomaly)
    assert math.isclose(ours, 100 * metrics.roc_auc_score(is_anomaly, scores))
    pairs = float(stats.mannwhitneyu(scores[is_anomaly], scores[~is_anomaly]).statistic)
    assert math.isclose(ours, 100 * pairs / (30 * 40))


def two_layers():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, bias=False), nn.Tanh(), nn.Flatten(), nn.Linear(16, 2, bias=False)
    )


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_without_adaptation_lars_is_sgd(decay):
    ours, theirs = two_layers(), two_layers()
    lars = Lars(ours, momentum=0.9, weight_decay=decay, trust_coefficient=None)
    sgd = torch.optim.SGD(theirs.parameters(), lr=1.0, momentum=0.9, weight_decay=decay)
    for step in range(5):
        rate = 0.1 / (step + 1)
        images = random(6, 3, 4, 4, seed=step)
        lars.step(ours(images).square().mean(), rate)
        sgd.param_groups[0]["lr"] = rate
        sgd.zero_grad()
        theirs(images).square().mean().backward()
        sgd.step()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own, other)


def test_after_the_warmup_the_schedule_is_torchs_cosine():
    parameter = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([parameter], lr=0.7)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=40)
    ours = Schedule(peak=0.7, warmup=10, total=50)
    for step in range(10, 50):
        assert math.isclose(ours.rate(step), theirs.get_last_lr()[0], abs_tol=1e-9)
        optimiser.step()
        theirs.step()
