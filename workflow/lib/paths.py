"""Where everything lies that the workflow reads and makes."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from cobra.artifacts.files import CODE_BOOK
from cobra.artifacts.identity import run_record_path
from cobra.detectors.settings import OWN
from cobra.experiment.config import Config


class Paths:
    """The paths of one configuration: strings with wildcards, to be filled in by `format`, and folders."""

    reported = "config/paper_tables.csv"

    def __init__(self, config: Config) -> None:
        self.results = Path(config.results)
        self.resources = Path(config.data.resources)
        self.logs = self.results / "logs"
        self.code_book = self.results / CODE_BOOK
        self.downloaded = str(self.resources / "downloads/{dataset}/{file}")
        self.prepared = str(self.results / "prepared/{dataset}/images.npy")
        self._set_trained(self.results / "{dataset}/{normal}/{method}/seed{seed}")
        self.table = str(self.results / "tables/{table}.csv")
        self.provenance = str(self.results / "tables/{table}.provenance.csv")
        self.gate_table = self.table.format(table="gates")
        self.audit = str(self.results / "audit.csv")
        self.figure = str(self.results / "figures/{figure}.png")
        self.contact_sheet = str(self.results / "figures/contact_sheet_{dataset}.png")
        self._set_leaderboard(self.results / "leaderboard")
        self.behind_figures = {  # by what a kind of figure says that it is made of
            "tables": self.table,
            "scores": self.scores,
            "sweep": self.sweep,
            "history": self.history,
            "geometry": self.geometry,
        }

    def _set_trained(self, folder: Path) -> None:
        self.detector = str(folder / "detector.pt")
        self.descriptor = str(folder / "detector.json")  # of a user's detector
        self.training_log = str(folder / "training.csv")
        self.snapshots = str(folder / "snapshots.pt")
        self.geometry = str(folder / "geometry.parquet")
        self.scores = str(folder / "scores/{score}/{attack}.parquet")
        self.sweep = str(folder / "sweeps/{score}/{sweep}.parquet")
        self.history = str(folder / "history/{score}/{attack}.parquet")
        self.gates = str(folder / "gates/{score}.json")

    def _set_leaderboard(self, folder: Path) -> None:
        self.leaderboard = str(self.results / "leaderboard.csv")
        self.terms = str(folder / "terms.json")
        self.record = str(folder / "{dataset}/{normal}/{method}/seed{seed}/{score}.json")
        self.checked = str(folder / "submitted/{submission}.json")


def wildcard_patterns(config: Config, submissions: Sequence[str]) -> dict[str, str]:
    """What each wildcard may be: names of the configuration and of records made elsewhere (`submissions`)."""
    names: dict[str, Collection[str]] = {
        "dataset": config.datasets,
        "method": [*config.methods, *config.detectors],
        "score": [*config.scores, OWN],
        "attack": [*config.attacks, *config.combinations],
        "sweep": config.sweeps,
        "figure": config.figures,
        "table": config.tables,
        "submission": submissions,
    }
    chosen = {wildcard: "|".join(map(re.escape, allowed)) or "(?!)" for wildcard, allowed in names.items()}
    return {"normal": r"[^/]+", "file": r"[^/]+", "seed": r"\d+", **chosen}


def beside(path: str, suffix: str) -> str:
    """The file of the same name with this suffix."""
    return str(Path(path).with_suffix(suffix))


def run_record(path: str) -> str:
    """The run record beside an artifact."""
    return str(run_record_path(Path(path)))
