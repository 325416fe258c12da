"""Checks of the figures of a configuration: they name what exists, and what has what they show."""

from cobra.experiment.checks.names import keeps_the_worst, known, scoring_attacks, white_box_attacks
from cobra.experiment.config import Config, scores_shown


def figure_sources_are_known(config: Config) -> None:
    """The figures name attacks, sweeps and tables that exist and have what they show."""
    scoring, white = scoring_attacks(config), white_box_attacks(config)
    aurocs = [name for name, table in config.tables.items() if table.measure == "auroc"]
    for name, figure in config.figures.items():
        # a combination has no steps and restarts of its own, and nobody has another detector's history
        own = {"budget": scoring, "history": white, "attacked": white, "embeddings": white}
        given = own.get(figure.kind, [*scoring, *config.combinations])
        known(f"figures.{name}.attack", figure.attack, given)
        if figure.kind in ("attacked", "embeddings"):  # made of the images at their worst
            keeps_the_worst(config, f"figures.{name}.attack", figure.attack)
        known(f"figures.{name}.sweep", figure.sweep, config.sweeps)
        for table in figure.tables:
            known(f"figures.{name}.tables", table, aurocs)


def pictures_are_possible(config: Config) -> None:
    """The methods of a figure of pictures have what it shows."""
    for name, figure in config.figures.items():
        if figure.kind not in ("crafted", "embeddings"):
            continue
        for method in figure.methods:
            where = f"figures.{name}.methods names {method!r}"
            if method not in config.ours:
                what = "a baseline" if method in config.methods else "a detector of your own"
                raise ValueError(
                    f"{where}, {what}: a figure of kind {figure.kind} shows detectors that "
                    "our methods train alone"
                )
            for dataset in figure.datasets if figure.kind == "crafted" else []:
                if not config.detector_settings(dataset, method).crafting.filter.enabled:
                    raise ValueError(
                        f"{where}, which has no threshold filter: set crafting.filter.enabled or name others"
                    )


def trainings_are_kept(config: Config) -> None:
    """What figures of kinds history and geometry follow are trainings of ours, kept at some epochs; what a
    geometry measures is a contrastive loss.
    """
    for name, figure in config.figures.items():
        for method in figure.methods if figure.kind in ("history", "geometry") else []:
            require_ours(config, name, method, "its training cannot be followed")
            for dataset in figure.datasets:
                settings = config.detector_settings(dataset, method)
                if settings.schedule.snapshots == 0:
                    raise ValueError(
                        f"figures.{name} names method {method!r}, whose detector.schedule.snapshots is 0 on "
                        f"{dataset}: set it"
                    )
                if figure.kind == "geometry" and settings.objective.contrastive == "none":
                    raise ValueError(
                        f"figures.{name} names method {method!r}, which trains no contrastive loss on "
                        f"{dataset}: leave it out"
                    )
                if figure.kind == "geometry" and settings.crafting.groups == "rotations":
                    raise ValueError(
                        f"figures.{name} names method {method!r}, trained on rotations on {dataset}, where a "
                        "geometry has two groups: leave it out"
                    )


def require_ours(config: Config, figure: str, method: str, why: str) -> None:
    """Raise ValueError in one sentence if the figure names a detector that is not ours."""
    if method not in config.ours:
        raise ValueError(f"figures.{figure} names {method!r}, a detector that is not ours: {why}, remove it")


def trainings_differ_in_eps(config: Config) -> None:
    """The methods of a figure of kind grid are trained against eps of their own."""
    for name, figure in config.figures.items():
        if figure.kind != "grid":
            continue
        for method in figure.methods:
            require_ours(config, name, method, "nobody knows the eps of its training")
        for dataset in figure.datasets:
            seen: dict[float, str] = {}
            for method in figure.methods:
                adversary = config.detector_settings(dataset, method).adversary
                eps = (adversary.eps or 0.0) if adversary.enabled else 0.0
                if eps in seen:
                    raise ValueError(
                        f"figures.{name} names {seen[eps]!r} and {method!r}, both trained against eps "
                        f"{eps:g} on {dataset}: a row holds one method, remove one of them"
                    )
                seen[eps] = method


def memories_differ(config: Config) -> None:
    """Each method of a figure of kind memory is shown under scores that differ in their memory."""
    for name, figure in config.figures.items():
        for method in figure.methods if figure.kind == "memory" else []:
            require_ours(config, name, method, "nobody knows its memory")
            scores = [config.scores[score] for score in scores_shown(config, figure, method)]
            if len({score.memory for score in scores if score.kind != "classifier"}) < 2:
                raise ValueError(
                    f"figures.{name} shows method {method!r} under no scores that differ in their memory: "
                    "add scores with other values of memory to it"
                )
