"""Anybody's detector: a function from images to scores, named by its module, judged like ours."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cobra.artifacts import read_json
from cobra.errors import UserError
from cobra.provenance import Identity
from cobra.scoring import Score, checked
from cobra.settings.own import OwnDetectorSettings
from cobra.user_code import search_working_folder


class OwnDetector:
    """A user's score, and what the artifact that names it says of itself."""

    def __init__(self, score: Score, identity: Identity) -> None:
        self.score = score
        self.identity = identity

    @classmethod
    def load(cls, path: Path, training: Callable[[], Tensor], device: torch.device) -> "OwnDetector":
        """Read the descriptor at `path` and make its score; `training` gives the normal training images."""
        _, identity = read_json(path)
        try:
            settings = OwnDetectorSettings.model_validate(identity.settings["own"])
        except (KeyError, ValueError) as error:
            raise UserError(
                f"{path} is of kind {identity.kind} and names no detector: give a detector.json that the "
                "workflow wrote."
            ) from error
        return cls(own_score(settings, training, device), identity)


def own_score(settings: OwnDetectorSettings, training: Callable[[], Tensor], device: torch.device) -> Score:
    """The score that `settings` name: a function of images, or what a function of the normal training
    images float [N, 3, H, W] in [0, 1] returns.

    A module on `device` if it is one. Raises UserError for what cannot be imported, called or is no score.
    """
    name = settings.score or settings.fit or ""
    found = import_name(name)
    if settings.fit is not None:
        found = attempt(name, found, training())
    if isinstance(found, torch.nn.Module):
        found = found.to(device).eval().requires_grad_(False)
    function = getattr(found, "score", found)
    if not callable(function):
        raise UserError(f"{name} gives a {type(found).__name__} where a function of images is needed.")
    return lambda images: attempt(name, function, images)


def import_name(name: str) -> Any:
    """What `package.module:function` names, the working folder being searched, too."""
    module, _, attribute = name.partition(":")
    search_working_folder()
    try:
        found: Any = importlib.import_module(module)
    except Exception as error:  # the user's module may raise anything
        raise UserError(
            f"The module of {name} cannot be imported ({type(error).__name__}: {error}): correct the "
            "name, or run from the folder in which it lies."
        ) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise UserError(f"{module} has no {attribute}: name a function as package.module:function.")
        found = getattr(found, part)
    return found


def attempt(name: str, function: Any, *arguments: Tensor) -> Any:
    """The result of a user's function; raises UserError, naming it, if it fails."""
    try:
        return function(*arguments)
    except Exception as error:  # the user's function may raise anything
        shapes = ", ".join(str(tuple(argument.shape)) for argument in arguments)
        raise UserError(
            f"{name} failed on images of shape {shapes} ({type(error).__name__}: {error}): correct it."
        ) from error


def require_score(score: Score, images: Tensor) -> None:
    """Raise UserError unless `score` gives finite numbers, one for each of `images`."""
    with torch.no_grad():
        checked(score, images)
