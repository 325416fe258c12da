"""The configuration of what reviewers asked: whole, and at the size that docs/reviewers.md describes."""

from pathlib import Path

import pytest
import torch
import yaml
from samples import unit_images

from cobra.experiment import reporting_jobs
from cobra.experiment.reading import make_config
from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import mild

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "config/experiments/reviewers.yaml").read_text()
KINDS = {"embeddings", "history", "memory", "budget", "grid", "geometry", "tradeoff"}


def full_size():
    """The file with its two sections of size, and the names that it shows, replaced as the docs say."""
    start = TEXT.index("datasets:\n")
    end = TEXT.index("# --- the items ---")
    size = "datasets: {cifar10: {}}\ndetector: {schedule: {snapshots: 10}}\n\n"
    items = TEXT[end:].replace("&data [digits]", "&data [cifar10]")
    return TEXT[:start] + size + items.replace('{digits: ["3"]}', "{cifar10: [cat]}")


@pytest.mark.parametrize("text", [TEXT, full_size()], ids=["demo", "full size"])
def test_it_is_valid_and_has_a_figure_of_each_kind(text):
    config = make_config(yaml.safe_load(text), "config/experiments/reviewers.yaml")
    assert {figure.kind for figure in config.figures.values()} == KINDS
    for name in config.figures:
        assert reporting_jobs.figure_settings(config, name).classes.keys() <= config.datasets.keys()
    for name in config.tables:
        assert reporting_jobs.table_settings(config, name).methods


def test_at_full_size_trainings_have_the_paper_s_settings():
    config = make_config(yaml.safe_load(full_size()), "config/experiments/reviewers.yaml")
    settings = config.detector_settings("cifar10", "cobra")
    assert (settings.model.backbone, settings.schedule.epochs) == ("resnet18", 100)
    assert settings.schedule.snapshots == 10
    assert len(config.classes("cifar10")) == 10


def test_items_share_their_detectors():
    """A method is one training: no two of them have equal settings."""
    config = make_config(yaml.safe_load(TEXT), "config/experiments/reviewers.yaml")
    made = [config.detector_settings("digits", name).model_dump_json() for name in config.methods]
    assert len(set(made)) == len(made)


def test_a_method_changes_what_its_item_is_about_alone():
    config = make_config(yaml.safe_load(TEXT), "config/experiments/reviewers.yaml")
    usual = config.detector_settings("digits", "cobra").model_dump()
    about = {
        "standard": {"adversary"}, "l_cl_cls": {"objective"}, "eps_02": {"adversary"},
        "lambda_02": {"crafting"}, "no_mild": {"crafting"}, "on_cls": {"adversary"},
        "faint_standard": {"crafting", "adversary"},
        "l_cobra_normals": {"objective"}, "wide": {"model"}, "vit": {"model"},
    }  # fmt: skip
    for name, sections in about.items():
        own = config.detector_settings("digits", name).model_dump()
        assert {section for section in own if own[section] != usual[section]} == sections


def test_no_mild_augmentation_leaves_images_alone():
    """What the configuration calls off is off: a view is its image, but for rounding."""
    config = make_config(yaml.safe_load(TEXT), "config/experiments/reviewers.yaml")
    settings = config.detector_settings("digits", "no_mild").crafting.mild
    images = unit_images(4)
    views = mild(images, ImageRandom.of(0, torch.arange(4), "test"), settings)
    torch.testing.assert_close(views, images, rtol=0, atol=1e-5)
