"""Networks kept while training, in equal bytes however often it was killed."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from trainings import IMAGES, killed_after, settings

from cobra.artifacts.checkpoints import Scratch, read_torch, write_torch
from cobra.errors import UserError
from cobra.training.settings import ScheduleSettings
from cobra.training.snapshots import Snapshots, snapshot_epochs
from cobra.training.trainer import Trainer

CPU = torch.device("cpu")
SUBJECT = {"dataset": "digits", "normal": "0", "method": "cobra", "seed": 0}
MADE_FROM = {"data": "d1"}


def schedule(epochs, snapshots):
    return {"schedule": {"epochs": epochs, "snapshots": snapshots}}


def train(folder, identity, changes):
    """A training in `folder`, and its snapshots written there."""
    chosen = settings(**changes)
    trainer, scratch = Trainer(IMAGES, chosen, 0), Scratch(folder / "scratch", "cpu")
    trainer.run(scratch)
    own = identity.model_copy(update={"settings": chosen.model_dump(mode="json")})
    Snapshots.collect(scratch, trainer.losses, own).save(folder / "snapshots.pt")
    return trainer


def load(folder, subject=SUBJECT, made_from=MADE_FROM):
    return Snapshots.load(folder / "snapshots.pt", subject, made_from)


@pytest.mark.parametrize(
    ("epochs", "snapshots", "expected"),
    [
        (24, 6, [4, 8, 12, 16, 20, 24]),
        (10, 3, [3, 6, 10]),
        (5, 5, [1, 2, 3, 4, 5]),
        (7, 1, [7]),
        (7, 0, []),
    ],
)
def test_snapshots_are_evenly_spaced_and_end_with_the_last_epoch(epochs, snapshots, expected):
    assert snapshot_epochs(ScheduleSettings(epochs=epochs, snapshots=snapshots, warmup_epochs=0)) == expected


@given(st.integers(1, 300).flatmap(lambda epochs: st.tuples(st.just(epochs), st.integers(1, epochs))))
def test_gaps_between_snapshots_differ_by_one_at_most(numbers):
    epochs, snapshots = numbers
    found = snapshot_epochs(ScheduleSettings(epochs=epochs, snapshots=snapshots, warmup_epochs=0))
    gaps = [later - earlier for earlier, later in zip([0, *found], found, strict=False)]
    assert len(found) == snapshots
    assert found[-1] == epochs
    assert min(gaps) >= 1
    assert max(gaps) - min(gaps) <= 1


def test_more_snapshots_than_epochs_are_refused():
    with pytest.raises(ValueError, match="snapshots=3 exceeds epochs=2"):
        settings(schedule={"epochs": 2, "snapshots": 3})


def test_a_snapshot_is_the_network_as_it_was_after_its_epoch(tmp_path, identity):
    whole = train(tmp_path, identity, schedule(4, 2))
    found = load(tmp_path)
    assert list(found.networks) == [2, 4]
    for key, value in whole.network.state_dict().items():
        assert torch.equal(found.network(4, CPU).state_dict()[key], value)
    weight = "backbone.conv1.weight"
    assert not torch.equal(found.networks[2][weight], found.networks[4][weight])


def test_losses_are_those_of_every_epoch_without_times(tmp_path, identity):
    whole = train(tmp_path, identity, schedule(3, 1))
    found = load(tmp_path).losses
    assert [row["epoch"] for row in found] == [1, 2, 3]
    assert list(found[0]) == [
        "epoch", "loss", "contrastive", "classification", "learning_rate", "acceptance", "tries",
    ]  # fmt: skip
    assert [row["loss"] for row in found] == [row["loss"] for row in whole.history]


@pytest.mark.parametrize("way", ["keep", "save"])
@pytest.mark.parametrize("calls", [1, 2])
def test_a_killed_training_ends_with_the_same_bytes(tmp_path, identity, monkeypatch, way, calls):
    train(tmp_path / "whole", identity, schedule(3, 3))
    with killed_after(monkeypatch, calls, way):
        train(tmp_path / "killed", identity, schedule(3, 3))
    train(tmp_path / "killed", identity, schedule(3, 3))
    whole, killed = ((tmp_path / name / "snapshots.pt").read_bytes() for name in ("whole", "killed"))
    assert whole == killed


def test_an_epoch_that_is_kept_is_not_in_the_state_that_is_saved(tmp_path, identity):
    train(tmp_path, identity, schedule(2, 2))
    state = read_torch(tmp_path / "scratch/state.pt")["state"]
    assert set(state) == {"network", "optimiser", "threshold", "history"}


def test_without_snapshots_the_file_holds_losses_alone(tmp_path, identity):
    train(tmp_path, identity, schedule(2, 0))
    content = read_torch(tmp_path / "snapshots.pt")
    assert content["networks"] == {}
    assert len(json.loads(content["losses"])) == 2
    with pytest.raises(UserError, match=r"holds no epoch: set detector\.schedule\.snapshots and train again"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("subject", "made_from"), [(SUBJECT | {"normal": "3"}, MADE_FROM), (SUBJECT, {"data": "d2"})]
)
def test_snapshots_of_another_class_or_data_are_refused(tmp_path, identity, subject, made_from):
    train(tmp_path, identity, schedule(2, 1))
    with pytest.raises(UserError, match=r"where .* is needed"):
        load(tmp_path, subject, made_from)


def test_another_file_is_told_in_a_sentence(tmp_path, identity):
    of_us = {"identity": identity.model_copy(update={"kind": "snapshots"}).model_dump_json()}
    for content, said in (
        (
            {"networks": {}},
            r"is a PyTorch file of something else \(it holds networks\): give a snapshots\.pt",
        ),
        ({"identity": identity.model_dump_json()}, r"is of kind detector: give a snapshots\.pt"),
        (of_us, "holds no snapshots of this version: train the detector again"),
    ):
        write_torch(tmp_path / "snapshots.pt", content)
        with pytest.raises(UserError, match=said):
            load(tmp_path)
