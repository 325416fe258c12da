"""Where everything lies that the workflow reads and makes."""

from pathlib import Path

from cobra.artifacts.files import CODE_BOOK
from cobra.artifacts.identity import run_record_path
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


def beside(path: str, suffix: str) -> str:
    """The file of the same name with this suffix."""
    return str(Path(path).with_suffix(suffix))


def run_record(path: str) -> str:
    """The run record beside an artifact."""
    return str(run_record_path(Path(path)))
