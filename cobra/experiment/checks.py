"""Checks of a whole configuration, made after its sections were validated one by one."""

from pathlib import Path

from cobra.data.own_folder import require_apart
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError
from cobra.experiment.config import Config, scores_shown
from cobra.experiment.jobs import suite_names
from cobra.experiment.names import known, names_are_free, names_are_known
from cobra.reporting.figures.settings import FigureLayout
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings


def check(config: Config) -> None:
    """Raise ValueError or UserError, in one sentence, for the first fault."""
    names_are_free(config)
    names_are_known(config)
    images_are_the_same(config)
    gates_are_possible(config)
    leaderboard_is_possible(config)
    headline_is_possible(config)
    trainings_are_possible(config)
    results_lie_apart(config)
    for name, figure in config.figures.items():
        figure_is_possible(config, name, figure)


def images_are_the_same(config: Config) -> None:
    """What is compared image by image is of the same test images: the parts of a combination, what gates
    judge by.
    """
    compared = {f"combinations.{name}": its.parts for name, its in config.combinations.items()}
    if config.gates is not None:
        sweep = config.sweeps[config.gates.sweep].attack if config.gates.sweep else None
        judged = [*config.parts(config.gates.claim), config.gates.doubled, sweep]
        compared["gates"] = [name for name in judged if name]
    for where, names in compared.items():
        for name in names:
            if config.test_subsets.get(name) != config.test_subsets.get(names[0]):
                raise ValueError(
                    f"{where}: {names[0]!r} and {name!r} are made on different test images: give both the "
                    "same test_subsets, or none"
                )


def results_lie_apart(config: Config) -> None:
    """Nothing is written among the images of a folder of a person's own."""
    for dataset in config.datasets.values():
        if dataset.folder is not None:
            require_apart(Path(dataset.folder), Path(config.results), "results:")


def gates_are_possible(config: Config) -> None:
    """The doubled attack has twice the steps of one that it is compared with."""
    if config.gates is None or config.gates.doubled is None:
        return
    doubled, parts = config.attacks[config.gates.doubled], config.parts(config.gates.claim)
    halves = [half for half in map(config.attacks.__getitem__, parts) if half.kind == doubled.kind]
    if not any(doubled.steps >= 2 * half.steps and doubled.stop in (None, half.stop) for half in halves):
        raise ValueError(
            f"gates.doubled names {config.gates.doubled!r}, which has not twice the steps of an attack of "
            f"its kind and stop among: {', '.join(parts)}"
        )


def leaderboard_is_possible(config: Config) -> None:
    """There are gates, and the suite behind the figures has one budget."""
    if config.leaderboard is None:
        return
    if config.gates is None:
        raise ValueError("leaderboard ranks figures that gates judge: set gates, or remove leaderboard")
    suite, claim = suite_names(config), f"gates.claim ({config.gates.claim!r})"
    if not suite:
        raise ValueError(
            f"leaderboard: no part of {claim} can be put to any score: add an attack without source and with "
            "objective score"
        )
    taken = {"doubled", "sweep"} & set(suite)  # what `cobra attack` calls its other files
    if taken:
        raise ValueError(f"leaderboard: the name {taken.pop()} of an attack is taken: choose another")
    attacks = [config.attacks[name] for name in config.parts(config.gates.claim)]
    if len({(attack.norm, attack.eps) for attack in attacks}) > 1:
        raise ValueError(
            f"leaderboard: the parts of {claim} have different budgets: give them one norm and one eps"
        )


def headline_is_possible(config: Config) -> None:
    """The headline names what exists, and its table has figures of its methods."""
    headline = config.headline
    if headline is None:
        return
    known("headline.table", [headline.table], config.tables)
    table = config.tables[headline.table]
    if table.rows != "methods" or table.measure != "auroc":
        raise ValueError(
            f"headline.table names {headline.table!r}, which has rows {table.rows} and measure "
            f"{table.measure}: name one with rows methods and measure auroc"
        )
    known("headline.methods", headline.methods, table.methods)
    known("headline.dataset", [headline.dataset], table.datasets)
    known("headline.figure", [headline.figure], config.figures)


def trainings_are_possible(config: Config) -> None:
    """The settings of each training are valid once merged, its scores rest on what is trained, its network
    takes the images, and generated anomalies are there for each class that is trained with them.
    """
    for dataset in config.datasets:
        for singled_out, classes in config.trained_alike(dataset).items():
            for name in config.ours:
                detector = config.detector_settings(dataset, name, singled_out)
                training_is_possible(config, dataset, classes, name, detector)
    for name in config.baselines:
        config.kind_settings(name)


def training_is_possible(
    config: Config, dataset: str, classes: list[str], name: str, detector: DetectorSettings
) -> None:
    """The same of the trainings of a method on `classes`, which have the settings `detector`."""
    for score in config.ours[name].scores:
        require_trained(f"methods.{name}.scores", score, config.scores[score], detector)
    if detector.crafting.generated is not None:
        for normal in classes:
            detector.crafting.generated.of_class(normal)
    if detector.model.residual is None:
        require_network(f"methods.{name} on {dataset}", detector.model, config.side(dataset))


def require_network(where: str, model: ModelSettings, side: int) -> None:
    """Raise UserError or ValueError, naming `where`, unless timm makes the network for images of `side`."""
    # torch and timm are imported for configurations that name one of timm's, and for no others
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
    if score.kind == "ensemble" and not detector.has_ensemble:
        raise ValueError(
            f"{where} names {name!r}, of kind ensemble, which is not fitted: set ensemble.fitted to true, or "
            "crafting.groups to rotations, or name another score"
        )


def figure_is_possible(config: Config, name: str, figure: FigureLayout) -> None:
    """The methods of a figure have what its kind shows."""
    for method in figure.methods:
        if figure.kind in ("crafted", "embeddings"):
            require_pictured(config, name, figure, method)
        if figure.kind in ("history", "geometry"):
            require_ours(config, name, method, "its training cannot be followed")
            for dataset in figure.datasets:
                require_followed(config, name, figure.kind, dataset, method)
        if figure.kind == "grid":
            require_ours(config, name, method, "nobody knows the eps of its training")
        if figure.kind == "memory":
            require_ours(config, name, method, "nobody knows its memory")
            scores = [config.scores[score] for score in scores_shown(config, figure, method)]
            if len({score.memory for score in scores if score.kind != "classifier"}) < 2:
                raise ValueError(
                    f"figures.{name} shows method {method!r} under no scores that differ in their memory: "
                    "add scores with other values of memory to it"
                )
    if figure.kind == "grid":
        trainings_differ_in_eps(config, name, figure)


def require_ours(config: Config, figure: str, method: str, why: str) -> None:
    """Raise ValueError in one sentence if the figure names a detector that is not ours."""
    if method not in config.ours:
        raise ValueError(f"figures.{figure} names {method!r}, a detector that is not ours: {why}, remove it")


def require_pictured(config: Config, name: str, figure: FigureLayout, method: str) -> None:
    """Raise ValueError in one sentence unless the method has the pictures that the figure shows."""
    where = f"figures.{name}.methods names {method!r}"
    if method not in config.ours:
        what = "a baseline" if method in config.methods else "a detector of your own"
        raise ValueError(
            f"{where}, {what}: a figure of kind {figure.kind} shows detectors that our methods train alone"
        )
    for dataset in figure.datasets if figure.kind == "crafted" else []:
        if not all(its.crafting.filter.enabled for its in all_settings(config, dataset, method)):
            raise ValueError(
                f"{where}, which has no threshold filter: set crafting.filter.enabled or name others"
            )


def all_settings(config: Config, dataset: str, method: str) -> list[DetectorSettings]:
    """The settings of a method's trainings on a data set, each once."""
    return [config.detector_settings(dataset, method, normal) for normal in config.trained_alike(dataset)]


def require_followed(config: Config, figure: str, kind: str, dataset: str, method: str) -> None:
    """Raise ValueError in one sentence unless the training is kept at some epochs and, for a geometry, has a
    contrastive loss of two groups.
    """
    where = f"figures.{figure} names method {method!r},"
    trained = all_settings(config, dataset, method)
    if any(its.schedule.snapshots == 0 for its in trained):
        raise ValueError(f"{where} whose detector.schedule.snapshots is 0 on {dataset}: set it")
    if kind == "geometry" and any(its.objective.contrastive == "none" for its in trained):
        raise ValueError(f"{where} which trains no contrastive loss on {dataset}: leave it out")
    if kind == "geometry" and any(its.crafting.groups == "rotations" for its in trained):
        raise ValueError(
            f"{where} trained on rotations on {dataset}, where a geometry has two groups: leave it out"
        )


def trainings_differ_in_eps(config: Config, name: str, figure: FigureLayout) -> None:
    """The methods of a figure of kind grid are trained against eps of their own."""
    each = [(dataset, normal) for dataset in figure.datasets for normal in config.trained_alike(dataset)]
    for dataset, normal in each:
        seen: dict[float, str] = {}
        for method in figure.methods:
            adversary = config.detector_settings(dataset, method, normal).adversary
            eps = (adversary.eps or 0.0) if adversary.enabled else 0.0
            if eps in seen:
                raise ValueError(
                    f"figures.{name} names {seen[eps]!r} and {method!r}, both trained against eps {eps:g} on "
                    f"{dataset}: a row holds one method, remove one of them"
                )
            seen[eps] = method
