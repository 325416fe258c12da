"""The jobs of whole classes without Snakemake: commands and paths as the rules have them, for run_classes.py.

A test holds each command against the line that Snakemake prints for the same job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cobra.data.readers import module_name
from cobra.data.sources import locate
from cobra.digests import code_digest, file_digest
from cobra.errors import UserError
from cobra.identities import identity_of, misfits
from cobra.provenance import run_record_path
from cobra.settings import jobs
from cobra.settings.base import canonical_json
from cobra.settings.config import Config

Names = dict[str, str | int]

PREPARED = "prepared/{dataset}/images.npy"
TRAINED = "{dataset}/{normal}/{method}/seed{seed}"
DETECTOR = f"{TRAINED}/detector.pt"
SCORES = f"{TRAINED}/scores/{{score}}/{{attack}}.parquet"
LOGS = {
    "prepare_dataset": "logs/prepare/{dataset}.log",
    "train_detector": f"logs/train/{TRAINED}.log",
    "score_detector": f"logs/score/{TRAINED}/{{score}}.log",
    "attack_detector": f"logs/attack/{TRAINED}/{{score}}/{{attack}}.log",
}
OF_DETECTOR = ("train_detector",)  # whose settings its identity holds as they are, scores' among others


@dataclass(frozen=True)
class Job:
    """One command and what it makes: `outputs`, the artifact first, which is about `subject`; of scores the
    `detector` they are made from.
    """

    rule: str
    subject: Names
    settings: str
    options: list[str]
    outputs: tuple[Path, ...]
    log: Path
    threads: int
    modules: tuple[str, ...] = ()
    detector: Path | None = None

    @property
    def script(self) -> Path:
        """From the top of the checkout."""
        return Path("scripts", f"{self.rule}.py")

    @property
    def artifact(self) -> Path:
        """What the job is about."""
        return self.outputs[0]

    @property
    def command(self) -> list[str]:
        """All that follows `python`."""
        threads = ["--threads", str(self.threads)]
        return [str(self.script), *self.options, *threads, "--output", str(self.artifact)]

    def is_done(self) -> bool:
        """Whether all outputs are there; raises UserError if the artifact is not what this job makes."""
        if not all(path.is_file() for path in self.outputs):
            return False
        if self.rule != "prepare_dataset":  # its readers check it, image by image
            self.require_own()
        return True

    def require_own(self) -> None:
        """As the workflow asks of files without Snakemake's records (rules/records.smk)."""
        identity = identity_of(self.artifact)
        given = identity.settings if self.rule in OF_DETECTOR else identity.settings["evaluation"]
        code = code_digest(self.script, *self.modules)
        found = misfits(identity, given, names=self.subject, settings=self.settings, code=code)
        if self.detector and self.detector.is_file():
            known = identity.inputs["detector"]
            found += [] if file_digest(self.detector) == known else [f"made from another {self.detector}"]
        if found:
            raise UserError(
                f"{self.artifact} is not what this configuration makes ({'; '.join(found)}): "
                "remove it, or use the configuration and code that made it."
            )


@dataclass
class Plan:
    """Jobs by what they make, each after those whose files it reads."""

    config: Config
    results: Path
    threads: int = 1
    jobs: dict[Path, Job] = field(default_factory=dict)

    def prepare(self, dataset: str) -> Path:
        """The data set's array."""
        config, names = self.config, Names(dataset=dataset)
        located = locate(dataset, config.entry(dataset), Path(config.data.resources))
        sources = [located.folder] if located.folder else located.files
        images = self.path(PREPARED, names)
        settings = canonical_json(config.preparation(dataset, located.reader))
        policy = canonical_json(config.policy(dataset))
        options = ["--sources", *map(str, sources), "--settings", settings, "--policy", policy]
        made = (images, images.with_suffix(".parquet"))
        return self.add("prepare_dataset", names, settings, options, made, module_name(located.reader))

    def train(self, names: Names) -> Path:
        """A detector, named by data set, class, method and seed."""
        detector = self.path(DETECTOR, names)
        self.require_ours(str(names["method"]))
        dataset, method = str(names["dataset"]), str(names["method"])
        trained = self.config.detector_settings(dataset, method)
        settings = canonical_json(trained)
        options = ["--data", str(self.prepare(dataset)), "--settings", settings]
        beside = [detector.with_name(name) for name in ("training.csv", "snapshots.pt")]
        made = (detector, *beside, run_record_path(detector))
        return self.add("train_detector", names, settings, options, made, *trained.modules)

    def score(self, names: Names, score: str) -> Path:
        """A detector's clean scores."""
        named = {**names, "score": score}
        made = (self.path(SCORES, {**named, "attack": "clean"}),)
        return self.evaluate("score_detector", named, None, made)

    def attack(self, names: Names, score: str, attack: str) -> Path:
        """A detector's scores under attack."""
        named = {**names, "score": score, "attack": attack}
        scores = self.path(SCORES, named)
        return self.evaluate("attack_detector", named, attack, (scores, run_record_path(scores)))

    def evaluate(self, rule: str, names: Names, attack: str | None, made: tuple[Path, ...]) -> Path:
        """What both have in common."""
        dataset, method, score = (str(names[name]) for name in ("dataset", "method", "score"))
        found = jobs.evaluation_settings(self.config, dataset, method, int(names["seed"]), score, attack)
        of_detector = {name: names[name] for name in ("dataset", "normal", "method", "seed")}
        detector = self.train(of_detector)
        options = ["--data", str(self.prepare(dataset)), "--detector", str(detector)]
        if found.source:
            other = self.train({**of_detector, "method": found.source.method, "seed": found.source.seed})
            options += ["--source", str(other)]
        settings = canonical_json(found)
        options += ["--settings", settings]
        used = found.attack.modules if found.attack else []
        return self.add(rule, names, settings, options, made, *used, detector=detector)

    def add(
        self,
        rule: str,
        names: Names,
        settings: str,
        options: list[str],
        made: tuple[Path, ...],
        *modules: str,
        detector: Path | None = None,
    ) -> Path:
        """Put a job at the end unless it is there; the artifact's path."""
        subject = [word for name, value in names.items() for word in (f"--{name}", str(value))]
        log = self.path(LOGS[rule], names)
        about = {**names, "attack": "clean"} if rule == "score_detector" else names
        words = [*subject, *options]
        job = Job(rule, about, settings, words, made, log, self.threads, modules, detector)
        return self.jobs.setdefault(job.artifact, job).artifact

    def require_ours(self, method: str) -> None:
        """Raise UserError for a detector that is a baseline or taken in."""
        if method not in self.config.ours:
            raise UserError(f"{method} is a detector that is not ours: let Snakemake run it.")

    def path(self, pattern: str, names: Mapping[str, str | int]) -> Path:
        """A file of the results."""
        return self.results / pattern.format(**names)
