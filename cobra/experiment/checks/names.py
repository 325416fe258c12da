"""Checks across sections: every name in a configuration refers to something that exists."""

from collections.abc import Iterable

from cobra.data.catalog import DATASETS
from cobra.detectors.settings import OWN
from cobra.experiment.config import Config, scores_shown
from cobra.experiment.datasets import classes_of
from cobra.reporting.figures.settings import FigureLayout
from cobra.reporting.tables.settings import TableLayout


def known(where: str, name: str | None, names: Iterable[str]) -> None:
    """Raise ValueError in one sentence if `name`, used at `where`, is not among `names`."""
    if name is not None and name not in names:
        raise ValueError(
            f"{where} names {name!r}, which is none of: {', '.join(names) or '(there are none)'}"
        )


def names_are_free(config: Config) -> None:
    """Attacks, combinations and sweeps have names of their own, and so have methods and own detectors."""
    if "clean" in config.attacks:
        raise ValueError("attacks.clean: this name is taken by clean scores: choose another")
    for section in ("combinations", "sweeps"):
        for name in getattr(config, section):
            if (
                name == "clean"
                or name in config.attacks
                or (section == "sweeps" and name in config.combinations)
            ):
                raise ValueError(f"{section}.{name}: this name is taken: choose another")
    if OWN in config.scores:
        raise ValueError(
            f"scores.{OWN}: this name is taken by the score of your own detectors: choose another"
        )
    if "gates" in config.tables:
        raise ValueError("tables.gates: this name is taken by the table of verdicts: choose another")
    for name in config.detectors:
        if name in config.methods:
            raise ValueError(f"detectors.{name}: this name is taken by a method: choose another")


def names_are_known(config: Config) -> None:
    """All that the sections name exists."""
    for name, dataset in config.datasets.items():
        for class_name in classes_of(dataset, config.entry(name)):
            known(f"datasets.{name}.classes", class_name, config.entry(name).classes)
    for name in config.data.accept_licences:
        known("data.accept_licences", name, DATASETS)
    for name, method in config.ours.items():
        for score in method.scores:
            known(f"methods.{name}.scores", score, config.scores)
    attack_names_are_known(config)
    for section in ("tables", "figures"):
        for name, layout in getattr(config, section).items():
            layout_is_known(config, f"{section}.{name}", layout)


def layout_is_known(config: Config, where: str, layout: TableLayout | FigureLayout) -> None:
    """The data sets, classes and methods of a table or figure exist and are used."""
    for dataset in layout.datasets:
        known(f"{where}.datasets", dataset, config.datasets)
    for dataset, classes in layout.classes.items():
        known(f"{where}.classes", dataset, layout.datasets)
        for class_name in classes:
            known(f"{where}.classes.{dataset}", class_name, config.classes(dataset))
    for score in layout.scores:
        known(f"{where}.scores", score, [*config.scores, OWN])
    for method in layout.methods:
        known(f"{where}.methods", method, [*config.methods, *config.detectors])
        if not scores_shown(config, layout, method):
            raise ValueError(
                f"{where}.scores holds no score of method {method!r} (it has "
                f"{', '.join(config.scores_of(method))}): name one of them or leave the method out"
            )


def scoring_attacks(config: Config) -> list[str]:
    """The attacks that give a score under attack."""
    return [name for name, attack in config.attacks.items() if attack.kind != "fab"]


def white_box_attacks(config: Config) -> list[str]:
    """Those of them that follow the attacked score itself."""
    return [name for name in scoring_attacks(config) if config.attacks[name].source is None]


def attack_names_are_known(config: Config) -> None:
    """All attacks that the sections name exist and give what is asked of them."""
    scoring = scoring_attacks(config)
    thresholds = [name for name, attack in config.attacks.items() if attack.kind == "fab"]
    for name, attack in config.attacks.items():
        for method in attack.source.methods if attack.source else []:
            known(f"attacks.{name}.source.methods", method, [*config.methods, *config.detectors])
        if attack.source and attack.source.seed not in (None, "next", *config.seeds):
            raise ValueError(
                f"attacks.{name}.source.seed is {attack.source.seed}, which is none of seeds: "
                f"{', '.join(map(str, config.seeds))}"
            )
    for name, combination in config.combinations.items():
        for part in combination.parts:
            known(f"combinations.{name}.parts", part, scoring)
            keeps_the_worst(config, f"combinations.{name}.parts", part)
    for name, sweep in config.sweeps.items():
        known(f"sweeps.{name}.attack", sweep.attack, white_box_attacks(config))
    for name, table in config.tables.items():
        for seed in map(str, table.seeds):
            known(f"tables.{name}.seeds", seed, [str(each) for each in config.seeds])
        given = [*scoring, *config.combinations] if table.measure == "auroc" else thresholds
        for attack_name in table.all_attacks:
            known(f"tables.{name}.attack", attack_name, given)
    if config.gates is not None:
        gates_are_known(config, scoring)


def keeps_the_worst(config: Config, where: str, name: str | None) -> None:
    """Raise ValueError in one sentence if the attack `name`, used at `where`, keeps last iterates."""
    if name in config.attacks and config.attacks[name].keep == "last":
        raise ValueError(
            f"{where} names {name!r}, which keeps the last iterate where the worst score is needed: set its "
            "keep to worst or name another attack"
        )


def gates_are_known(config: Config, scoring: list[str]) -> None:
    """The gates name attacks, sweeps and methods that exist."""
    assert config.gates is not None  # noqa: S101 -- for the type checker
    gates = config.gates
    known("gates.claim", gates.claim, [*scoring, *config.combinations])
    known("gates.doubled", gates.doubled, scoring)
    for key, name in (("claim", gates.claim), ("doubled", gates.doubled)):
        keeps_the_worst(config, f"gates.{key}", name)
    known("gates.sweep", gates.sweep, config.sweeps)
    known("gates.undefended", gates.undefended, config.methods)
    if gates.doubled is not None:
        doubled = config.attacks[gates.doubled]
        halves = [config.attacks[name] for name in config.parts(gates.claim)]
        longer = [half for half in halves if doubled.kind == half.kind and doubled.steps >= 2 * half.steps]
        if not any(doubled.stop in (None, half.stop) for half in longer):
            raise ValueError(
                f"gates.doubled names {gates.doubled!r}, which has not twice the steps of an attack of its "
                f"kind and stop among: {', '.join(config.parts(gates.claim))}"
            )
