"""Opens and checks the data and the detectors behind a figure of pictures."""

from dataclasses import dataclass
from pathlib import Path

import torch

from cobra.attacks.inputs import AnyDetector, open_detector
from cobra.data.one_class import Images, training_images
from cobra.data.prepared import Prepared, read_prepared
from cobra.data.settings import TrainingSubset
from cobra.reporting.figures.settings import DetectorPanel


@dataclass(frozen=True)
class Files:
    """Path patterns, with {dataset} of the data and with {normal}, {method}, {seed} too of the detectors."""

    data: str
    detectors: str
    device: torch.device

    def prepared(self, dataset: str) -> Prepared:
        """A prepared data set; raises UserError if it is another one."""
        path = Path(self.data.format(dataset=dataset))
        found = read_prepared(path)
        found.identity.require(path, "prepared", {"dataset": dataset})
        return found

    def training(self, dataset: str, normal: str, subset: TrainingSubset) -> Images:
        """The normal images that a detector was trained on."""
        return training_images(self.prepared(dataset), normal, subset).to(self.device)

    def detector(self, panel: DetectorPanel, seed: int, prepared: Prepared) -> AnyDetector:
        """A panel's detector; raises UserError if it is of another class, method, seed or other data."""
        subject = {name: getattr(panel, name) for name in ("dataset", "normal", "method")} | {"seed": seed}
        path = Path(self.detectors.format(**subject))
        path = path.with_suffix(".json") if panel.own else path
        found = open_detector(path, panel.evaluation.score, prepared, panel.normal, self.device)
        found.identity.require(path, "detector", subject, {"data": prepared.digest})
        return found
