"""PGD on an anomaly score by a plain PyTorch loop, torchattacks, foolbox and ART.

The libraries attack classifiers: they raise the cross-entropy of two logits, [0, score - threshold], with
label 0 for a normal image and 1 for an anomaly. That is softplus(d * (score - threshold)) with d = +1 and -1.
Its gradient has the sign of d times the score's, which is all that a step in l-inf takes. The threshold, the
mean clean score, keeps it from vanishing in fp32. A library that is not installed is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from cobra.detectors.detector import Detector, nearest

Candidates = tuple[dict[str, Callable[[], Tensor]], dict[str, str]]  # and why others are missing


@dataclass(frozen=True)
class Problem:
    """Images [N, C, H, W] in [0, 1], each second one an anomaly, for PGD within eps in l-inf."""

    detector: Detector
    images: Tensor
    eps: float
    steps: int

    @property
    def step_size(self) -> float:
        return 2.5 * self.eps / self.steps

    @property
    def labels(self) -> Tensor:
        """1 [N] for an anomaly, 0 for a normal image."""
        return torch.arange(len(self.images), device=self.images.device) % 2

    def score(self, images: Tensor) -> Tensor:
        """The similarity score through the network as trained, in evaluation mode, not folded as ours is."""
        memory = self.detector.memory("projection")
        return -nearest(self.detector.network.embed(images, "projection") @ memory.T)

    @torch.no_grad()
    def gain(self, found: Tensor) -> float:
        """The mean change of the score in the attack's direction, at images or given attacked scores."""
        scores = found if found.ndim == 1 else self.score(found)
        return float(((1 - 2 * self.labels) * (scores - self.score(self.images))).mean())


class TwoClasses(nn.Module):
    """Logits [0, score - threshold]. It holds the network because libraries look for a model's modules."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.network = problem.detector.network
        self.score = problem.score
        with torch.no_grad():
            self.threshold = float(problem.score(problem.images).mean())

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, 2] of images [N, C, H, W]."""
        margin = self.score(images) - self.threshold
        return torch.stack([torch.zeros_like(margin), margin], dim=1)


def plain_loop(problem: Problem) -> Callable[[], Tensor]:
    """PGD in a few lines of PyTorch, in fp32, on the score itself."""
    images, size, eps, direction = problem.images, problem.step_size, problem.eps, 1 - 2 * problem.labels

    def run() -> Tensor:
        found = (images + torch.empty_like(images).uniform_(-eps, eps)).clamp(0, 1)
        for _ in range(problem.steps):
            found = found.detach().requires_grad_()
            (gradient,) = torch.autograd.grad((direction * problem.score(found)).sum(), found)
            found = found.detach() + size * gradient.sign()
            found = (images + (found - images).clamp(-eps, eps)).clamp(0, 1)
        return found.detach()

    return run


def by_torchattacks(problem: Problem) -> Callable[[], Tensor]:
    import torchattacks

    model = TwoClasses(problem).eval()
    attack = torchattacks.PGD(model, problem.eps, problem.step_size, problem.steps, random_start=True)
    return partial(attack, problem.images, problem.labels)


def by_foolbox(problem: Problem) -> Callable[[], Tensor]:
    """foolbox.attacks.LinfPGD; after its steps it classifies the result."""
    import foolbox

    model = foolbox.PyTorchModel(TwoClasses(problem).eval(), bounds=(0, 1), device=problem.images.device)
    attack = foolbox.attacks.LinfPGD(abs_stepsize=problem.step_size, steps=problem.steps, random_start=True)
    return lambda: attack(model, problem.images, problem.labels, epsilons=problem.eps)[1]


def by_art(problem: Problem) -> Callable[[], Tensor]:
    """ART's PGD for PyTorch; it takes and gives numpy arrays, and after its steps classifies the result."""
    from art.attacks.evasion.projected_gradient_descent import projected_gradient_descent_pytorch
    from art.estimators.classification import PyTorchClassifier

    images, one_hot = problem.images, nn.functional.one_hot(problem.labels, 2).cpu().numpy()
    classifier = PyTorchClassifier(
        TwoClasses(problem).eval(), nn.CrossEntropyLoss(), tuple(images.shape[1:]), nb_classes=2,
        clip_values=(0.0, 1.0), device_type="gpu" if images.is_cuda else "cpu",
    )  # fmt: skip
    attack = projected_gradient_descent_pytorch.ProjectedGradientDescentPyTorch(
        classifier, eps=problem.eps, eps_step=problem.step_size, max_iter=problem.steps, num_random_init=1,
        batch_size=len(images), verbose=False,
    )  # fmt: skip
    pixels = images.cpu().numpy()
    return lambda: torch.from_numpy(attack.generate(pixels, one_hot)).to(images.device)


LIBRARIES = {"torchattacks": by_torchattacks, "foolbox": by_foolbox, "adversarial-robustness-toolbox": by_art}


def peers(problem: Problem) -> Candidates:
    """The plain loop and the libraries that are installed; of each other one why it is missing."""
    found, missing = {"plain PyTorch loop": plain_loop(problem)}, {}
    for name, prepare in LIBRARIES.items():
        try:
            found[name] = prepare(problem)
        except ImportError as error:
            missing[name] = str(error)
    return found, missing
