"""The settings of each figure of pictures: the configuration's names resolved."""

import itertools

from cobra.data.settings import TrainingSubset
from cobra.experiment.config import Config, scores_shown
from cobra.experiment.jobs import applies, classes_shown, evaluation_settings
from cobra.reporting.figures.settings import CraftedPanel, DetectorPanel, FigureLayout, PictureSettings, Space
from cobra.settings.section import canonical_json

MADE_FROM = {"subset", "crafting"}  # what decides which pseudo-anomalies are crafted


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
    alike: dict[str, list[str]] = {}
    for method in methods:
        made = config.detector_settings(dataset, method).model_dump(mode="json", include=MADE_FROM)
        alike.setdefault(canonical_json(made), []).append(method)
    return [
        CraftedPanel(
            dataset=dataset,
            normal=normal,
            labels=[config.method(method).label for method in group],
            subset=config.detector_settings(dataset, group[0]).subset,
            crafting=config.detector_settings(dataset, group[0]).crafting,
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
        subset=TrainingSubset() if own else config.detector_settings(dataset, method).subset,
        space=_space(config, dataset, method, score),
    )


def _space(config: Config, dataset: str, method: str, score: str) -> Space:
    """The embedding behind a score; of a classifier the projection, or the backbone if none is trained. A
    detector that is not ours has none to show.
    """
    if method not in config.ours:
        return "projection"
    if config.scores[score].kind != "classifier":
        return config.scores[score].space
    trained = config.detector_settings(dataset, method).objective.contrastive != "none"
    return "projection" if trained else "backbone"
