"""Checks of attacks on a device against the same on the CPU."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from subjects import coloured
from torch import Tensor

from cobra.attacks.run import Attacked, attack
from cobra.batching import steady
from cobra.data.one_class import as_unit
from cobra.detector import Detector
from cobra.metrics import auroc
from cobra.settings.attack import AttackSettings

CPU = torch.device("cpu")
EPS = 4 / 255
PRECISIONS: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")
SCORES, GAINS, POINTS = 0.005, 0.1, 5.0  # allowed: absolute, relative, of AUROC


@dataclass(frozen=True)
class Check:
    """What was found on the device, and the most, or the least, that is allowed."""

    name: str
    found: float
    allowed: float
    is_upper: bool = True

    @property
    def passed(self) -> bool:
        """Whether it is; not a number is not."""
        return self.found <= self.allowed if self.is_upper else self.found >= self.allowed


@dataclass
class Watched:
    """A detector's score that notes how far the images that it is asked about are from the first ones."""

    detector: Detector
    images: Tensor
    farthest: float = 0.0
    outside: float = 0.0

    def __call__(self, images: Tensor) -> Tensor:
        """The scores."""
        seen = images.detach()
        self.farthest = max(self.farthest, float((seen.double() - self.images.double()).abs().max()))
        self.outside = max(self.outside, float(-seen.min()), float(seen.max()) - 1)
        return self.detector.score(images)


def attack_checks(args: argparse.Namespace, device: torch.device, path: Path) -> Iterator[Check]:
    """A detector made on the CPU and read on the device: its scores, clean and under attack."""
    half = args.images // 16 * 8  # whole eights: what the score is asked is then what was attacked
    test = torch.cat([coloured(half, coarse, seed=1).pixels[:] for coarse in (4, 8)])
    is_anomaly = torch.arange(2 * half) >= half
    for precision in PRECISIONS:
        here, _ = attacked(args, path, test, is_anomaly, CPU, precision)
        there, watched = attacked(args, path, test, is_anomaly, device, precision)
        again, _ = attacked(args, path, test, is_anomaly, device, precision)
        if precision == "fp32":
            apart = float((there.clean.cpu() - here.clean).abs().max())
            yield Check("clean scores apart from the CPU's", apart, SCORES)
        yield from comparison(here, there, is_anomaly, precision)
        repeats = float((again.attacked - there.attacked).abs().max())
        yield Check(f"{precision}: attacked scores apart when attacked again", repeats, 0.0)
        yield Check(f"{precision}: largest change of a pixel", watched.farthest, EPS)
        yield Check(f"{precision}: pixels beyond [0, 1]", watched.outside, 0.0)


def attacked(
    args: argparse.Namespace,
    path: Path,
    pixels: Tensor,
    is_anomaly: Tensor,
    device: torch.device,
    precision: Literal["fp32", "bf16"],
) -> tuple[Attacked, Watched]:
    """An attack of one restart on `device`."""
    images = as_unit(pixels.to(device))
    watched = Watched(Detector.load(path, device=device), images)
    settings = AttackSettings(eps=EPS, steps=args.steps, restarts=1, precision=precision)
    ids = torch.arange(len(images), device=device)
    found = attack(steady(watched), images, is_anomaly.to(device), settings, image_ids=ids, seed=0)
    return found, watched


def comparison(here: Attacked, there: Attacked, is_anomaly: Tensor, precision: str) -> Iterator[Check]:
    """What the attack gained, there against here."""
    ours, theirs = (gains(its, is_anomaly) for its in (here, there))
    yield Check(
        f"{precision}: least gain of an image (below 0: better than clean)", float(theirs.min()), 0.0, False
    )
    yield Check(
        f"{precision}: mean gain over the CPU's, least", float(theirs.mean() / ours.mean()), 1 - GAINS, False
    )
    yield Check(f"{precision}: mean gain over the CPU's, most", float(theirs.mean() / ours.mean()), 1 + GAINS)
    points = [auroc(its.attacked.cpu().numpy(), is_anomaly.numpy()) for its in (here, there)]
    yield Check(f"{precision}: robust AUROC apart from the CPU's, points", abs(points[1] - points[0]), POINTS)


def gains(found: Attacked, is_anomaly: Tensor) -> Tensor:
    """By how much each score moved the way that the attack wants it."""
    direction = torch.where(is_anomaly, -1.0, 1.0)
    return direction * (found.attacked - found.clean).cpu()
