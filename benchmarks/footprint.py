"""GPU memory that a configuration's training steps and attacks will need, computed on the CPU.

    python -m benchmarks.footprint --configfile config/paper.yaml --output footprint.json

Small training steps and short attacks on few images run with the code of the jobs, and the bytes of living
tensors are counted. Memory is linear in the number of images, so two numbers of each suffice.
"""

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import torch

from benchmarks.lib import harness
from benchmarks.lib.subjects import attack_of, detector, random_images
from cobra.attacks.batching import MOST, SHARE
from cobra.attacks.settings import AttackSettings
from cobra.experiment.config import Config
from cobra.experiment.cost import training_images
from cobra.experiment.footprint import GIB, Held, largest, line, step_bytes
from cobra.experiment.reading import read_config
from cobra.machine import options, script
from cobra.machine.device import prepare_device

LOOKS = 8, 16  # images of the two attacks
CARDS = 24, 80  # GiB of memory
VARIANTS = {
    f"{precision}{', recomputed' if recompute else ''}": {"precision": precision, "recompute": recompute}
    for precision, recompute in product(("fp32", "bf16"), (False, True))
}


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument(
        "--configfile", type=options.path, default=Path("config/paper.yaml"), help="configuration"
    )
    args = parser.parse_args()
    prepare_device("cpu", args.threads)
    config = read_config(args.configfile)
    measured = [
        one(config, dataset, method)
        for dataset, method in largest(config, product(config.datasets, config.ours))
    ]
    where = {"threads": args.threads, "torch": torch.__version__}
    title = f"GPU memory of the jobs of {args.configfile.name}, computed"
    subjects = "; ".join(f"{its['side']}x{its['side']}: {its['subject']}" for its in measured)
    notes = [
        f"the data set and method of the largest step of each size of image: {subjects}",
        "extrapolated from few images; a step has the class's images besides, an attack the largest power of "
        "two that fits; without CUDA's context, convolutions' workspaces, the allocator's unused memory",
    ]
    text = harness.markdown(title, where, [row for its in measured for row in rows(its)], notes)
    harness.publish(args.output, {"machine": where, "measured": measured}, text)


def one(config: Config, dataset: str, method: str) -> dict[str, Any]:
    """Memory of the training step of a data set and method in each variant, and of attacks."""
    settings, side = config.detector_settings(dataset, method), config.side(dataset)
    kept = max(training_images(config, dataset, normal, None) for normal in config.classes(dataset))
    schedule = settings.schedule
    schedules = {name: schedule.model_copy(update=changes) for name, changes in VARIANTS.items()}
    varied = {name: settings.model_copy(update={"schedule": its}) for name, its in schedules.items()}
    return {
        "subject": f"{dataset}, {method}",
        "side": side,
        "batch": schedule.batch_size,
        "images": kept * 3 * side * side,
        "chosen": next(name for name, its in varied.items() if its == settings),
        "steps": {name: step_bytes(its, side) for name, its in varied.items()},
        "attacks": {kind: line(partial(attacked, side, kind), LOOKS) for kind in ("fp32", "bf16")},
    }


def attacked(side: int, precision: str, count: int) -> int:
    """Peak bytes of APGD in fp32, or of PGD with gradients in bf16, on `count` images."""
    kind, cpu = "apgd" if precision == "fp32" else "pgd", torch.device("cpu")
    named = {"kind": kind, "precision": precision, "eps": 0.01, "steps": 8, "restarts": 1}
    with Held() as held:
        score, images = detector(side, memory=1000, device=cpu).score, random_images(count, side, cpu)
        held.peak = held.now  # making a detector takes more than attacking it
        attack_of(score, images, AttackSettings.model_validate(named))()
    return held.peak


def rows(measured: dict[str, Any]) -> Iterator[dict[str, str]]:
    """A row per variant of the training step, the configured one marked, and per attack and card."""
    side, batch = measured["side"], measured["batch"]

    def row(job: str, count: int, its: dict[str, float], besides: int = 0) -> dict[str, str]:
        needed = its["fixed"] + count * its["each"] + besides
        return {"images": f"{side}x{side}", "job": job, "at once": str(count), "GiB": f"{needed / GIB:.1f}"}

    for name, its in measured["steps"].items():
        mark = " (as configured)" if name == measured["chosen"] else ""
        yield row(f"training step, {name}{mark}", batch, its, measured["images"])
    for (name, its), gib in product(measured["attacks"].items(), CARDS):
        fitting = int(SHARE * (gib * GIB - its["fixed"]) / its["each"])
        block = min(1 << (fitting.bit_length() - 1), MOST)
        yield row(f"attack in {name}, {its['each'] / (1 << 20):.1f} MiB an image, on {gib} GiB", block, its)


if __name__ == "__main__":
    script.run(main)
