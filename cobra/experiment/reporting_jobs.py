"""The settings of each job that shows results: the configuration's names resolved."""

import itertools
from collections.abc import Mapping

from cobra.data.settings import TrainingSubset
from cobra.experiment.config import Config, scores_shown
from cobra.experiment.jobs import applies, attack_on, evaluation_settings, suite_terms
from cobra.reporting.figures.settings import (
    ContactSheetSettings,
    CraftedPanel,
    DetectorPanel,
    FigureLayout,
    FigureSettings,
    PictureSettings,
    Space,
)
from cobra.reporting.tables.settings import (
    GateTableSettings,
    HeadlineSettings,
    MethodShown,
    TableLayout,
    TableSettings,
)
from cobra.settings.section import canonical_json
from cobra.sharing.leaderboard.settings import TermsSettings

MADE_FROM = {"subset", "crafting"}  # what decides which pseudo-anomalies are crafted


def shown(config: Config, scores: Mapping[str, list[str]], attacks: list[str]) -> dict[str, MethodShown]:
    """Methods, by name, under these scores as tables and figures of these attacks show them."""
    return {
        name: MethodShown(
            label=config.method(name).label,
            reported=config.method(name).reported if own[0] == config.scores_of(name)[0] else [],
            scores=own,
            inapplicable={
                score: [attack for attack in attacks if not applies(config, name, score, attack)]
                for score in own
            },
        )
        for name, own in scores.items()
    }


def methods_shown(config: Config, layout: TableLayout | FigureLayout) -> dict[str, list[str]]:
    """The methods that a table or a figure of files of results shows, each with its scores."""
    return {name: scores_shown(config, layout, name) for name in layout.methods}


def classes_shown(config: Config, layout: TableLayout | FigureLayout) -> dict[str, list[str]]:
    """The classes of each data set that a table or a figure shows."""
    return {name: layout.classes.get(name) or config.classes(name) for name in layout.datasets}


def table_settings(config: Config, name: str) -> TableSettings:
    """The settings of a table job: its layout and all that its cells are called and made of."""
    layout = config.tables[name]
    classes, entries = classes_shown(config, layout), config.entries
    return TableSettings(
        layout=layout,
        classes=classes,
        partial=[
            name
            for name in classes
            if set(classes[name]) != set(entries[name].normal or entries[name].classes)
        ],
        paper_eps={dataset: entries[dataset].paper_eps for dataset in layout.datasets},
        methods=shown(config, methods_shown(config, layout), layout.all_attacks),
        seeds=layout.seeds or config.seeds,
        bootstrap=config.bootstrap,
        gated=config.gates.claim if config.gates else None,
    )


def gate_table_settings(config: Config) -> GateTableSettings:
    """The settings of the table of gates: every detector that a table shows under the attack they judge."""
    if config.gates is None:
        raise ValueError("the configuration has no gates")
    claim = config.gates.claim
    layouts = [layout for layout in config.tables.values() if claim in layout.all_attacks]
    classes: dict[str, list[str]] = {}
    for layout in layouts:
        for dataset, names in classes_shown(config, layout).items():
            classes[dataset] = list(dict.fromkeys([*classes.get(dataset, []), *names]))
    scores: dict[str, list[str]] = {}
    for layout in layouts:
        for method, own in methods_shown(config, layout).items():
            scores[method] = list(dict.fromkeys([*scores.get(method, []), *own]))
    return GateTableSettings(
        claim=claim,
        classes=classes,
        methods=shown(config, scores, [claim]),
        order=list(scores),
        seeds=config.seeds,
    )


def figure_settings(config: Config, name: str) -> FigureSettings:
    """The settings of a figure job; a figure made of tables calls the methods as they do."""
    layout = config.figures[name]
    methods = methods_shown(config, layout)
    for table in layout.tables:
        methods |= methods_shown(config, config.tables[table])
    return FigureSettings(
        layout=layout,
        classes=classes_shown(config, layout),
        methods=shown(config, methods, [layout.shown] if layout.shown else []),
        seeds=config.seeds,
    )


def contact_sheet_settings(config: Config, dataset: str) -> ContactSheetSettings:
    """The settings of a contact sheet: the first classes, crafted as for the first method."""
    classes, method = config.classes(dataset)[:3], next(iter(config.methods))
    crafting = {normal: config.detector_settings(dataset, method, normal).crafting for normal in classes}
    return ContactSheetSettings(classes=classes, crafting=crafting)


def picture_settings(config: Config, name: str) -> PictureSettings:
    """The settings of a figure of pictures; it shows the first seed."""
    layout = config.figures[name]
    seed = config.seeds[0]
    classes = classes_shown(config, layout)
    subjects = [(dataset, normal) for dataset in classes for normal in classes[dataset]]
    if layout.kind == "crafted":
        crafted = [each for subject in subjects for each in _crafted(config, *subject, layout.methods)]
        return PictureSettings(layout=layout, seed=seed, crafted=crafted)
    found = [
        _detector(config, dataset, normal, method, seed, layout)
        for (dataset, normal), method in itertools.product(subjects, layout.methods)
    ]
    return PictureSettings(layout=layout, seed=seed, detectors=[each for each in found if each])


def _crafted(config: Config, dataset: str, normal: str, methods: list[str]) -> list[CraftedPanel]:
    """A panel for all methods that craft alike."""
    trained = {method: config.detector_settings(dataset, method, normal) for method in methods}
    alike: dict[str, list[str]] = {}
    for method, settings in trained.items():
        made = settings.model_dump(mode="json", include=MADE_FROM)
        alike.setdefault(canonical_json(made), []).append(method)
    return [
        CraftedPanel(
            dataset=dataset,
            normal=normal,
            labels=[config.method(method).label for method in group],
            subset=trained[group[0]].subset,
            crafting=trained[group[0]].crafting,
        )
        for group in alike.values()
    ]


def _detector(
    config: Config, dataset: str, normal: str, method: str, seed: int, layout: FigureLayout
) -> DetectorPanel | None:
    """A detector under the first of its scores shown to which the attack applies; None if there is none."""
    attack, scores = layout.attack, scores_shown(config, layout, method)
    score = next((each for each in scores if attack is None or applies(config, method, each, attack)), None)
    if score is None:
        return None
    own = method in config.detectors
    return DetectorPanel(
        dataset=dataset,
        normal=normal,
        method=method,
        label=config.method(method).label,
        score=score,
        evaluation=evaluation_settings(config, dataset, method, seed, score, attack),
        own=own,
        subset=TrainingSubset() if own else config.detector_settings(dataset, method, normal).subset,
        space=_space(config, dataset, normal, method, score),
    )


def _space(config: Config, dataset: str, normal: str, method: str, score: str) -> Space:
    """The embedding behind a score; of a classifier the projection, or the backbone if none is trained. A
    detector that is not ours has none to show.
    """
    if method not in config.ours:
        return "projection"
    if config.scores[score].kind != "classifier":
        return config.scores[score].space
    trained = config.detector_settings(dataset, method, normal).objective.contrastive != "none"
    return "projection" if trained else "backbone"


def headline_settings(config: Config) -> HeadlineSettings | None:
    """The settings of the headline; None if the configuration has none."""
    if config.headline is None:
        return None
    table = table_settings(config, config.headline.table)
    dataset = config.headline.dataset or table.layout.datasets[0]
    parts = config.parts(table.layout.all_attacks[0])
    return HeadlineSettings(
        table=table,
        dataset=dataset,
        methods=config.headline.methods,
        attacks=[attack_on(config, dataset, part) for part in parts],
    )


def terms_settings(config: Config) -> TermsSettings:
    """The settings of the job that publishes the leaderboard's terms: for all data that gates judge."""
    classes = gate_table_settings(config).classes
    return TermsSettings(
        classes=classes,
        suites={dataset: suite_terms(config, dataset) for dataset in classes},
        bootstrap=config.bootstrap,
    )
