"""A user's detector: a function from images to scores, named by its module and judged like ours."""

import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cobra.artifacts.files import read_json
from cobra.artifacts.identity import Identity
from cobra.detectors.scoring import Score, checked
from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_code import source_digests
from cobra.detectors.user_code_isolation import attempt, import_name, seed_all
from cobra.errors import UserError


class OwnDetector:
    """A user's score, and what the artifact that names it says of itself."""

    def __init__(self, score: Score, identity: Identity) -> None:
        self.score = score
        self.identity = identity

    @classmethod
    def load(cls, path: Path, training: Callable[[], Tensor], device: torch.device) -> "OwnDetector":
        """Read the descriptor at `path` and make its score; `training` gives the normal training images.
        Raises UserError if a file that the detector rests on is another than when `path` was made.
        """
        _, identity = read_json(path)
        try:
            settings = OwnDetectorSettings.model_validate(identity.settings["own"])
        except (KeyError, ValueError) as error:
            raise UserError(
                f"{path} is of kind {identity.kind} and names no detector: give a detector.json that the "
                "workflow wrote."
            ) from error
        score = own_score(settings, training, device)
        for name, found in source_digests(settings).items():
            if identity.inputs.get(name, found) != found:
                raise UserError(
                    f"The {name} changed since {path} was made: run the workflow again, and it is attacked "
                    "anew."
                )
        return cls(score, identity)


def own_score(settings: OwnDetectorSettings, training: Callable[[], Tensor], device: torch.device) -> Score:
    """The score that `settings` name: a function of images, or what a function of the normal training
    images float [N, 3, H, W] in [0, 1] returns.

    A module on `device` if it is one. It is given copies, which it may change. Raises UserError for what
    cannot be imported, called or is no score.
    """
    name = settings.name
    found = import_name(name)
    if settings.fit is not None:
        seed_all()
        found = attempt(name, found, training())
    if isinstance(found, torch.nn.Module):
        found = found.to(device).eval()
        for parameter in found.parameters():  # requires_grad_ is not for modules of TorchScript
            parameter.requires_grad_(False)
    function = scoring_function(name, found)
    settle(name, function)
    return lambda images: attempt(name, function, images.clone())


def scoring_function(name: str, found: Any) -> Callable[[Tensor], Any]:
    """What maps images to scores: a method `score` if there is one, or the object itself."""
    if isinstance(found, type):
        raise UserError(
            f"{name} gives the class {found.__name__}, not a score: name an instance of it, or with fit a "
            "function that makes one."
        )
    method = getattr(found, "score", None)
    if isinstance(found, torch.nn.Module) and not inspect.ismethod(method):
        return found  # a layer or a number called score is none
    function = method if callable(method) else found
    if not callable(function):
        raise UserError(f"{name} gives a {type(found).__name__} where a function of images is needed.")
    return function


def settle(name: str, function: Callable[[Tensor], Any]) -> None:
    """Put networks that a score uses into evaluation mode, and say so: what is left in training mode has an
    image's score depend on its batch, or on chance.
    """
    for called, network in used_networks(function).items():
        if any(module.training for module in network.modules()):
            network.eval()
            print(
                f"warning: {called}, which {name} uses, was in training mode and was put into evaluation "
                "mode: call its eval() where it is made.",
                file=sys.stderr,
            )


def used_networks(function: Callable[[Tensor], Any]) -> dict[str, torch.nn.Module]:
    """The networks that a function names or encloses, or its object has, by what they are called."""
    owner = getattr(function, "__self__", None if inspect.isroutine(function) else function)
    used = dict(getattr(owner, "__dict__", {})) if not isinstance(owner, torch.nn.Module) else {}
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if inspect.isfunction(plain):
        with suppress(ValueError):  # a variable that it encloses has no value yet
            variables = inspect.getclosurevars(plain)
            used |= {**variables.globals, **variables.nonlocals}
    return {called: value for called, value in used.items() if isinstance(value, torch.nn.Module)}


def require_score(score: Score, images: Tensor) -> None:
    """Raise UserError unless `score` gives finite numbers, one for each of `images`."""
    with torch.no_grad():
        checked(score, images)
