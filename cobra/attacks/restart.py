"""One restart of an attack: its images, the ball that they must stay in, and the climb along gradients."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from cobra.attacks.mixed_precision import climb_along_draft, last_steps
from cobra.attacks.settings import AttackSettings
from cobra.detectors.scoring import Score, check_images, checked, require_finite, shaped
from cobra.errors import UserError
from cobra.machine.device import autocast
from cobra.randomness import ImageRandom
from cobra.training.ascent import Ball, LinfBall, Move, ascend

TINY = 1e-12  # keeps a zero gradient from dividing by zero: it moves nothing


def recorded_steps(steps: int) -> list[int]:
    """The step counts at which the worst score so far is recorded: 1, 2, 5, 10, 20, 50, ..., half of the
    steps, nine tenths, and the last.
    """
    series = {digit * 10**power for power in range(7) for digit in (1, 2, 5)}
    return sorted({step for step in series | {steps // 2, steps - steps // 10} if 0 < step < steps} | {steps})


def trace_names(restarts: int, steps: int) -> list[list[str]]:
    """By restart the columns of a trace in a score file, the fewest steps first."""
    return [[f"r{number + 1}_s{step}" for step in recorded_steps(steps)] for number in range(restarts)]


def missing_restarts(trace: Tensor) -> list[int]:
    """The restarts of which `trace` [N, restarts, ...] does not hold every image yet (NaN)."""
    return [restart for restart in range(trace.shape[1]) if bool(trace[:, restart].isnan().any())]


def targeted(is_anomaly: Tensor, settings: AttackSettings) -> Tensor:
    """Bool [N]: the images that the attack aims at."""
    groups = {"both": torch.ones_like(is_anomaly), "normal": ~is_anomaly, "anomalies": is_anomaly}
    return groups[settings.target]


@dataclass(frozen=True, kw_only=True)
class Restart:
    """Images [N, C, H, W] in [0, 1] whose `score` is to rise or fall: `direction` [N] is +1 or -1.

    `guide`, where there is one, is a score whose gradient is followed in place of the score's own.
    `number` counts from 0. `earlier` [N, number] are the best signed scores (direction x score) of the
    restarts before this one, `clean` [N] those of the images as they are.
    """

    score: Score
    guide: Score | None
    settings: AttackSettings
    images: Tensor
    image_ids: Tensor
    direction: Tensor
    clean: Tensor
    seed: int
    number: int
    earlier: Tensor

    @classmethod
    def first(
        cls,
        score: Score,
        images: Tensor,
        is_anomaly: Tensor,
        settings: AttackSettings,
        *,
        image_ids: Tensor,
        seed: int,
        guide: Score | None = None,
    ) -> "Restart":
        """The first restart; raises UserError for no images or scores, or such as are no good."""
        check_images(images)
        direction = torch.where(is_anomaly, -1.0, 1.0)
        with torch.no_grad():
            clean = direction * checked(score, images)
        return cls(
            score=score,
            guide=guide,
            settings=settings,
            images=images,
            image_ids=image_ids,
            direction=direction,
            clean=clean,
            seed=seed,
            number=0,
            earlier=clean.new_empty(len(clean), 0),
        )

    def select(self, rows: Tensor) -> "Restart":
        """The restart on some of its images."""
        names = ("images", "image_ids", "direction", "clean", "earlier")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @cached_property
    def random(self) -> ImageRandom:
        """Random numbers of this restart, of each image its own."""
        return ImageRandom.of(self.seed, self.image_ids, "attack start", self.number)

    @property
    def eps(self) -> float:
        """The budget."""
        if self.settings.eps is None:
            raise UserError("The attack has no eps: set attacks.<name>.eps or the data set's eps.")
        return self.settings.eps

    @cached_property
    def ball(self) -> Ball:
        """The images allowed."""
        return L2Ball(self.images, self.eps) if self.settings.norm == "l2" else self.box

    @cached_property
    def box(self) -> LinfBall:
        """The images allowed in l-inf."""
        return LinfBall.around(self.images, self.eps)

    @property
    def step_size(self) -> float:
        """The step of this restart, in the ball's norm: restarts take the ratios in turn."""
        ratios = self.settings.step_ratios
        return ratios[self.number % len(ratios)] * self.eps / self.settings.steps

    def climb(self, move: Move, start: Tensor) -> Tensor:
        """The signed scores [N, steps + 1] of `start` and of the iterates to which `move` leads from it,
        along gradients of the score or its guide. In bf16 -inf stands where no score in fp32 was taken.
        """
        steps = self.settings.steps
        found: Tensor | None = None
        if self.settings.precision != "fp32" and steps > last_steps(steps):
            start, found = self._climb_in_bf16(move, start, steps - last_steps(steps))
            steps = last_steps(steps)
        seen: list[Tensor] = []
        followed: list[Tensor] = []

        def objective(batch: Tensor) -> Tensor:
            values = self._signed(self.guide or self.score, batch)
            followed.append(values.detach())
            seen.append(followed[-1] if self.guide is None else self.look(batch.detach()))
            return values

        end = ascend(objective, start, move, steps=steps)
        require_finite(torch.stack(followed))  # here and not at each step, where a GPU would have to wait
        scores = torch.stack([*seen, self.look(end)], dim=1)
        if found is None:
            return scores
        found[:, -1] = torch.maximum(found[:, -1], scores[:, 0])
        return torch.cat([found, scores[:, 1:]], dim=1)

    def _climb_in_bf16(self, move: Move, start: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """The last iterate of so many steps along gradients in bf16, and what `climb` returns for them."""

        def draft(batch: Tensor) -> Tensor:
            with autocast(batch.device, self.settings.precision):
                return self._signed(self.score, batch)

        recorded = recorded_steps(self.settings.steps)
        return climb_along_draft(draft, self.look, start, move, steps=steps, recorded=recorded)

    def differentiable(self, batch: Tensor) -> Tensor:
        """The signed values [N] that gradients are taken of; raises UserError if they have none or are not
        finite.
        """
        values = self._signed(self.guide or self.score, batch)
        require_finite(values)
        return values

    def _signed(self, score: Score, batch: Tensor) -> Tensor:
        """The signed values [N] of `score`; raises UserError if `batch` wants a gradient that it has not."""
        values = self.direction * shaped(score, batch)
        if batch.requires_grad and not values.requires_grad:
            raise UserError(
                f"The score has no gradient with respect to the image, which the attack {self.settings.kind} "
                "needs: attack it with square, search or noise, or transfer an attack to it."
            )
        return values

    @torch.no_grad()
    def look(self, batch: Tensor) -> Tensor:
        """The signed scores [N], without a gradient."""
        return self.direction * checked(self.score, batch)


def length(vectors: Tensor) -> Tensor:
    """The l2 norm per image, [N, 1, 1, 1]."""
    return torch.linalg.vector_norm(vectors, dim=(1, 2, 3), keepdim=True)


@dataclass(frozen=True)
class L2Ball:
    """Images within eps of `images` in l2 (all pixels as one vector) and within [0, 1], up to the rounding of
    float32.
    """

    images: Tensor
    eps: float

    def project(self, images: Tensor) -> Tensor:
        """The change shortened to eps, then clipped to [0, 1], which shortens it more (Croce, Hein 2020)."""
        change = images - self.images
        shorter = (self.eps / length(change).clamp(min=TINY)).clamp(max=1)
        return (self.images + change * shorter).clamp(0, 1)

    def random_start(self, random: ImageRandom) -> Tensor:
        """Uniform in the ball, projected: a random direction, a length of eps u^(1/D)."""
        direction = random.child("direction").normal(*self.images.shape[1:])
        pixels = self.images[0].numel()
        reach = self.eps * random.child("length").uniform(1, 1, 1) ** (1 / pixels)
        return self.project(self.images + reach * direction / length(direction).clamp(min=TINY))

    def steepest(self, gradient: Tensor) -> Tensor:
        """The gradient at length 1."""
        scaled = gradient / gradient.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-37)
        return scaled / length(scaled).clamp(min=TINY)  # squares of a very small or large one leave float32
