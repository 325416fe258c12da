"""Our attacks against torchattacks' on the same model, from the same starts, with the same draws."""

import pytest
import torch
from torch import nn

from cobra.attacks.restart import L2Ball, Restart, length
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import square
from cobra.attacks.strategies.apgd import AdaptiveSteps
from cobra.attacks.strategies.square import random_signs, window, window_side
from cobra.training.ascent import LinfBall, ascend

pytestmark = pytest.mark.oracle

IMAGES = torch.rand(10, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(10) % 2
DIRECTION = torch.where(LABELS == 1, -1.0, 1.0)  # away from the own class


class TwoLogits(nn.Module):
    """A small network whose score is the difference of its logits; `sure` moves it from the threshold."""

    def __init__(self, sure=0.0):
        super().__init__()
        torch.manual_seed(0)
        self.sure = sure
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Conv2d(8, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(128, 2)
        )

    def forward(self, images):
        logits = 3 * self.layers(images)
        own = nn.functional.one_hot(LABELS[: len(images)], 2)
        return logits + self.sure * own

    def score(self, images):
        logits = self(images)
        return logits[:, 1] - logits[:, 0]

    def signed(self, images):
        return DIRECTION[: len(images)] * self.score(images)


@pytest.mark.parametrize("steps", [10, 50, 100])
@pytest.mark.parametrize("eps", [4 / 255, 0.1])
def test_apgd_is_torchattacks(monkeypatch, steps, eps):
    """Its cross-entropy of two logits is softplus of our signed score: the same order and gradient signs.

    Its start is not ours (see apgd.py), so it is given to both. The tolerance is that of signs of gradients
    near 0, which rounding decides.
    """
    torchattacks = pytest.importorskip("torchattacks")
    model = TwoLogits().eval()
    peer = torchattacks.APGD(model, eps=eps, steps=steps, n_restarts=1, loss="ce")
    noise = torch.rand(IMAGES.shape, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(torch, "rand", lambda *_: noise)
    _, _, their_best, _ = peer.attack_single_run(IMAGES, LABELS)
    unit = 2 * noise - 1
    start = (IMAGES + eps * unit / unit.abs().amax(dim=(1, 2, 3), keepdim=True)).clamp(0, 1)
    ours = best_of_apgd(model, LinfBall.around(IMAGES, eps), start, eps, steps)
    torch.testing.assert_close(nn.functional.softplus(ours), their_best, rtol=1e-4, atol=1e-5)
    assert (ours > model.signed(IMAGES)).all()


@pytest.mark.parametrize("steps", [10, 50, 100])
@pytest.mark.parametrize("eps", [0.1, 0.5, 2.0])
def test_apgd_in_l2_is_torchattacks(monkeypatch, steps, eps):
    """As above, with normalised gradients in place of their signs, so that small ones decide nothing.

    What rounding makes of a step grows with those after it, and near a maximum, where values agree to the
    last digits, it decides whose steps are halved: measured, up to 4e-5 after 100 steps.
    """
    torchattacks = pytest.importorskip("torchattacks")
    model = TwoLogits().eval()
    peer = torchattacks.APGD(model, norm="L2", eps=eps, steps=steps, n_restarts=1, loss="ce")
    noise = torch.randn(IMAGES.shape, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(torch, "randn", lambda *_: noise)
    _, _, their_best, _ = peer.attack_single_run(IMAGES, LABELS)
    start = (IMAGES + eps * noise / length(noise)).clamp(0, 1)
    ours = best_of_apgd(model, L2Ball(IMAGES, eps), start, eps, steps)
    torch.testing.assert_close(nn.functional.softplus(ours), their_best, rtol=1e-4, atol=1e-5)
    assert (ours > model.signed(IMAGES)).all()


def best_of_apgd(model, ball, start, eps, steps):
    """The best signed score per image that our moves from `start` lead to."""
    seen = []

    def objective(images):
        seen.append(model.signed(images))
        return seen[-1]

    last = ascend(objective, start, AdaptiveSteps(ball, eps, steps), steps=steps)
    return torch.stack([*seen, model.signed(last)]).detach().amax(dim=0)


@pytest.mark.parametrize(("steps", "eps"), [(60, 0.02), (200, 0.05)])
def test_square_is_torchattacks(monkeypatch, steps, eps):
    """One image at a time, for the peer draws one window per batch; its draws are replaced by ours.

    The model is sure enough of itself that the peer, which stops once an image is misclassified, never does.
    """
    torchattacks = pytest.importorskip("torchattacks")
    model = TwoLogits(sure=20.0).eval()
    image = IMAGES[:1]
    settings = AttackSettings(kind="square", eps=eps, steps=steps)
    restart = Restart(
        score=model.signed, images=image, direction=torch.ones(1), image_ids=torch.tensor([5]), seed=0,
        settings=settings, number=0, guide=None, earlier=torch.zeros(1, 0),
        clean=model.signed(image).detach(),
    )  # fmt: skip
    random = restart.random
    ours = square.run(restart)
    peer = torchattacks.Square(model, eps=eps, n_queries=steps, n_restarts=1, loss="margin")
    peer.ndims = 3  # set by its forward pass, which this test goes around
    ints, signs = iter(places(random, steps)), iter(all_signs(random, steps))
    monkeypatch.setattr(peer, "random_int", lambda low=0, high=1, shape=(1,): next(ints))
    monkeypatch.setattr(peer, "random_choice", lambda shape: next(signs).reshape(shape))
    _, theirs = peer.attack_single_run(image, LABELS[:1])
    assert next(signs, None) is None  # it used all our draws
    best = ours.amax(dim=1)
    torch.testing.assert_close(best, model.signed(theirs).detach(), rtol=1e-5, atol=1e-5)
    assert (ours[0].cummax(dim=0).values.diff() > 0).sum() > 5  # it went up in several steps


def places(random, steps):
    """The corners of our windows, row and column, in the order in which the peer asks for them."""
    for query in range(steps):
        draws = random.child("query", query)
        top, left = window(draws, 8, 8, window_side(query, steps, 8, 8))[0].nonzero()[0]
        yield from (torch.tensor([top.item()]), torch.tensor([left.item()]))


def all_signs(random, steps):
    """Our stripes, then the signs of our windows."""
    yield random_signs(random.child("stripes"), 3, 1, 8)
    for query in range(steps):
        yield random_signs(random.child("query", query).child("signs"), 3, 1, 1)
