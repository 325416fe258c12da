"""Checks of what a method is trained with, and that its scores rest on what is trained."""

from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError
from cobra.experiment.config import Config
from cobra.experiment.datasets import side_of
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings


def overrides_are_valid(config: Config) -> None:
    """The settings of each training are valid once merged, and its scores rest on what is trained."""
    for dataset in config.datasets:
        for name, method in config.ours.items():
            detector = config.detector_settings(dataset, name)
            for score in method.scores:
                require_trained(f"methods.{name}.scores", score, config.scores[score], detector)
    for name in config.baselines:
        config.kind_settings(name)


def generated_are_there(config: Config) -> None:
    """Each class that is trained with generated anomalies has some; raises UserError."""
    trained = ((dataset, method) for dataset in config.datasets for method in config.ours)
    for dataset, method in trained:
        generated = config.detector_settings(dataset, method).crafting.generated
        if generated is not None:
            for name in config.classes(dataset):
                generated.of_class(name)


def networks_are_possible(config: Config) -> None:
    """Each network of timm's that is named exists and takes the images; raises UserError or ValueError.

    Torch and timm are imported for configurations that name one, and for no others.
    """
    for dataset, method in ((dataset, method) for dataset in config.datasets for method in config.ours):
        model = config.detector_settings(dataset, method).model
        if model.residual is None:
            side = side_of(config.datasets[dataset], config.entry(dataset))
            require_possible(f"methods.{method} on {dataset}", model, side)


def require_possible(where: str, model: ModelSettings, side: int) -> None:
    """Raise UserError or ValueError, naming `where`, unless timm makes the network for images of `side`."""
    from cobra.training.networks.timm_backbone import feature_dim

    if model.side != side:
        raise ValueError(
            f"{where}: model.image_side is {model.side} where images have {side} pixels a side: leave it out"
        )
    try:
        feature_dim(model)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def require_trained(where: str, name: str, score: ScoreSettings, detector: DetectorSettings) -> None:
    """Raise ValueError in one sentence if `score` rests on what the training of `detector` leaves out."""
    objective = detector.objective
    if score.kind != "similarity" and not objective.classification:
        raise ValueError(f"{where} names {name!r}, which needs the classifier: set objective.classification")
    if score.kind != "classifier" and score.space == "projection" and objective.contrastive == "none":
        raise ValueError(
            f"{where} names {name!r}, which needs the projection head, but objective.contrastive is none: "
            "use a score with space backbone or of kind classifier"
        )
    if score.kind == "ensemble" and detector.crafting.groups != "rotations":
        raise ValueError(
            f"{where} names {name!r}, of kind ensemble, which needs a detector trained on rotations: set "
            "crafting.groups to rotations or name another score"
        )
