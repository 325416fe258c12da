"""The whole configuration of a workflow. What each of its jobs gets of it: `experiment.jobs`."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cobra.attacks.settings import AttackSettings, CombinationSettings, SweepConfig
from cobra.data.catalog import DatasetEntry
from cobra.data.settings import DataSettings, PreparationPolicy, PreparationSettings, TestSubset
from cobra.detectors.settings import (
    OWN,
    BaselineSettings,
    Choice,
    OwnDetectorConfig,
    ScoreSettings,
    kind_settings,
)
from cobra.experiment.datasets import DatasetConfig, Override, entry_of, preparation_of
from cobra.gates.settings import GateConfig
from cobra.reporting.figures.settings import FigureLayout
from cobra.reporting.tables.settings import BootstrapSettings, HeadlineConfig, TableLayout
from cobra.settings.section import BELOW, Distinct, DistinctNames, Name, Names, Section, lay_over, setting
from cobra.settings.validation import validate_at
from cobra.sharing.leaderboard.settings import LeaderboardConfig
from cobra.training.networks.settings import is_of_timm
from cobra.training.settings import DetectorSettings, GeometrySettings


class MethodConfig(Section):
    """A way to train a detector, and the scores it is judged by."""

    label: str = setting(..., "Name in tables.", min_length=1)
    reported: Names = setting([], "Name of this method in the paper's tables, or its names in several.")
    scores: DistinctNames = setting(["similarity"], "Scores from the section `scores`.", min_length=1)
    detector: Override = setting({}, "Laid over the common and the data set's `detector` section.")
    baseline: Choice | None = setting(
        None, "A baseline trained in place of our detector: its kind and settings (docs/configuration.md)."
    )

    @model_validator(mode="after")
    def _baseline_alone(self) -> Self:
        beside = sorted({"scores", "detector"} & self.model_fields_set)
        if self.baseline is not None and beside:
            raise ValueError(f"a baseline has its own score and settings: remove {' and '.join(beside)}")
        return self


class Config(Section):
    """The configuration file."""

    results: str = setting(
        "results",
        "Folder of all that is made; two configurations that share it share, and remake, each other's files.",
        pattern=BELOW,
    )
    machine: Literal["portable", "fast"] = setting(
        "portable",
        "A CPU's arithmetic. portable: the same bits on every x86-64-v3 processor (Linux); fast: AVX-512, "
        "AMX and bf16 in hardware where the processor has them, and its own rounding. A GPU is as it is.",
    )
    seeds: Annotated[list[Annotated[int, Field(ge=0, le=2**63 - 1)]], Distinct()] = setting(
        [0], "Seeds; each trains every detector once.", min_length=1
    )
    data: DataSettings = DataSettings()
    datasets: dict[Name, DatasetConfig] = setting(
        ..., "Data sets by their catalog name, or by any name if they have a `folder`.", min_length=1
    )
    detector: DetectorSettings = DetectorSettings()
    methods: dict[Name, MethodConfig] = setting(..., "Methods compared.", min_length=1)
    detectors: dict[Name, OwnDetectorConfig] = setting(
        {}, "Detectors that are not ours, by the name of a function; tables name them like methods."
    )
    scores: dict[Name, ScoreSettings] = setting({"similarity": ScoreSettings()}, "Scores by name.")
    attacks: dict[Name, AttackSettings] = setting(..., "Attacks by name.", min_length=1)
    test_subsets: dict[Name, TestSubset] = setting(
        {},
        "By attack, the part of the test images that it is made on in place of the data set's test_subset.",
    )
    combinations: dict[Name, CombinationSettings] = setting(
        {}, "Worst cases per image over several of the attacks, by name; a table may show one as its attack."
    )
    sweeps: dict[Name, SweepConfig] = setting({}, "Attacks at several budgets, by name.")
    gates: GateConfig | None = setting(None, "What a figure must pass to be called robust; empty: no gates.")
    leaderboard: LeaderboardConfig | None = setting(
        None, "A page of the judged figures beside those of others; empty: none."
    )
    tables: dict[Name, TableLayout] = setting(..., "Tables by name.")
    figures: dict[Name, FigureLayout] = setting({}, "Figures by name, beside the contact sheets.")
    headline: HeadlineConfig | None = setting(
        None, "The result in one sentence, and the picture and table beside it; empty: none is stated."
    )
    bootstrap: BootstrapSettings = BootstrapSettings()
    geometry: GeometrySettings = GeometrySettings()

    @cached_property
    def ours(self) -> dict[str, MethodConfig]:
        """The methods that train a detector of ours."""
        return {name: method for name, method in self.methods.items() if method.baseline is None}

    @cached_property
    def baselines(self) -> dict[str, MethodConfig]:
        """The methods that train a baseline."""
        return {name: method for name, method in self.methods.items() if method.baseline is not None}

    @cached_property
    def entries(self) -> dict[str, DatasetEntry]:
        """What is known of each data set."""
        return {name: entry_of(name, config) for name, config in self.datasets.items()}

    def classes(self, dataset: str) -> list[str]:
        """The classes of `dataset` that are normal in turn."""
        chosen, entry = self.datasets[dataset].classes, self.entries[dataset]
        if isinstance(chosen, list):
            return chosen
        return list(entry.normal if entry.normal and chosen is None else entry.classes)

    def eps(self, dataset: str) -> float:
        """The l-inf budget of `dataset`."""
        chosen = self.datasets[dataset].eps
        return self.entries[dataset].eps if chosen is None else chosen

    def side(self, dataset: str) -> int:
        """Pixels along a side of the prepared images of `dataset`."""
        chosen = self.datasets[dataset].resolution
        return self.entries[dataset].resolution if chosen is None else chosen

    def preparation(self, dataset: str, reader: str) -> PreparationSettings:
        """How `dataset` is prepared from files in the layout of `reader`."""
        return preparation_of(self.datasets[dataset], self.entries[dataset], reader)

    def policy(self, dataset: str) -> PreparationPolicy:
        """How strictly the images of `dataset` are taken."""
        return PreparationPolicy(counts=self.data.counts, needed=self.classes(dataset))

    def singled_out(self, dataset: str, normal: str) -> str | None:
        """The class if it has training settings of its own; all others are trained alike."""
        own = {*self.entries[dataset].class_detector, *self.datasets[dataset].class_detector}
        return normal if normal in own else None

    def trained_alike(self, dataset: str) -> dict[str | None, list[str]]:
        """The classes of `dataset` that share training settings, by the class singled out."""
        found: dict[str | None, list[str]] = {}
        for normal in self.classes(dataset):
            found.setdefault(self.singled_out(dataset, normal), []).append(normal)
        return found

    def detector_settings(self, dataset: str, method: str, normal: str | None = None) -> DetectorSettings:
        """The settings of a training job: in turn the data's, common, the data set's, the class's, the
        method's. Without a class, those of classes that are not singled out.
        """
        common = self.detector.model_dump(mode="json", exclude_unset=True)
        own, of_method = self.datasets[dataset], self.methods[method]
        layers = [(f"datasets.{dataset}.detector", own.detector)]
        if normal in own.class_detector:
            layers.append((f"datasets.{dataset}.class_detector.{normal}", own.class_detector[normal]))
        layers.append((f"methods.{method}.detector", of_method.detector))
        chosen = lay_over(DetectorSettings, common, *(layer for _, layer in layers))
        merged = lay_over(DetectorSettings, self._asked_of_training(dataset, normal, chosen), chosen)
        return validate_at(DetectorSettings, merged, layers)

    def _asked_of_training(self, dataset: str, normal: str | None, chosen: Override) -> Override:
        """What data and class ask of a training of the `chosen` settings: a network of timm's is made for
        the images' side, and has no stem that the catalog could ask for.
        """
        entry = self.entries[dataset]
        catalogs = dict(entry.detector)
        if is_of_timm(chosen.get("model")):
            catalogs["model"] = {"image_side": self.side(dataset)}
        asked: Override = {
            "crafting": {"mild": {"flip": 0.5 if entry.flips else 0.0}},
            "adversary": {"eps": self.eps(dataset)},
        }
        of_class = entry.class_detector.get(normal, {}) if normal else {}
        return lay_over(DetectorSettings, asked, catalogs, of_class)

    def kind_settings(self, method: str) -> Section:
        """The settings of a baseline's kind."""
        return kind_settings(self.methods[method].baseline or {}, f"methods.{method}.baseline")

    def baseline_settings(self, dataset: str, method: str, normal: str | None = None) -> BaselineSettings:
        """The settings of a baseline's training job: on the images that our detectors are trained on."""
        return BaselineSettings(
            subset=self.detector_settings(dataset, method, normal).subset,
            baseline=self.kind_settings(method).model_dump(mode="json"),
        )

    def method(self, name: str) -> MethodConfig | OwnDetectorConfig:
        """A method, or a detector of one's own."""
        return self.detectors[name] if name in self.detectors else self.methods[name]

    def scores_of(self, method: str) -> list[str]:
        """The scores that a method or a detector of one's own is judged by."""
        return self.ours[method].scores if method in self.ours else [OWN]

    def parts(self, attack: str) -> list[str]:
        """The attacks behind an attack or a combination."""
        return self.combinations[attack].parts if attack in self.combinations else [attack]


def scores_shown(config: Config, layout: TableLayout | FigureLayout, method: str) -> list[str]:
    """The scores of a method that a table or a figure shows, in the method's order."""
    own = config.scores_of(method)
    return [score for score in own if score in layout.scores] if layout.scores else own
