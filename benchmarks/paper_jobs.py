"""The trainings and attacks that a configuration asks for, without Snakemake: what extrapolate.py sums.

A test holds them against Snakemake's plan of the same configuration.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cobra.settings import jobs
from cobra.settings.config import Config
from cobra.settings.figures import PICTURES
from cobra.settings.picture_jobs import picture_settings
from cobra.settings.tables import MethodShown


class Trained(NamedTuple):
    """A detector, ours or not."""

    dataset: str
    normal: str
    method: str
    seed: int


class Judged(NamedTuple):
    """A score of a detector and the name of an attack, or of a sweep, on it."""

    detector: Trained
    score: str
    attack: str


@dataclass
class Asked:
    """All jobs that compute for long, each once: trainings, attacks, sweeps, and attacks over epochs."""

    config: Config
    trainings: set[Trained] = field(default_factory=set)
    attacks: set[Judged] = field(default_factory=set)
    sweeps: set[Judged] = field(default_factory=set)
    histories: set[Judged] = field(default_factory=set)

    def train(self, detector: Trained) -> None:
        """A detector, if it is trained at all."""
        if detector.method in self.config.methods:
            self.trainings.add(detector)

    def attack(self, shown: Judged) -> None:
        """An attack or the parts of a combination."""
        detector, score, name = shown
        for part in jobs.parts_for(self.config, detector.method, score, name):
            self.attacks.add(shown._replace(attack=part))
            self.train(detector)
            source = jobs.source_of(self.config, detector.method, detector.seed, self.config.attacks[part])
            if source is not None:
                self.train(detector._replace(method=source.method, seed=source.seed))

    def sweep(self, shown: Judged) -> None:
        """A sweep."""
        self.sweeps.add(shown)
        self.train(shown.detector)

    def history(self, shown: Judged) -> None:
        """An attack at all epochs of which the network was kept."""
        self.histories.add(shown)
        self.train(shown.detector)

    def judge(self, shown: Judged) -> None:
        """What the gates ask of a figure."""
        detector, score, _ = shown
        gates = jobs.gate_settings(self.config, detector.dataset, detector.method, detector.seed, score)
        self.attack(shown._replace(attack=gates.claim))
        if gates.doubled is not None:
            self.attack(shown._replace(attack=gates.doubled))
        if gates.sweep is not None:
            self.sweep(shown._replace(attack=gates.sweep))
        if gates.undefended is not None:
            other = detector._replace(method=gates.undefended.method)
            self.attack(Judged(other, gates.undefended.score, gates.claim))


def behind_tables(config: Config, names: Iterable[str]) -> Asked:
    """The jobs behind some tables alone, without gates."""
    found = Asked(config)
    for name in names:
        table = jobs.table_settings(config, name)
        for one in shown(table.classes, table.methods, table.seeds, table.layout.all_attacks):
            found.attack(one)
    return found


def asked_by(config: Config) -> Asked:
    """The jobs behind all tables, gates and figures of a configuration."""
    found = behind_tables(config, config.tables)
    if config.gates is not None:
        gates = jobs.gate_table_settings(config)
        for one in shown(gates.classes, gates.methods, gates.seeds, [gates.claim]):
            found.judge(one)
    for name in config.figures:
        add_figure(found, config, name)
    return found


def add_figure(found: Asked, config: Config, name: str) -> None:
    """What a figure shows; the few images that figures of pictures attack themselves are left out."""
    kind = config.figures[name].kind
    if kind in PICTURES:
        pictures = picture_settings(config, name)
        for panel in pictures.detectors:
            found.train(Trained(panel.dataset, panel.normal, panel.method, pictures.seed))
        return
    settings = jobs.figure_settings(config, name)
    add = {"eps": found.sweep, "history": found.history}.get(kind, found.attack)
    for one in shown(settings.classes, settings.methods, settings.seeds, [settings.layout.shown]):
        add(one)


def shown(
    classes: Mapping[str, list[str]], methods: Mapping[str, MethodShown], seeds: list[int], attacks: list[str]
) -> Iterator[Judged]:
    """What a table, a figure or the gates show of the attacks (or sweeps) that apply."""
    for dataset, names in classes.items():
        for normal in names:
            for name, method in methods.items():
                for score in method.scores:
                    for attack in attacks:
                        if attack and attack not in method.inapplicable[score]:
                            for seed in seeds:
                                yield Judged(Trained(dataset, normal, name, seed), score, attack)
