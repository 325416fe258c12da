"""The whole configuration of a workflow, and the settings of each of its jobs."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cobra.data.catalog import DATASETS, DatasetEntry
from cobra.settings.attack import AttackSettings, EvaluationSettings, ScoreSettings
from cobra.settings.base import Name, Ratio, Section, lay_over, setting
from cobra.settings.data import PreparationSettings, TestSubset
from cobra.settings.detector import DetectorSettings, ObjectiveSettings
from cobra.settings.errors import validate_at
from cobra.settings.tables import BootstrapSettings, MethodShown, TableLayout, TableSettings

Override = dict[str, Any]


class DatasetConfig(Section):
    """A data set of the experiment and what departs for it from the common settings."""

    classes: Literal["all"] | list[str] = setting("all", "Classes that are normal in turn.", min_length=1)
    eps: Ratio | None = setting(None, "l-inf budget; empty: the catalog's.", ge=0, le=1)
    preparation: PreparationSettings = PreparationSettings()
    test_subset: TestSubset = TestSubset()
    detector: Override = setting({}, "Laid over the common `detector` section.")


class MethodConfig(Section):
    """A way to train a detector, and the scores it is judged by."""

    label: str = setting(..., "Name in tables.", min_length=1)
    reported: str | None = setting(None, "Name of this method in the paper's tables.")
    scores: list[Name] = setting(["similarity"], "Scores from the section `scores`.", min_length=1)
    detector: Override = setting({}, "Laid over the common and the data set's `detector` section.")


class Config(Section):
    """The configuration file."""

    results: str = setting(
        "results",
        "Folder of all that is made; two configurations that share it share, and remake, each other's files.",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
    )
    seeds: list[Annotated[int, Field(ge=0)]] = setting(
        [0], "Seeds; each trains every detector once.", min_length=1
    )
    datasets: dict[Name, DatasetConfig] = setting(..., "Data sets by their catalog name.", min_length=1)
    detector: DetectorSettings = DetectorSettings()
    methods: dict[Name, MethodConfig] = setting(..., "Methods compared.", min_length=1)
    scores: dict[Name, ScoreSettings] = setting({"similarity": ScoreSettings()}, "Scores by name.")
    attacks: dict[Name, AttackSettings] = setting(..., "Attacks by name.", min_length=1)
    tables: dict[Name, TableLayout] = setting(..., "Tables by name.")
    bootstrap: BootstrapSettings = BootstrapSettings()

    @model_validator(mode="after")
    def _clean_is_no_attack(self) -> Self:
        if "clean" in self.attacks:
            raise ValueError("attacks.clean: this name is taken by clean scores: choose another")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for name, dataset in self.datasets.items():
            known(f"datasets.{name}", name, DATASETS)
            for class_name in classes_of(name, dataset):
                known(f"datasets.{name}.classes", class_name, DATASETS[name].classes)
        for name, method in self.methods.items():
            for score in method.scores:
                known(f"methods.{name}.scores", score, self.scores)
        for name, table in self.tables.items():
            known(f"tables.{name}.attack", table.attack, self.attacks)
            for dataset_name in table.datasets:
                known(f"tables.{name}.datasets", dataset_name, self.datasets)
            for method_name in table.methods:
                known(f"tables.{name}.methods", method_name, self.methods)
        return self

    @model_validator(mode="after")
    def _overrides_are_valid(self) -> Self:
        for dataset in self.datasets:
            for name, method in self.methods.items():
                objective = self.detector_settings(dataset, name).objective
                for score in method.scores:
                    require_trained(f"methods.{name}.scores", score, self.scores[score], objective)
        return self

    def entry(self, dataset: str) -> DatasetEntry:
        """The catalog's entry of `dataset`."""
        return DATASETS[dataset]

    def classes(self, dataset: str) -> list[str]:
        """The classes of `dataset` that are normal in turn."""
        return classes_of(dataset, self.datasets[dataset])

    def eps(self, dataset: str) -> float:
        """The l-inf budget of `dataset`."""
        own = self.datasets[dataset].eps
        return self.entry(dataset).eps if own is None else own

    def preparation(self, dataset: str) -> PreparationSettings:
        """How `dataset` is prepared, the catalog's resolution filled in."""
        resolution = self.datasets[dataset].preparation.resolution
        return PreparationSettings(resolution=resolution or self.entry(dataset).resolution)

    def detector_settings(self, dataset: str, method: str) -> DetectorSettings:
        """The settings of a training job: common, then the data set's, then the method's."""
        filled = {
            "crafting": {"mild": {"flip": 0.5 if self.entry(dataset).flips else 0.0}},
            "adversary": {"eps": self.eps(dataset)},
        }
        common = self.detector.model_dump(mode="json", exclude_unset=True)
        layers = [
            (f"datasets.{dataset}.detector", self.datasets[dataset].detector),
            (f"methods.{method}.detector", self.methods[method].detector),
        ]
        merged = lay_over(DetectorSettings, filled, common, *(layer for _, layer in layers))
        return validate_at(DetectorSettings, merged, layers)

    def evaluation_settings(self, dataset: str, score: str, attack: str | None) -> EvaluationSettings:
        """The settings of an evaluation job, clean if `attack` is None; the data set's eps filled in."""
        chosen = None
        if attack is not None:
            chosen = self.attacks[attack]
            if chosen.eps is None:
                chosen = chosen.model_copy(update={"eps": self.eps(dataset)})
        subset = self.datasets[dataset].test_subset
        return EvaluationSettings(subset=subset, score=self.scores[score], attack=chosen)

    def table_settings(self, name: str) -> TableSettings:
        """The settings of a table job: its layout and all that its cells are called and made of."""
        layout = self.tables[name]
        shown = {
            method: MethodShown(label=config.label, reported=config.reported, scores=config.scores)
            for method, config in self.methods.items()
            if method in layout.methods
        }
        return TableSettings(
            layout=layout,
            classes={dataset: self.classes(dataset) for dataset in layout.datasets},
            methods=shown,
            seeds=self.seeds,
            bootstrap=self.bootstrap,
        )


def classes_of(dataset: str, config: DatasetConfig) -> list[str]:
    """The configured classes, "all" spelled out."""
    return list(DATASETS[dataset].classes) if config.classes == "all" else config.classes


def known(where: str, name: str, names: Any) -> None:
    """Raise ValueError in one sentence if `name`, used at `where`, is not among `names`."""
    if name not in names:
        raise ValueError(f"{where} names {name!r}, which is none of: {', '.join(names)}")


def require_trained(where: str, name: str, score: ScoreSettings, objective: ObjectiveSettings) -> None:
    """Raise ValueError in one sentence if `score` rests on a head that `objective` leaves at random."""
    if score.kind != "similarity" and not objective.classification:
        raise ValueError(f"{where} names {name!r}, which needs the classifier: set objective.classification")
    if score.kind != "classifier" and score.space == "projection" and objective.contrastive == "none":
        raise ValueError(
            f"{where} names {name!r}, which needs the projection head, but objective.contrastive is none: "
            "use a score with space backbone or of kind classifier"
        )
