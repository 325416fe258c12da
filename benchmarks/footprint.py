"""Memory that a configuration's jobs need on a GPU, before there is one: a training step, an image's attack.

    python benchmarks/footprint.py --configfile config/paper.yaml --output footprint.json

A training step of small batches and short attacks on few images are made on the CPU, by the code that the
jobs run; every tensor that lives is counted. Memory is a line in the number of images, so two of each are
enough. Not counted: CUDA's context (about 0.5 GiB), convolutions' workspaces, unused memory of the allocator.
"""

import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import harness
import torch
from subjects import detector, random_bytes
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from cobra import command
from cobra.attacks.run import attack
from cobra.batching import MOST, SHARE
from cobra.data.one_class import as_unit
from cobra.randomness import ImageRandom
from cobra.runtime import prepare_device
from cobra.settings.attack import AttackSettings
from cobra.settings.config import Config
from cobra.settings.detector import DetectorSettings
from cobra.settings.reading import read_config
from cobra.settings.sizes import side_of, training_images
from cobra.training import Trainer

GIB = 1 << 30
PIXELS = 224 * 224 // 2  # of the normal images of the smaller step; a smaller one shows the weights alone
LOOKS = 8, 16  # images of the two attacks
CARDS = 24, 80  # GiB of memory
VARIANTS = {
    f"{precision}{', recomputed' if recompute else ''}": {"precision": precision, "recompute": recompute}
    for precision in ("fp32", "bf16")
    for recompute in (False, True)
}


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--configfile", type=Path, default=Path("config/paper.yaml"), help="configuration")
    args = parser.parse_args()
    prepare_device("cpu", args.threads)
    config = read_config(args.configfile)
    measured = [one(config, dataset, method) for dataset, method in largest(config)]
    where = {"threads": torch.get_num_threads(), "torch": torch.__version__, "card": card()}
    title = f"GPU memory of the jobs of {args.configfile.name}, computed"
    text = harness.markdown(title, where, [row for its in measured for row in rows(its)], notes(measured))
    harness.publish(args.output, {"machine": where, "measured": measured}, text)


def card() -> str:
    """The GPU here and its free memory."""
    if not torch.cuda.is_available():
        return "none here"
    free, whole = torch.cuda.mem_get_info()
    return f"{torch.cuda.get_device_name()}, {free / GIB:.1f} of {whole / GIB:.1f} GiB free"


def largest(config: Config) -> Iterator[tuple[str, str]]:
    """For each size of image the data set and method whose training step has the most images and pixels."""
    weights: dict[int, dict[tuple[str, str], int]] = {}
    for dataset in config.datasets:
        for method in config.ours:
            settings = config.detector_settings(dataset, method)
            blocks = 2 + len(settings.attacked) * settings.adversary.enabled
            images = settings.schedule.batch_size * blocks * settings.crafting.count
            size = images * (settings.model.width or 1)
            weights.setdefault(side_of(config, dataset), {})[dataset, method] = size
    for side in sorted(weights):
        yield max(weights[side], key=lambda key: weights[side][key])


def one(config: Config, dataset: str, method: str) -> dict[str, Any]:
    """Bytes of the training step of a data set and method in each variant, and of an attacked image."""
    settings, side = config.detector_settings(dataset, method), side_of(config, dataset)
    kept = max(training_images(config, dataset, normal, None) for normal in config.classes(dataset))
    few = max(2, PIXELS // side**2)
    steps = {}
    for name, schedule in VARIANTS.items():
        varied = settings.model_copy(update={"schedule": settings.schedule.model_copy(update=schedule)})
        steps[name] = line(partial(step, varied, side), (few, 2 * few))
    return {
        "subject": f"{dataset}, {method}",
        "side": side,
        "batch": settings.schedule.batch_size,
        "images": kept * 3 * side * side,
        "chosen": next(name for name, its in VARIANTS.items() if its == chosen(settings)),
        "steps": steps,
        "attacks": {
            precision: line(partial(attacked, side, precision), LOOKS) for precision in ("fp32", "bf16")
        },
    }


def chosen(settings: DetectorSettings) -> dict[str, Any]:
    """The variant that a configuration asks for."""
    return {name: getattr(settings.schedule, name) for name in ("precision", "recompute")}


def line(measure: Callable[[int], int], counts: tuple[int, int]) -> dict[str, float]:
    """Bytes that are held whatever the number of images, and bytes per image more."""
    few, many = (measure(count) for count in counts)
    each = (many - few) / (counts[1] - counts[0])
    return {"fixed": few - each * counts[0], "each": each}


def step(settings: DetectorSettings, side: int, batch: int) -> int:
    """Bytes held at the height of a step of `batch` normal images: crafting, ascent, loss and update."""
    crafting = settings.crafting
    unfiltered = crafting.filter.model_copy(update={"enabled": False})
    small = {
        "schedule": settings.schedule.model_copy(update={"batch_size": batch}),
        "crafting": crafting.model_copy(update={"generated": None, "filter": unfiltered}),
        "adversary": settings.adversary.model_copy(update={"steps": 2, "eps": 0.01}),
    }
    with Held() as held:
        trainer = Trainer(random_bytes(batch, side), settings.model_copy(update=small), seed=0)
        random = ImageRandom.of(0, torch.arange(batch), "footprint")
        trainer.step(torch.arange(batch), random, rate=0.1, tally=defaultdict(float))
    return held.peak


def attacked(side: int, precision: str, count: int) -> int:
    """Bytes held at the height of APGD in fp32, or of PGD along gradients in bf16, on so many images."""
    kind = "apgd" if precision == "fp32" else "pgd"
    settings = AttackSettings.model_validate(
        {"kind": kind, "eps": 0.01, "steps": 8, "restarts": 1, "precision": precision}
    )
    with Held() as held:
        subject = detector(side, memory=1000, device=torch.device("cpu"))
        images, ids = as_unit(random_bytes(count, side).pixels[:]), torch.arange(count)
        held.forget_peak()
        attack(subject.score, images, ids % 2 == 0, settings, image_ids=ids, seed=0)
    return held.peak


class Held(TorchDispatchMode):
    """Counts the bytes of tensors made within that still live, and their peak."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self.sizes: dict[int, int] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = function(*args, **(kwargs or {}))
        for value in found if isinstance(found, tuple | list) else [found]:
            if isinstance(value, Tensor):
                self._count(value.untyped_storage())
        return found

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._drop, key)

    def _drop(self, key: int) -> None:
        self.now -= self.sizes.pop(key)

    def forget_peak(self) -> None:
        """Count the peak from here on."""
        self.peak = self.now


def rows(measured: dict[str, Any]) -> Iterator[dict[str, str]]:
    """For people: a line per variant of the step, the configuration's own marked, and per attack."""
    side, batch = measured["side"], measured["batch"]
    for name, its in measured["steps"].items():
        needed = needs(its, batch) + measured["images"]
        mark = " (as configured)" if name == measured["chosen"] else ""
        yield row(side, f"training step, {name}{mark}", batch, needed)
    for name, its in measured["attacks"].items():
        for gib in CARDS:
            fitting = int(SHARE * (gib * GIB - its["fixed"]) / its["each"])
            block = min(1 << (fitting.bit_length() - 1), MOST)
            what = f"attack in {name}, {its['each'] / (1 << 20):.1f} MiB an image, on {gib} GiB"
            yield row(side, what, block, needs(its, block))


def row(side: int, job: str, count: int, needed: float) -> dict[str, str]:
    """A line of the table: what so many images at once need."""
    return {"images": f"{side}x{side}", "job": job, "at once": str(count), "GiB": f"{needed / GIB:.1f}"}


def needs(measured: dict[str, float], count: int) -> float:
    """Bytes for so many images at once."""
    return measured["fixed"] + count * measured["each"]


def notes(measured: list[dict[str, Any]]) -> list[str]:
    """What was taken, and what is not in the figures."""
    subjects = "; ".join(f"{its['side']}x{its['side']}: {its['subject']}" for its in measured)
    return [
        f"of each size of image the data set and method of the largest step: {subjects}",
        "small steps, and attacks on few images, on the CPU, carried on to the number in the table; the "
        "step's figure has the class's images beside, the attack takes the largest power of two that fits",
        "not in the figures: CUDA's context (about 0.5 GiB), convolutions' workspaces, unused memory of the "
        "allocator",
    ]


if __name__ == "__main__":
    command.run(main)
