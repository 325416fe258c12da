"""An attack on a batch, restart by restart: what a strategy is given, and the climb of gradient attacks."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from cobra.attacks.l2_ball import L2Ball
from cobra.attacks.mixed_precision import DraftClimb, drafted, full_steps
from cobra.attacks.settings import AttackSettings
from cobra.detectors.scoring import Score, check_images, checked, require_finite, shaped
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.training.ascent import Ball, LinfBall, Move, ascend


def recorded_steps(steps: int) -> list[int]:
    """The step counts at which the worst score so far is recorded: 1, 2, 5, 10, 20, 50, ..., half of the
    steps, nine tenths, and the last.
    """
    series = {digit * 10**power for power in range(7) for digit in (1, 2, 5)}
    return sorted({step for step in series | {steps // 2, steps - steps // 10} if 0 < step < steps} | {steps})


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Images [N, C, H, W] in [0, 1] whose `score` is to rise or fall: `direction` [N] is +1 or -1.

    `guide`, where there is one, is a score whose gradient is followed in place of the score's own.
    `earlier` [N, restart] are the best signed scores of the restarts before this one, `clean` [N] those of
    the images as they are. A strategy makes of it the signed scores [N, steps + 1] of its start and of all
    that it tried after it.
    """

    score: Score
    images: Tensor
    direction: Tensor
    random: ImageRandom
    settings: AttackSettings
    restart: int
    guide: Score | None
    earlier: Tensor
    clean: Tensor

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
        return ratios[self.restart % len(ratios)] * self.eps / self.settings.steps

    def select(self, rows: Tensor) -> "Attempt":
        """The attempt on some of its images."""
        own = {name: getattr(self, name)[rows] for name in ("images", "direction", "earlier", "clean")}
        return replace(self, random=self.random.select(rows), **own)

    def climb(self, move: Move, start: Tensor) -> Tensor:
        """The signed scores of `start` and of the iterates to which `move` leads from it; -inf where a climb
        along a draft of the score asked for none.
        """
        steps, full = self.settings.steps, full_steps(self.settings.steps)
        if self.settings.precision == "fp32" or full == steps:
            return self._climb(move, start, steps)
        draft = drafted(self.score, self.settings.precision)
        climb = DraftClimb(lambda batch: self.guiding(draft, batch), self.look, start, recorded_steps(steps))
        reached, found = climb.run(move, steps - full)
        rest = self._climb(move, reached, full)
        found[:, -1] = torch.maximum(found[:, -1], rest[:, 0])
        return torch.cat([found, rest[:, 1:]], dim=1)

    def _climb(self, move: Move, start: Tensor, steps: int) -> Tensor:
        """The signed scores [N, steps + 1] of `start` and of all iterates, along the score's own gradient or
        the guide's.
        """
        seen: list[Tensor] = []
        followed: list[Tensor] = []

        def objective(batch: Tensor) -> Tensor:
            values = self.guiding(self.guide or self.score, batch)
            followed.append(values.detach())
            seen.append(followed[-1] if self.guide is None else self.look(batch.detach()))
            return values

        last = ascend(objective, start, move, steps=steps)
        require_finite(torch.stack(followed))  # here and not at each step, where a GPU would have to wait
        return torch.stack([*seen, self.look(last)], dim=1)

    def differentiable(self, batch: Tensor) -> Tensor:
        """The signed values [N] that gradients are taken of; raises UserError if they have none or are not
        finite.
        """
        values = self.guiding(self.guide or self.score, batch)
        require_finite(values)
        return values

    def guiding(self, score: Score, batch: Tensor) -> Tensor:
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


@dataclass(frozen=True, kw_only=True)
class Task:
    """A batch under attack: what all restarts share. `chosen` are the rows that the attack's target names."""

    score: Score
    images: Tensor
    direction: Tensor
    image_ids: Tensor
    chosen: Tensor
    clean: Tensor
    settings: AttackSettings
    seed: int
    guide: Score | None

    @classmethod
    def of(
        cls,
        score: Score,
        images: Tensor,
        is_anomaly: Tensor,
        settings: AttackSettings,
        *,
        image_ids: Tensor,
        seed: int,
        guide: Score | None = None,
    ) -> "Task":
        """Images and their clean scores, checked; raises UserError if either is no good."""
        check_images(images)
        direction = torch.where(is_anomaly, -1.0, 1.0)
        targets = {"both": torch.ones_like(is_anomaly), "normal": ~is_anomaly, "anomalies": is_anomaly}
        with torch.no_grad():
            clean = direction * checked(score, images)
        return cls(
            score=score,
            images=images,
            direction=direction,
            image_ids=image_ids,
            chosen=torch.nonzero(targets[settings.target])[:, 0],
            clean=clean,
            settings=settings,
            seed=seed,
            guide=guide,
        )

    def attempt(self, restart: int, earlier: Tensor) -> Attempt:
        """A restart on the chosen images; `earlier` [N, restart] is what those before it found on all."""
        rows = self.chosen
        return Attempt(
            score=self.score,
            images=self.images[rows],
            direction=self.direction[rows],
            random=ImageRandom.of(self.seed, self.image_ids[rows], "attack start", restart),
            settings=self.settings,
            restart=restart,
            guide=self.guide,
            earlier=earlier.to(self.clean.device)[rows],
            clean=self.clean[rows],
        )


def missing_restarts(trace: Tensor) -> list[int]:
    """The restarts of which `trace` [N, restarts, ...] does not hold every image yet."""
    return [restart for restart in range(trace.shape[1]) if bool(trace[:, restart].isnan().any())]
