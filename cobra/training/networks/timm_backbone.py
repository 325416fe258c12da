"""Networks of timm's (Wightman 2019) as backbones, their weights drawn at random; none is ever downloaded.

timm brings torchvision, and together they double a job's import time: imported where a network of theirs is
named, nowhere else.
"""

import difflib
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from cobra.errors import UserError
from cobra.training.networks.settings import ModelSettings


class TimmNetwork(nn.Module):
    """Images float [N, 3, S, S] of the side in the settings -> features [N, dim], pooled as timm does."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.dim = feature_dim(settings)
        self.body = _created(settings)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


@cache
def feature_dim(settings: ModelSettings) -> int:
    """Features of a network, found without its weights.

    Raises UserError, in one sentence, if timm is not there, knows no such network or does not take its
    options, and if the network does not fit the images or draws random numbers while it is trained.
    """
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        body = _created(settings)
        _require_whole_patches(body, settings)
        with _Draws() as draws:
            features = _features(body, torch.empty(2, 3, settings.side, settings.side), settings)
    if draws.seen:
        raise UserError(
            f"model.backbone: {settings.timm_name} draws random numbers while it is trained "
            f"({draws.seen[0]}), which a resumed training would not repeat: set its dropout rates to 0 in "
            "model.options."
        )
    return features.shape[1]


def _created(settings: ModelSettings) -> nn.Module:
    """The network, its attention in single steps: gradients of the fused one are not repeatable on a GPU."""
    try:
        timm = import_module("timm")
    except ImportError as error:
        raise UserError(
            f"model.backbone names a network of timm's, which cannot be imported ({_brief(error)}): install "
            "timm in the version of envs/requirements.txt."
        ) from None
    name = settings.timm_name
    if not timm.is_model(name):
        close = difflib.get_close_matches(name, timm.list_models(), n=3)
        advice = f"did you mean {' or '.join(close)}?" if close else "timm.list_models() names them"
        raise UserError(f"model.backbone: timm {timm.__version__} has no network called {name} ({advice}).")
    sized = getattr(timm.get_pretrained_cfg(name), "fixed_input_size", False)
    size = {"img_size": settings.side} if sized else {}
    try:
        body: nn.Module = timm.create_model(name, num_classes=0, **size, **settings.options)
    except Exception as error:  # what timm raises depends on the network
        raise UserError(
            f"model.options: timm cannot make {name} of {settings.options} for images of {settings.side} "
            f"pixels a side ({_brief(error)}): correct them."
        ) from error
    attention: list[Any] = [module for module in body.modules() if hasattr(module, "fused_attn")]
    for module in attention:
        module.fused_attn = False
    return body


def _require_whole_patches(body: nn.Module, settings: ModelSettings) -> None:
    """An image's pixels beyond its last whole patch would be seen by nothing."""
    first = next((module for module in body.modules() if isinstance(module, nn.Conv2d)), None)
    if first is None or first.stride != first.kernel_size or any(first.padding):
        return
    if settings.side % int(first.stride[0]):
        raise UserError(
            f"model.backbone: {settings.timm_name} cuts images into patches of {first.stride[0]} pixels, and "
            f"those here have {settings.side} a side: set another patch_size in model.options."
        )


class _Draws(TorchDispatchMode):
    """Watches for draws from torch's global generator: a resumed training would draw other numbers."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.seen.append(str(func))
        return func(*args, **(kwargs or {}))


def _features(body: nn.Module, images: Tensor, settings: ModelSettings) -> Tensor:
    """Features [N, D] of a network in training."""
    name, side = settings.timm_name, settings.side
    try:
        found: Any = body.train()(images)
    except Exception as error:  # what timm raises depends on the network
        raise UserError(
            f"model.backbone: {name} does not take images of {side} pixels a side ({_brief(error)}): name "
            "another network, or set model.options that suit them, such as patch_size."
        ) from error
    if not isinstance(found, Tensor) or found.ndim != 2 or found.shape[1] == 0:
        raise UserError(
            f"model.backbone: {name} does not give one row of features per image: name another network, or "
            "other model.options."
        )
    return found


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
