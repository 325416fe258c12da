"""What evidence.py runs: each piece a command, and the file that says it is done."""

import argparse
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from harness import ROOT

from cobra.artifacts import write_bytes
from cobra.data.catalog import DATASETS
from cobra.errors import UserError

SETS = ("fmnist", "mnist", "cifar10")  # in this order, class by class
BATCHES = {32: (64, 256, 1024, 4096), 224: (16, 64, 256)}
SMALL = {"--width": "16", "--rounds": "1", "--steps": "2"}
CONFIGS = {False: "config/paper.yaml", True: "config/config.yaml"}  # small: digits, which need no files


@dataclass(frozen=True)
class Piece:
    """A part of the evidence. `output` exists once it is done: the command writes it or, of classes, which
    are done when run_classes.py says so, evidence.py does. `inputs` are words of the command.
    """

    group: str
    name: str
    command: tuple[str, ...]
    output: Path
    inputs: frozenset[str] = frozenset()

    def words(self) -> list[str]:
        """The command, without those of its inputs that are not there: their pieces failed."""
        return [word for word in self.command if word not in self.inputs or Path(word).is_file()]

    @property
    def is_class(self) -> bool:
        """Whether it goes on from one call to the next by itself."""
        return self.group == "classes"

    @property
    def failure(self) -> Path:
        """Where it is noted that the command failed, and why."""
        return self.output.with_suffix(".failed")

    @property
    def log(self) -> Path:
        """Where the command's output goes."""
        return self.output.with_suffix(".log")


def all_pieces(args: argparse.Namespace) -> list[Piece]:
    """Those that were asked for, in the order in which they run."""
    makers = {"correctness": correctness, "benchmarks": benchmarks, "classes": classes}
    return [piece for group, make in makers.items() if group in args.only for piece in make(args)]


def correctness(args: argparse.Namespace) -> Iterator[Piece]:
    """The device against the CPU."""
    small = ("--images", "32", "--epochs", "2", "--steps", "5") if args.small else ()
    yield benchmark(args, "correctness", "correctness", "correctness.py", *small)


def benchmarks(args: argparse.Namespace) -> Iterator[Piece]:
    """Speed and memory; the sum of all at the end."""
    attacks = list(attack_steps(args))
    trainings = list(training_steps(args))
    yield from (*attacks, *trainings)
    scoring = ("--images", "16", "--rounds", "1", "--width", "16", "--memory", "100") if args.small else ()
    yield benchmark(args, "benchmarks", "scoring", "scoring.py", *scoring)
    memory = ("--images", "8", "16", "--steps", "1", "--width", "16") if args.small else ()
    yield benchmark(args, "benchmarks", "memory", "memory.py", *memory)
    rooflines = list(roofline(args))
    yield from rooflines
    outputs = [[str(its.output) for its in made] for made in ((*attacks, *rooflines), trainings)]
    measured = ("--attack-step", *outputs[0], "--training-step", *outputs[1])
    inputs = frozenset(itertools.chain(*outputs))
    yield replace(made_from(args, "extrapolate", "extrapolate.py", *measured), inputs=inputs)


def attack_steps(args: argparse.Namespace) -> Iterator[Piece]:
    """A step of PGD, ours and other libraries', a piece for each number of images."""
    for side, batches in BATCHES.items():
        for batch in (8,) if args.small else batches:
            words = ("--side", str(side), "--batch", str(batch))
            more = small_words() if args.small else ("--rounds", "5", "--steps", "50")
            name = f"attack-step-{side}-{batch}"
            yield benchmark(args, "benchmarks", name, "attack_step.py", *words, *more)


def training_steps(args: argparse.Namespace) -> Iterator[Piece]:
    """A training step in both formats, at low and at high resolution."""
    for (side, stem), precision in itertools.product(((32, "low"), (224, "high")), ("fp32", "bf16")):
        batch = "4" if args.small else "128" if side == 32 else "32"
        words = ("--size", str(side), "--stem", stem, "--precision", precision, "--batch", batch)
        more = small_words() if args.small else ()
        yield benchmark(
            args, "benchmarks", f"training-step-{side}-{precision}", "training_step.py", *words, *more
        )


def roofline(args: argparse.Namespace) -> Iterator[Piece]:
    """Where the time goes."""
    for side in BATCHES:
        words = ("--batch", "8", "--least", "0.01", *small_words()) if args.small else ("--steps", "100")
        yield benchmark(args, "benchmarks", f"roofline-{side}", "roofline.py", "--side", str(side), *words)


def small_words() -> tuple[str, ...]:
    """Options that several benchmarks have, for a trial on a CPU."""
    return tuple(itertools.chain(*SMALL.items()))


def benchmark(args: argparse.Namespace, group: str, name: str, script: str, *words: str) -> Piece:
    """A benchmark on the device."""
    return made_from(args, name, script, "--device", args.device, *words, *threads(args), group=group)


def made_from(
    args: argparse.Namespace, name: str, script: str, *words: str, group: str = "benchmarks"
) -> Piece:
    """A program of this folder that writes its output itself."""
    output = args.output.resolve() / group / f"{name}.json"
    command = (sys.executable, str(ROOT / "benchmarks" / script), *words, "--output", str(output))
    return Piece(group, name, command, output)


def threads(args: argparse.Namespace) -> tuple[str, ...]:
    """The option, if it was given."""
    return () if args.threads is None else ("--threads", str(args.threads))


def classes(args: argparse.Namespace) -> Iterator[Piece]:
    """Whole classes at the configuration's full schedule."""
    config = write_config(args)
    for dataset, normal in args.classes or usual_classes(small=args.small):
        words = ["--configfile", str(config), "--dataset", dataset, "--class", normal]
        words += ["--methods", *args.methods, "--scores", "similarity", "--attacks", args.attack]
        words += [
            "--results",
            str(args.output.resolve() / "results"),
            "--device",
            args.device,
            *threads(args),
        ]
        words += [] if args.block_size is None else ["--block-size", str(args.block_size)]
        command = (sys.executable, str(ROOT / "workflow/run_classes.py"), *words)
        name = f"{dataset}-{normal}"
        yield Piece("classes", name, command, args.output.resolve() / "classes" / f"{name}.json")


def usual_classes(*, small: bool) -> list[tuple[str, str]]:
    """The first class of each data set, then the second of each, and so on."""
    if small:
        return [("digits", "0"), ("digits", "3")]
    each = [[(name, normal) for normal in DATASETS[name].classes] for name in SETS]
    return list(itertools.chain(*zip(*each, strict=True)))


def write_config(args: argparse.Namespace) -> Path:
    """The configuration, its raw data in the folder that was named; raises UserError if it cannot be read."""
    path = args.configfile or ROOT / CONFIGS[args.small]
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read as a configuration file ({error}): check it.") from None
    if args.data is not None:
        config["data"] = {**(config.get("data") or {}), "resources": str(args.data.resolve())}
    given = args.output.resolve() / "config.yaml"
    given.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(given, yaml.safe_dump(config, sort_keys=False).encode())
    return given
