"""The whole configuration of a workflow, and the settings of each of its jobs."""

from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from cobra.data.catalog import DATASETS, DatasetEntry
from cobra.settings.attack import AttackSettings, CombinationSettings, EvaluationSettings, ScoreSettings
from cobra.settings.base import Name, Section, lay_over, setting
from cobra.settings.data import DataSettings, PreparationPolicy, PreparationSettings
from cobra.settings.dataset import DatasetConfig, Override, classes_of, entry_of, preparation_of
from cobra.settings.detector import DetectorSettings, ObjectiveSettings
from cobra.settings.errors import validate_at
from cobra.settings.figures import ContactSheetSettings
from cobra.settings.tables import BootstrapSettings, MethodShown, TableLayout, TableSettings


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
    data: DataSettings = DataSettings()
    datasets: dict[Name, DatasetConfig] = setting(
        ..., "Data sets by their catalog name, or by any name if they have a `folder`.", min_length=1
    )
    detector: DetectorSettings = DetectorSettings()
    methods: dict[Name, MethodConfig] = setting(..., "Methods compared.", min_length=1)
    scores: dict[Name, ScoreSettings] = setting({"similarity": ScoreSettings()}, "Scores by name.")
    attacks: dict[Name, AttackSettings] = setting(..., "Attacks by name.", min_length=1)
    combinations: dict[Name, CombinationSettings] = setting(
        {}, "Worst cases per image over several of the attacks, by name; a table may show one as its attack."
    )
    tables: dict[Name, TableLayout] = setting(..., "Tables by name.")
    bootstrap: BootstrapSettings = BootstrapSettings()

    @model_validator(mode="after")
    def _clean_is_no_attack(self) -> Self:
        if "clean" in self.attacks:
            raise ValueError("attacks.clean: this name is taken by clean scores: choose another")
        for name in self.combinations:
            if name == "clean" or name in self.attacks:
                raise ValueError(f"combinations.{name}: this name is taken: choose another")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for name, dataset in self.datasets.items():
            for class_name in classes_of(dataset, self.entry(name)):
                known(f"datasets.{name}.classes", class_name, self.entry(name).classes)
        for name in self.data.accept_licences:
            known("data.accept_licences", name, DATASETS)
        for name, combination in self.combinations.items():
            for part in combination.parts:
                known(f"combinations.{name}.parts", part, self.attacks)
        for name, method in self.methods.items():
            for score in method.scores:
                known(f"methods.{name}.scores", score, self.scores)
        for name, table in self.tables.items():
            for attack in table.all_attacks:
                known(f"tables.{name}.attack", attack, [*self.attacks, *self.combinations])
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

    @cached_property
    def entries(self) -> dict[str, DatasetEntry]:
        """What is known of each data set."""
        return {name: entry_of(name, config) for name, config in self.datasets.items()}

    def entry(self, dataset: str) -> DatasetEntry:
        """What is known of `dataset`."""
        return self.entries[dataset]

    def classes(self, dataset: str) -> list[str]:
        """The classes of `dataset` that are normal in turn."""
        return classes_of(self.datasets[dataset], self.entry(dataset))

    def eps(self, dataset: str) -> float:
        """The l-inf budget of `dataset`."""
        own = self.datasets[dataset].eps
        return self.entry(dataset).eps if own is None else own

    def preparation(self, dataset: str, reader: str) -> PreparationSettings:
        """How `dataset` is prepared from files in the layout of `reader`."""
        return preparation_of(self.datasets[dataset], self.entry(dataset), reader)

    def policy(self, dataset: str) -> PreparationPolicy:
        """How strictly the images of `dataset` are taken."""
        return PreparationPolicy(counts=self.data.counts, needed=self.classes(dataset))

    def detector_settings(self, dataset: str, method: str) -> DetectorSettings:
        """The settings of a training job: in turn the catalog's, common, the data set's, the method's."""
        filled = {
            "crafting": {"mild": {"flip": 0.5 if self.entry(dataset).flips else 0.0}},
            "adversary": {"eps": self.eps(dataset)},
        }
        common = self.detector.model_dump(mode="json", exclude_unset=True)
        layers = [
            (f"datasets.{dataset}.detector", self.datasets[dataset].detector),
            (f"methods.{method}.detector", self.methods[method].detector),
        ]
        lowest = lay_over(DetectorSettings, filled, self.entry(dataset).detector)
        merged = lay_over(DetectorSettings, lowest, common, *(layer for _, layer in layers))
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

    def contact_sheet_settings(self, dataset: str) -> ContactSheetSettings:
        """The settings of a contact sheet: the first classes, crafted as for the first method."""
        crafting = self.detector_settings(dataset, next(iter(self.methods))).crafting
        return ContactSheetSettings(classes=self.classes(dataset)[:3], crafting=crafting)

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
            paper_eps={dataset: self.entry(dataset).paper_eps for dataset in layout.datasets},
            methods=shown,
            seeds=self.seeds,
            bootstrap=self.bootstrap,
        )


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
