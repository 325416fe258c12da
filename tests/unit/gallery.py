"""A prepared data set and detectors on the disk, to make figures of pictures from."""

import torch
from pictures import preparation, raw_images
from samples import settled_network

from cobra.data.one_class import training_images
from cobra.data.prepared import read_prepared
from cobra.data.prepared_writer import write_prepared
from cobra.data.settings import TrainingSubset
from cobra.detectors.detector import Detector
from cobra.reporting.figures.inputs import Files
from cobra.reporting.figures.settings import FigureLayout, PictureSettings

IMAGES = [*["train a"] * 24, *["test a"] * 6, *["test b"] * 3, *["test c"] * 3]
CRAFTING = {"filter": {"epochs": 1, "width": 2, "significance": 0.3}}
PGD = {"steps": 4, "restarts": 2, "eps": 0.1}
SUBJECT = {"dataset": "digits", "normal": "a", "method": "cobra", "seed": 0}


def write_files(folder, identity):
    """The files of the data set `digits` and of the detector `cobra` of its class a."""
    settings = preparation("abc", resolution=16)
    about = {"kind": "prepared", "subject": {"dataset": "digits"}}
    own = identity.model_copy(update=about | {"settings": settings.model_dump(mode="json")})
    path = folder / "digits/images.npy"
    write_prepared(path, raw_images(IMAGES, 16), settings, own, strict=False, threads=1)
    prepared = read_prepared(path)
    made_from = {"subject": SUBJECT, "inputs": {"data": prepared.digest}}
    images = training_images(prepared, "a", TrainingSubset())
    detector = Detector.build(settled_network(), images, identity.model_copy(update=made_from))
    detector.save(folder / "digits-a-cobra-0.pt")
    pattern = str(folder / "{dataset}-{normal}-{method}-{seed}.pt")
    return Files(str(folder / "{dataset}/images.npy"), pattern, torch.device("cpu"))


def layout(kind, **others):
    needed = {"attack": "pgd"} if kind == "attacked" else {}
    shown = {"title": "A title", "datasets": ["digits"], "methods": ["cobra"]}
    return FigureLayout(kind=kind, **needed | shown | others)


def crafted_settings(*labels, **others):
    """A panel per list of labels."""
    panels = [
        {"dataset": "digits", "normal": "a", "labels": each, "subset": {}, "crafting": CRAFTING}
        for each in labels or (["COBRA"],)
    ]
    return PictureSettings(layout=layout("crafted", **others), seed=0, crafted=panels)


def detector_settings(kind, attack=PGD, panel=None, **others):
    own = {"dataset": "digits", "normal": "a", "method": "cobra", "label": "COBRA", "score": "similarity"}
    panels = [own | {"evaluation": {"attack": attack}} | (panel or {})]
    return PictureSettings(layout=layout(kind, **others), seed=0, detectors=panels)
