"""The same PGD by other libraries, on a two-class view of an anomaly score.

Their PGD raises the cross-entropy of two logits, [0, score - threshold], with the label 0 for a normal image
and 1 for an anomaly. That is softplus(d * (score - threshold)) with d = +1 and -1: its gradient is d times
the score's, times a positive number per image, and a step in l-inf takes the sign alone. So all are asked for
the same gradient; the threshold, the mean clean score, keeps that number from vanishing in float32.

Each import is inside its function: a library that is not installed is left out, and the result says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from cobra.detector import Detector, nearest
from cobra.models import Network
from cobra.scoring import Score


@dataclass(frozen=True)
class Problem:
    """Images [N, C, H, W] in [0, 1] whose `score` so many steps of PGD are to mislead within eps in l-inf."""

    score: Score
    images: Tensor
    is_anomaly: Tensor
    eps: float
    steps: int

    @property
    def step_size(self) -> float:
        """2.5 x eps / steps, as ours."""
        return 2.5 * self.eps / self.steps

    @property
    def direction(self) -> Tensor:
        """+1 [N] where the score is to rise, -1 where it is to fall."""
        return torch.where(self.is_anomaly, -1.0, 1.0)

    def gain(self, scores: Tensor) -> float:
        """By how much the attack changed the score to its ends, on average."""
        with torch.no_grad():
            return float((self.direction * (scores - self.score(self.images))).mean())


class TwoClasses(nn.Module):
    """Logits [0, score - threshold]; `network` is held so that libraries find what they ask of a module."""

    def __init__(self, network: nn.Module, score: Score, threshold: float) -> None:
        super().__init__()
        self.network = network
        self.score = score
        self.threshold = threshold

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, 2] of images [N, C, H, W]."""
        margin = self.score(images) - self.threshold
        return torch.stack([torch.zeros_like(margin), margin], dim=1)


def plain_score(detector: Detector, network: Network) -> Score:
    """The similarity score through `network` as it is: what one would write who has the detector's parts."""
    memory = detector.memory("projection")
    return lambda images: -nearest(network.embed(images, "projection") @ memory.T)


def plain_loop(problem: Problem, _: TwoClasses) -> Callable[[], Tensor]:
    """PGD in a few lines of PyTorch, in float32, on the score itself."""
    images, size, eps = problem.images, problem.step_size, problem.eps
    direction = problem.direction

    def run() -> Tensor:
        found = (images + torch.empty_like(images).uniform_(-eps, eps)).clamp(0, 1)
        for _ in range(problem.steps):
            found = found.detach().requires_grad_()
            (gradient,) = torch.autograd.grad((direction * problem.score(found)).sum(), found)
            found = found.detach() + size * gradient.sign()
            found = (images + (found - images).clamp(-eps, eps)).clamp(0, 1)
        return found.detach()

    return run


def by_torchattacks(problem: Problem, model: TwoClasses) -> Callable[[], Tensor]:
    """torchattacks.PGD."""
    import torchattacks

    attack = torchattacks.PGD(model, problem.eps, problem.step_size, problem.steps, random_start=True)
    return partial(attack, problem.images, problem.is_anomaly.long())


def by_foolbox(problem: Problem, model: TwoClasses) -> Callable[[], Tensor]:
    """foolbox.attacks.LinfPGD; after its steps it classifies the result."""
    import foolbox

    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device=problem.images.device)
    attack = foolbox.attacks.LinfPGD(abs_stepsize=problem.step_size, steps=problem.steps, random_start=True)
    labels = problem.is_anomaly.long()
    return lambda: attack(wrapped, problem.images, labels, epsilons=problem.eps)[1]


def by_art(problem: Problem, model: TwoClasses) -> Callable[[], Tensor]:
    """ART's PGD for PyTorch; it takes and gives numpy arrays, and after its steps classifies the result."""
    from art.attacks.evasion.projected_gradient_descent import projected_gradient_descent_pytorch
    from art.estimators.classification import PyTorchClassifier

    images = problem.images
    kind = "gpu" if images.is_cuda else "cpu"
    classifier = PyTorchClassifier(
        model,
        nn.CrossEntropyLoss(),
        tuple(images.shape[1:]),
        nb_classes=2,
        clip_values=(0.0, 1.0),
        device_type=kind,
    )
    attack = projected_gradient_descent_pytorch.ProjectedGradientDescentPyTorch(
        classifier, eps=problem.eps, eps_step=problem.step_size, max_iter=problem.steps, num_random_init=1,
        batch_size=len(images), verbose=False,
    )  # fmt: skip
    pixels = images.cpu().numpy()
    labels = nn.functional.one_hot(problem.is_anomaly.long(), 2).cpu().numpy()
    return lambda: torch.from_numpy(attack.generate(pixels, labels)).to(images.device)


LIBRARIES = {"torchattacks": by_torchattacks, "foolbox": by_foolbox, "adversarial-robustness-toolbox": by_art}


def available(problem: Problem, model: TwoClasses) -> tuple[dict[str, Callable[[], Tensor]], dict[str, str]]:
    """The plain loop and the libraries that are here, and of each other one why it is not."""
    found: dict[str, Callable[[], Tensor]] = {"plain PyTorch loop": plain_loop(problem, model)}
    missing = {}
    for name, prepare in LIBRARIES.items():
        try:
            found[name] = prepare(problem, model)
        except ImportError as error:
            missing[name] = str(error)
    return found, missing


def at_torchs_defaults(run: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """`run` without the repeatability on GPUs that our jobs ask for: others need not pay for it."""

    def freely() -> Tensor:
        torch.backends.cudnn.deterministic = False
        try:
            return run()
        finally:
            torch.backends.cudnn.deterministic = True

    return freely
