"""The network at some epochs of its training, and the losses of all: kept, and read to be followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from cobra.artifacts.checkpoints import Scratch, identity_in, read_torch, write_torch
from cobra.artifacts.identity import Identity
from cobra.errors import UserError
from cobra.training.networks.network import Network, restored_network
from cobra.training.settings import DetectorSettings, ScheduleSettings

KIND = "snapshots"
KEPT = "a snapshots.pt that a training of cobra kept"


def snapshot_epochs(schedule: ScheduleSettings) -> list[int]:
    """The epochs, counted from 1, after which the network is kept: evenly spaced, the last among them."""
    count = schedule.snapshots
    return [schedule.epochs * number // count for number in range(1, count + 1)]


def keep_network(scratch: Scratch, epoch: int, network: nn.Module) -> None:
    """Keep the network as it is after `epoch`, in a file of its own: later epochs do not write it again."""
    scratch.keep(f"epoch_{epoch}", network.state_dict())


@dataclass(frozen=True)
class Snapshots:
    """States of the network by epoch, on the CPU, and a record of the losses of every epoch, kept or not."""

    networks: dict[int, dict[str, Tensor]]
    losses: list[dict[str, float]]
    identity: Identity

    @classmethod
    def collect(cls, scratch: Scratch, losses: list[dict[str, float]], detector: Identity) -> Self:
        """What `keep_network` kept of the training of `detector`, whose settings say at which epochs."""
        schedule = DetectorSettings.model_validate(detector.settings).schedule
        networks = {epoch: scratch.kept(f"epoch_{epoch}") for epoch in snapshot_epochs(schedule)}
        return cls(networks, losses, detector.model_copy(update={"kind": KIND}))

    def save(self, path: Path) -> None:
        """Write all; equal trainings give equal bytes."""
        content = {
            "identity": self.identity.model_dump_json(),
            "losses": json.dumps(self.losses),
            "networks": {str(epoch): state for epoch, state in self.networks.items()},
        }
        write_torch(path, content)

    @classmethod
    def load(cls, path: Path, subject: Mapping[str, str | int], made_from: Mapping[str, str]) -> Self:
        """Read what `save` wrote; raises UserError for any other file, for snapshots of something else, and
        if it holds none.
        """
        content = read_torch(path, wanted=KEPT)
        identity = identity_in(path, content, KEPT, KIND)
        try:
            networks = {int(epoch): state for epoch, state in content["networks"].items()}
            found = cls(networks, json.loads(content["losses"]), identity)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{path} holds no snapshots of this version: train the detector again."
            ) from error
        identity.require(path, KIND, subject, made_from)
        if not networks:
            raise UserError(f"{path} holds no epoch: set detector.schedule.snapshots and train again.")
        return found

    @property
    def settings(self) -> DetectorSettings:
        """The settings of the training."""
        return DetectorSettings.model_validate(self.identity.settings)

    def network(self, epoch: int, device: torch.device) -> Network:
        """The network as it was after `epoch`."""
        return restored_network(self.settings.model, self.networks[epoch], device)
