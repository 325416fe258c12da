"""Checks of the names in a configuration: each is free, and refers to something that exists."""

from collections.abc import Collection, Iterable, Iterator

from cobra.data.catalog import DATASETS
from cobra.detectors.settings import OWN
from cobra.experiment.config import Config, scores_shown
from cobra.reporting.figures.settings import FigureLayout
from cobra.reporting.tables.settings import TableLayout

Reference = tuple[str, Iterable[str | None], Collection[str]]


def names_are_free(config: Config) -> None:
    """Attacks, combinations and sweeps have names of their own, and so have methods and own detectors."""
    attacks = ["clean", *config.attacks]
    taken: list[tuple[str, Collection[str], str]] = [
        ("attacks", ["clean"], " by clean scores"),
        ("combinations", attacks, ""),
        ("sweeps", [*attacks, *config.combinations], ""),
        ("scores", [OWN], " by the score of your own detectors"),
        ("tables", ["gates"], " by the table of verdicts"),
        ("detectors", config.methods, " by a method"),
    ]
    for section, names, by in taken:
        for name in getattr(config, section):
            if name in names:
                raise ValueError(f"{section}.{name}: this name is taken{by}: choose another")


def names_are_known(config: Config) -> None:
    """All that the sections name exists and gives what is asked of it."""
    for where, names, there in references(config):
        known(where, names, there)
    for name, attack in config.attacks.items():
        if attack.source and attack.source.seed not in (None, "next", *config.seeds):
            raise ValueError(
                f"attacks.{name}.source.seed is {attack.source.seed}, which is none of seeds: "
                f"{', '.join(map(str, config.seeds))}"
            )
    layouts_show_scores(config)
    worst_scores_are_kept(config)


def known(where: str, names: Iterable[str | None], there: Collection[str]) -> None:
    """Raise ValueError in one sentence if one of `names`, used at `where`, is not among those `there`."""
    for name in names:
        if name is not None and name not in there:
            raise ValueError(
                f"{where} names {name!r}, which is none of: {', '.join(there) or '(there are none)'}"
            )


def references(config: Config) -> Iterator[Reference]:
    """Where the sections name something, the names, and those that there are. Each is to be checked before
    the next is asked for, which may look up what it names.
    """
    judged = [*config.methods, *config.detectors]
    scoring = [name for name, attack in config.attacks.items() if attack.kind != "fab"]
    white_box = [name for name in scoring if config.attacks[name].source is None]
    thresholds = [name for name in config.attacks if name not in scoring]
    robust = [*scoring, *config.combinations]  # behind a robust figure
    for name, entry in config.entries.items():
        yield f"datasets.{name}.classes", config.classes(name), entry.classes
        yield f"datasets.{name}.class_detector", config.datasets[name].class_detector, entry.classes
    yield "data.accept_licences", config.data.accept_licences, DATASETS
    for name, method in config.ours.items():
        yield f"methods.{name}.scores", method.scores, config.scores
    for name, attack in config.attacks.items():
        yield f"attacks.{name}.source.methods", attack.source.methods if attack.source else [], judged
    yield "test_subsets", config.test_subsets, config.attacks
    for name, combination in config.combinations.items():
        yield f"combinations.{name}.parts", combination.parts, scoring
    for name, sweep in config.sweeps.items():
        yield f"sweeps.{name}.attack", [sweep.attack], white_box
    for name, table in config.tables.items():
        yield f"tables.{name}.seeds", map(str, table.seeds), [str(seed) for seed in config.seeds]
        yield f"tables.{name}.attack", table.all_attacks, robust if table.measure == "auroc" else thresholds
    if config.gates is not None:
        yield "gates.claim", [config.gates.claim], robust
        yield "gates.doubled", [config.gates.doubled], scoring
        yield "gates.sweep", [config.gates.sweep], config.sweeps
        yield "gates.undefended", [config.gates.undefended], config.methods
    for where, layout in layouts(config).items():
        yield f"{where}.datasets", layout.datasets, config.datasets
        yield f"{where}.classes", layout.classes, layout.datasets
        for dataset, classes in layout.classes.items():
            yield f"{where}.classes.{dataset}", classes, config.classes(dataset)
        yield f"{where}.scores", layout.scores, [*config.scores, OWN]
        yield f"{where}.methods", layout.methods, judged
    # a combination has no steps and restarts of its own, and nobody has another detector's history
    shown = {"budget": scoring, "history": white_box, "attacked": white_box, "embeddings": white_box}
    aurocs = [name for name, table in config.tables.items() if table.measure == "auroc"]
    for name, figure in config.figures.items():
        yield f"figures.{name}.attack", [figure.attack], shown.get(figure.kind, robust)
        yield f"figures.{name}.sweep", [figure.sweep], config.sweeps
        yield f"figures.{name}.tables", figure.tables, aurocs


def layouts(config: Config) -> dict[str, TableLayout | FigureLayout]:
    """The tables and figures, by where they stand."""
    tables = {f"tables.{name}": table for name, table in config.tables.items()}
    return {**tables, **{f"figures.{name}": figure for name, figure in config.figures.items()}}


def layouts_show_scores(config: Config) -> None:
    """Each method of a table or figure has a score that it shows."""
    for where, layout in layouts(config).items():
        for method in layout.methods:
            if not scores_shown(config, layout, method):
                raise ValueError(
                    f"{where}.scores holds no score of method {method!r} (it has "
                    f"{', '.join(config.scores_of(method))}): name one of them or leave the method out"
                )


def worst_scores_are_kept(config: Config) -> None:
    """No attack keeps last iterates where the worst score is needed."""
    needed: dict[str, list[str | None]] = {
        f"combinations.{name}.parts": [*combination.parts]
        for name, combination in config.combinations.items()
    }
    for name, figure in config.figures.items():
        if figure.kind in ("attacked", "embeddings"):  # made of the images at their worst
            needed[f"figures.{name}.attack"] = [figure.attack]
    if config.gates is not None:
        needed |= {"gates.claim": [config.gates.claim], "gates.doubled": [config.gates.doubled]}
    for where, attacks in needed.items():
        for attack in attacks:
            if attack in config.attacks and config.attacks[attack].keep == "last":
                raise ValueError(
                    f"{where} names {attack!r}, which keeps the last iterate where the worst score is "
                    "needed: set its keep to worst or name another attack"
                )
