"""How long planned jobs will take, from the times of jobs of their size that ran, else from the speed of the
machine at hand or of another one (`--assume`).
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeVar

from snakemake.jobs import Job

from cobra.attacks.settings import EvaluationSettings, SweepSettings
from cobra.experiment.config import Config
from cobra.experiment.cost import (
    Estimate,
    Passes,
    Recorded,
    Speeds,
    Work,
    attack_work,
    predicted_seconds,
    seconds_at,
    test_images,
    training_images,
    training_work,
)
from cobra.experiment.rates import Assumed, read_rates
from cobra.machine import arithmetic, gpu_slots
from cobra.settings.section import canonical_json
from cobra.training.crafting.settings import ROTATIONS
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings

Chosen = TypeVar("Chosen", DetectorSettings, EvaluationSettings, SweepSettings)
RULES = {
    "detector": "train_detector",
    "scores": "attack_detector",
    "sweep": "sweep_detector",
    "history": "follow_training",
}  # of an identity
WITH_ATTACK = ("attack_detector", "follow_training")  # their settings are an evaluation's
UNKNOWN = "not counted: none ran here yet"
RECORDED = "from recorded times"
BASELINE = "train_baseline"  # of which nothing is known but recorded times
ON_DEVICE = (*RULES.values(), BASELINE)
ROOM = 0.9  # of a memory: the rest are CUDA's context, workspaces, what the allocator keeps
START_UP = Estimate.exactly(5.0)  # seconds of imports and reading, on two CPU cores


@dataclass(frozen=True)
class Forecast:
    """How long a job will take, None if nobody knows; what that rests on; whether it computes on a device."""

    seconds: Estimate | None
    basis: str
    on_device: bool


class Trained(NamedTuple):
    """What of a detector's settings decides how long attacks on it take."""

    model: ModelSettings = ModelSettings()
    snapshots: int = 0
    groups: int = 2


class Forecaster:
    """Forecasts for the jobs of a plan; `names` are those of the Snakefile, `assume` a file of rates of the
    device that they will run on in place of this machine.
    """

    def __init__(self, names: Mapping[str, Any], assume: Path | None = None) -> None:
        self.config: Config = names["CONFIG"]
        self.paths = names["paths"]
        self.assumed = None if assume is None else Assumed(read_rates(assume), assume)
        self.trained = cache(self._trained)  # asked of thousands of jobs

    def forecast(self, job: Job) -> Forecast:
        if job.rule.name not in ON_DEVICE:
            folder = Path(job.benchmark).relative_to(self.paths.logs).parts[0]
            return timed_seconds(folder, self.paths.logs)
        dataset, normal = job.wildcards.dataset, job.wildcards.normal
        detector = self.trained(dataset, job.wildcards.method, self.config.singled_out(dataset, normal))
        settings = job.params.settings
        work = work_of(job.rule.name, dict(job.wildcards.items()), settings, detector, self.config)
        seconds = None if self.assumed else predicted_seconds(work, self.recorded)
        if seconds is not None:
            return Forecast(START_UP + seconds, RECORDED, on_device=True)
        if job.rule.name == BASELINE:
            return Forecast(None, UNKNOWN, on_device=True)
        return Forecast(START_UP + seconds_at(self.speeds, work), self.speeds.source, on_device=True)

    @cached_property
    def speeds(self) -> Speeds:
        """Those of the file, or of this machine, measured when they are asked for."""
        if self.assumed:
            return self.assumed
        arithmetic.choose()  # the configuration's, before torch is imported
        from cobra.experiment.machine_speed import Measured  # torch, only where it is needed
        from cobra.machine.device import prepare_device

        return Measured(prepare_device("auto", threads=1))

    @cached_property
    def recorded(self) -> list[Recorded]:
        return list(recorded_jobs(self.paths.results, self.config))

    def _trained(self, dataset: str, method: str, normal: str | None) -> Trained:
        """The detector of a method; of one that is not ours, which is unknown, the default network."""
        if method not in self.config.ours:
            return Trained()
        settings = self.config.detector_settings(dataset, method, normal)
        return Trained(settings.model, settings.schedule.snapshots, settings.crafting.count)

    def memory(self, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
        """What the largest training steps among data sets and methods need of the device's memory."""
        from cobra.experiment.footprint import GIB, largest, most_bytes  # imports torch

        card, whole = self._memory_of_device()
        for dataset, method in largest(self.config, pairs):
            settings, side = self.config.detector_settings(dataset, method), self.config.side(dataset)
            needed = most_bytes(settings, side) / GIB
            said = f"a training step of {dataset}, {method}, needs {needed:.1f} GiB of {whole:.0f} on {card}"
            remedy = "; lower detector.schedule.batch_size, or set detector.schedule.recompute"
            yield f"  {said}" if needed < ROOM * whole else f"  TOO MUCH: {said}{remedy}"

    def _memory_of_device(self) -> tuple[str, float]:
        """The device in words, and GiB of its memory."""
        if self.assumed:
            return self.assumed.rates.card, self.assumed.rates.memory_gib
        import torch

        if torch.cuda.is_available():
            whole = torch.cuda.get_device_properties(0).total_memory
            return torch.cuda.get_device_name(0), whole / 2**30
        return "this machine", os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


@cache
def timed_seconds(folder: str, logs: Path) -> Forecast:
    """The median time of the jobs of a rule that computes next to nothing, by Snakemake's benchmarks."""
    rows = [path.read_text().splitlines()[1:] for path in (logs / folder).rglob("*.benchmark.tsv")]
    times = [float(row.split("\t")[0]) for lines in rows for row in lines]
    if not times:
        return Forecast(None, UNKNOWN, on_device=False)
    return Forecast(Estimate(min(times), median(times), max(times)), RECORDED, on_device=False)


def recorded_jobs(results: Path, config: Config) -> Iterator[Recorded]:
    """The jobs whose run records lie below `results`, of data sets that are in the configuration, and that
    ran on a device of the kind that jobs would take here.
    """
    here = "cuda" if gpu_slots.slots() else "cpu"
    for path in results.rglob("*.run.json"):
        record = json.loads(path.read_text())
        identity = record["identity"]
        rule = RULES.get(identity["kind"])
        subject, settings = identity["subject"], identity["settings"]
        if rule is None or subject["dataset"] not in config.datasets or not record["wall_seconds"]:
            continue
        if not identity["device"].startswith(here):
            continue
        its = settings if rule == "train_detector" else settings["detector"]
        rule = BASELINE if rule == "train_detector" and "baseline" in settings else rule
        model = ModelSettings.model_validate(its.get("model", {}))
        groups = ROTATIONS if its.get("crafting", {}).get("groups") == "rotations" else 2
        detector = Trained(model, its.get("schedule", {}).get("snapshots", 0), groups)
        given = {
            **dict.fromkeys(WITH_ATTACK, settings.get("evaluation")),
            "sweep_detector": {name: settings.get(name) for name in ("evaluation", "eps")},
        }.get(rule, settings)
        work = work_of(rule, subject, canonical_json(given), detector, config)
        yield Recorded(work, record["wall_seconds"])


def work_of(rule: str, subject: Mapping[str, Any], settings: str, detector: Trained, config: Config) -> Work:
    """The work of a training, attack, sweep or history; alike are, in this order, those of the same rule and
    size, kind of attack, data set and method.
    """
    dataset, method = subject["dataset"], subject["method"]
    side = config.side(dataset)
    if rule == BASELINE:
        return Work((rule, dataset, method))
    if rule == "train_detector":
        training = parsed(DetectorSettings, settings)
        images = training_images(config, dataset, subject["normal"], training.subset.limit)
        ascent, weights = training_work(training, images, side)
        return Work(((rule, ascent.size, weights.size), dataset, method), ascent, weights)
    sweep = parsed(SweepSettings, settings) if rule == "sweep_detector" else None
    evaluation = sweep.evaluation if sweep else parsed(EvaluationSettings, settings)
    if evaluation.attack is None:
        raise ValueError("an attack job without an attack")
    images = test_images(config, dataset, subject["normal"], evaluation.subset)
    times = len(sweep.eps) if sweep else detector.snapshots if rule == "follow_training" else 1
    one = attack_work(evaluation.attack, detector.model, images, side, evaluation.score, detector.groups)
    passes = Passes(one.count * times, one.size)
    return Work(((rule, one.size), evaluation.attack.kind, dataset, method), passes)


@cache
def parsed(section: type[Chosen], settings: str) -> Chosen:
    """Settings of a job; jobs of other classes and seeds have the same."""
    return section.model_validate_json(settings)
