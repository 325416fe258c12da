import math

import pytest
import torch
from torch import nn

from cobra.training.networks.optimiser import Lars, Schedule


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 0.2), (4, 1.0), (9, 2.0), (10, 2.0),
        (30, 1 + math.sqrt(2) / 2), (50, 1.0), (90, 1 - math.cos(0)),
    ],
)  # fmt: skip
def test_rate_rises_linearly_and_falls_as_half_a_cosine(step, expected):
    assert Schedule(peak=2.0, warmup=10, total=90).rate(step) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("warmup", "total"), [(0, 1), (0, 7), (3, 7), (7, 7)])
def test_every_step_has_a_positive_rate_up_to_the_peak(warmup, total):
    schedule = Schedule(peak=0.5, warmup=warmup, total=total)
    rates = [schedule.rate(step) for step in range(total)]
    assert all(0 < rate <= 0.5 for rate in rates)
    assert max(rates) == 0.5
    assert rates[warmup:] == sorted(rates[warmup:], reverse=True)


def test_the_released_schedule_starts_at_a_tenth_and_ends_before_zero():
    """Of 100 epochs with 10 of warm-up the cosine has 100 more: the last epoch ends at 90 % of it."""
    steps = 50
    schedule = Schedule(peak=1.0, warmup=10 * steps, total=100 * steps, start=0.1, cosine=100 * steps)
    assert schedule.rate(0) == pytest.approx(0.1, abs=0.002)
    assert schedule.rate(5 * steps - 1) == pytest.approx(0.55)
    assert schedule.rate(10 * steps) == 1
    assert schedule.rate(100 * steps) == pytest.approx(0.0245, abs=1e-4)


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def loss_of(network, seed):
    inputs = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    return (network(inputs) * torch.tensor([1.0, -2.0])).square().mean()


def test_a_step_has_length_rate_x_trust_x_weight_norm_whatever_the_gradient():
    network = model()
    optimiser = Lars(network, momentum=0.9, weight_decay=0.1, trust_coefficient=0.01)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    loss = loss_of(network, 0)
    gradients = dict(
        zip(before, torch.autograd.grad(loss, network.parameters(), retain_graph=True), strict=True)
    )
    optimiser.step(loss, rate=0.5)
    after = dict(network.named_parameters())
    weight = before["0.weight"]
    direction = gradients["0.weight"] + 0.1 * weight
    expected = weight - 0.5 * 0.01 * weight.norm() * direction / direction.norm()
    torch.testing.assert_close(after["0.weight"].detach(), expected)
    for name in ("0.bias", "1.weight", "1.bias"):  # neither adapted nor decayed
        torch.testing.assert_close(after[name].detach(), before[name] - 0.5 * gradients[name])


def test_all_tensors_are_adapted_and_decayed_where_that_is_asked_for():
    network = model()
    optimiser = Lars(network, momentum=0, weight_decay=0.1, trust_coefficient=0.01, adapt_all=True)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    loss = loss_of(network, 0)
    gradients = torch.autograd.grad(loss, network.parameters(), retain_graph=True)
    optimiser.step(loss, rate=0.5)
    for (name, weight), gradient in zip(before.items(), gradients, strict=True):
        direction = gradient + 0.1 * weight
        trust = 0.01 * weight.norm() / direction.norm() if weight.norm() > 0 else 1
        expected = weight - 0.5 * trust * direction
        torch.testing.assert_close(dict(network.named_parameters())[name].detach(), expected)


def test_momentum_adds_up():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 10.0)
    optimiser = Lars(network, momentum=0.5, weight_decay=0, trust_coefficient=None)
    for _ in range(3):
        optimiser.step(network.weight.sum(), rate=1.0)
    assert network.weight.item() == 10 - (1 + 1.5 + 1.75)


@pytest.mark.parametrize(("weight", "slope"), [(0.0, 2.0), (3.0, 0.0)], ids=["no weight", "no gradient"])
def test_a_norm_of_zero_adapts_nothing(weight, slope):
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, weight)
    Lars(network, momentum=0, weight_decay=0, trust_coefficient=0.1).step(
        slope * network.weight.sum(), rate=1.0
    )
    assert network.weight.item() == weight - slope


def test_parameters_that_the_loss_does_not_reach_stay():
    network = nn.ModuleDict({"used": nn.Linear(1, 1), "unused": nn.Linear(1, 1)})
    before = [value.detach().clone() for value in network["unused"].parameters()]
    optimiser = Lars(network, momentum=0.9, weight_decay=0.5, trust_coefficient=None)
    optimiser.step(network["used"](torch.ones(1, 1)).sum(), rate=1.0)
    after = list(network["unused"].parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_restored_state_continues_as_if_nothing_had_happened():
    def optimiser_of(network):
        return Lars(network, momentum=0.9, weight_decay=0.01, trust_coefficient=0.1)

    whole = model()
    optimiser = optimiser_of(whole)
    optimiser.step(loss_of(whole, 0), rate=0.3)
    resumed = model()
    resumed.load_state_dict(whole.state_dict())
    state = optimiser.state()
    optimiser.step(loss_of(whole, 1), rate=0.2)
    other = optimiser_of(resumed)
    other.restore(state)  # also: the saved state is a copy, later steps leave it alone
    other.step(loss_of(resumed, 1), rate=0.2)
    for ours, theirs in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(ours, theirs)
