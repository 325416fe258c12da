"""The training of a baseline's network: its steps, its rates, its random numbers, its state."""

import itertools

import pytest
import torch
from normals import training

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.learning import Adam, learn
from cobra.detectors.baselines.parts.lenet import LearningSettings
from cobra.errors import UserError


def test_the_first_step_of_a_training_is_adams(tmp_path, identity):
    """Adam's first step is the learning rate along the sign of the gradient, weight decay included."""
    network = torch.nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(2.0)
    schedule = LearningSettings(epochs=1, learning_rate=0.01, batch_size=100, weight_decay=1.0)
    with training(tmp_path, identity) as given:
        learn(network, lambda images, _: -network.weight.sum() + 0 * images.sum(), schedule, given, "test")
        assert given.stages["test"]["losses"] == [-2.0]
    assert network.weight.item() == pytest.approx(2 - 0.01)  # -1 + 1.0 x 2 is positive


def test_steps_are_those_of_torchs_adam():
    networks = [torch.nn.Linear(3, 2) for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    ours, theirs = Adam(networks[0], 0.1), torch.optim.Adam(networks[1].parameters(), weight_decay=0.1)
    images = torch.randn(20, 5, 3, generator=torch.Generator().manual_seed(0))
    for batch, rate in zip(images, torch.linspace(0.1, 0.01, 20).tolist(), strict=True):
        ours.step((networks[0](batch) ** 2).mean(), rate)
        theirs.param_groups[0]["lr"] = rate
        theirs.zero_grad()
        (networks[1](batch) ** 2).mean().backward()
        theirs.step()
    for mine, other in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        torch.testing.assert_close(mine, other)


def test_the_learning_rate_is_a_tenth_after_the_milestone(tmp_path, identity):
    network = torch.nn.Linear(1, 1, bias=False)
    schedule = LearningSettings(epochs=3, milestone=2, learning_rate=0.01, weight_decay=0)
    weights = []

    def loss(images, _):
        weights.append(network.weight.item())
        return network.weight.sum() + 0 * images.sum()

    with training(tmp_path, identity) as given:
        learn(network, loss, schedule, given, "test")
    weights.append(network.weight.item())
    steps = [before - after for before, after in itertools.pairwise(weights)]
    assert steps == pytest.approx([0.01, 0.01, 0.001], rel=1e-3)


@pytest.mark.parametrize(("epochs", "saved"), [(7, 7), (100, 100), (250, 84)])
def test_a_training_writes_its_state_a_hundred_times_at_most(monkeypatch, tmp_path, identity, epochs, saved):
    network, saves = torch.nn.Linear(1, 1), []
    monkeypatch.setattr(Training, "save", lambda self, stage, state: saves.append(len(state["losses"])))
    schedule = LearningSettings(epochs=epochs, batch_size=100)
    with training(tmp_path, identity) as given:
        learn(network, lambda images, _: network.weight.sum() + 0 * images.sum(), schedule, given, "test")
    assert (len(saves), saves[-1]) == (saved, epochs)


def test_the_random_numbers_of_a_training_are_each_images_own_and_new_in_each_epoch(tmp_path, identity):
    drawn = []

    def loss(images, random):
        drawn.append(dict(zip(images[:, 0, 3, 3].tolist(), random.uniform().tolist(), strict=True)))
        return network.weight.sum()

    for batch_size in (12, 5):
        network = torch.nn.Linear(1, 1)
        schedule = LearningSettings(epochs=2, batch_size=batch_size)
        with training(tmp_path / str(batch_size), identity) as given:
            learn(network, loss, schedule, given, "test")
    whole, parts_of_it = drawn[:2], [drawn[2] | drawn[3] | drawn[4], drawn[5] | drawn[6] | drawn[7]]
    assert whole == parts_of_it
    assert whole[0] != whole[1]


def test_a_training_that_diverges_is_told(tmp_path, identity):
    network = torch.nn.Linear(1, 1)
    with (
        training(tmp_path, identity) as given,
        pytest.raises(UserError, match="The loss of the test is nan in epoch 1: lower its learning_rate"),
    ):
        learn(network, lambda images, _: network.weight.sum() * torch.nan, LearningSettings(), given, "test")
