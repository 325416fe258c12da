"""What a configuration says of its data sets: the catalog's entries, own folders, and departures."""

import pytest

from cobra.data.catalog import DATASETS
from cobra.errors import UserError
from cobra.experiment.reading import make_config

METHODS = {"cobra": {"label": "COBRA"}}


def config(datasets, **others):
    whole = {"datasets": datasets, "methods": METHODS, "attacks": {"pgd": {}}, "tables": {}, **others}
    return make_config(whole, "config.yaml")


def of(name, **settings):
    return config({name: settings})


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_of_the_catalog_can_be_configured_by_its_name(name):
    made = of(name)
    reader = DATASETS[name].layouts[0].reader
    settings = made.preparation(name, reader)
    assert settings.classes == list(DATASETS[name].classes)
    assert settings.departures == []
    detector = made.detector_settings(name, "cobra")
    assert detector.model.stem == DATASETS[name].group
    assert detector.adversary.eps == DATASETS[name].eps


@pytest.mark.parametrize(("name", "repeated"), [("mvtec", 10_000), ("dagm", 5_000), ("cityscapes", 5_000)])
def test_small_training_sets_are_repeated_unless_set_otherwise(name, repeated):
    assert of(name).detector_settings(name, "cobra").schedule.images_per_epoch == repeated
    common = config({name: {}}, detector={"schedule": {"images_per_epoch": 7}})
    assert common.detector_settings(name, "cobra").schedule.images_per_epoch == 7
    own = of(name, detector={"schedule": {"images_per_epoch": None}})
    assert own.detector_settings(name, "cobra").schedule.images_per_epoch is None


def test_nevus_alone_is_normal_unless_all_classes_are_asked_for():
    assert of("isic2018").classes("isic2018") == ["nv"]
    assert of("isic2018", classes="all").classes("isic2018") == list(DATASETS["isic2018"].classes)
    assert of("isic2018", classes=["df"]).classes("isic2018") == ["df"]


def test_a_test_part_brings_its_counts_and_files():
    usual, other = of("isic2018"), of("isic2018", test_part="test")
    names = [{file.name for file in made.entries["isic2018"].files} for made in (usual, other)]
    assert all(any("Training" in name for name in found) for found in names)
    assert not any("Test" in name for name in names[0])
    assert not any("Validation" in name for name in names[1])
    settings = other.preparation("isic2018", "isic2018")
    assert settings.test_part == "test"
    assert settings.expected["nv"] == (6705, 909, 0)
    assert settings.departures == ["test part test"]


def test_coverage_departs_only_where_it_differs():
    usual = DATASETS["cityscapes"].options["coverage"]
    made = of("cityscapes", coverage={"labels": usual["labels"]})
    assert made.preparation("cityscapes", "cityscapes").departures == []
    made = of("cityscapes", coverage={"labels": ["car"]}, train_share=0.5)
    settings = made.preparation("cityscapes", "cityscapes")
    assert settings.coverage.labels == ["car"]
    assert settings.train_share == 0.5
    assert [text.split()[0] for text in settings.departures] == ["train_share", "coverage"]


def test_preparation_does_not_depend_on_the_classes_used():
    few, all_of_them = of("mvtec", classes=["bottle"]), of("mvtec")
    reader = "defect_folders"
    assert few.preparation("mvtec", reader) == all_of_them.preparation("mvtec", reader)
    assert few.policy("mvtec").needed == ["bottle"]
    assert config({"mvtec": {}}, data={"counts": "error"}).policy("mvtec").counts == "error"


@pytest.mark.parametrize(("resolution", "stem", "eps"), [(None, "high", 2), (224, "high", 2), (64, "low", 4)])
def test_a_folder_of_one_s_own_gets_the_papers_settings_of_its_resolution(tmp_path, resolution, stem, eps):
    for name in ("train/good", "test/good", "test/scratch"):
        (tmp_path / name).mkdir(parents=True)
    made = of("screws", folder=str(tmp_path), resolution=resolution)
    assert made.classes("screws") == ["screws"]
    settings = made.detector_settings("screws", "cobra")
    assert (settings.model.stem, settings.adversary.eps) == (stem, eps / 255)
    assert settings.schedule.images_per_epoch == 10_000
    assert made.preparation("screws", "defect_folders").resolution == resolution or 224


def test_a_data_set_of_the_catalog_may_lie_elsewhere(tmp_path):
    made = of("mvtec", folder=str(tmp_path))
    assert made.entries["mvtec"].folder == str(tmp_path)
    assert made.entries["mvtec"].classes == DATASETS["mvtec"].classes


ALIKE = ["bottle", "carpet", "grid", "hazelnut", "leather", "metal_nut", "screw", "tile", "wood"]


def kinds(made, normal, name="mvtec", method="cobra"):
    return made.detector_settings(name, method, normal).crafting.hard.kinds


def test_categories_that_look_alike_from_all_sides_are_not_turned():
    made = of("mvtec")
    turned = [name for name in made.classes("mvtec") if "rotation" in kinds(made, name)]
    assert sorted({*made.classes("mvtec")} - {*turned}) == ALIKE
    others = [name for name in kinds(made, "cable") if name != "rotation"]
    assert list(kinds(made, "screw")) == others
    assert made.trained_alike("mvtec") == {None: turned} | {name: [name] for name in ALIKE}


@pytest.mark.parametrize(
    "changes",
    [
        {"detector": {"crafting": {"hard": {"kinds": {"rotation": 1, "scar": 1}}}}},
        {"methods": {"cobra": METHODS["cobra"] | {
            "detector": {"crafting": {"hard": {"kinds": {"rotation": 1, "scar": 1}}}}}}},
        {"datasets": {"mvtec": {"detector": {"crafting": {"hard": {"kinds": {"rotation": 1, "scar": 1}}}}}}},
    ],
)  # fmt: skip
def test_kinds_that_a_configuration_sets_are_those_of_all_categories(changes):
    made = config(**({"datasets": {"mvtec": {}}} | changes))
    assert all(kinds(made, name) == {"rotation": 1, "scar": 1} for name in ("bottle", "cable"))


def test_a_class_lies_over_its_data_set_and_below_the_method():
    epochs = {"schedule": {"epochs": 20, "batch_size": 16}}
    own = {"1": {"schedule": {"epochs": 30, "batch_size": 32}, "model": {"width": 6}}}
    methods = {"cobra": METHODS["cobra"] | {"detector": {"model": {"width": 8}}}}
    made = config({"digits": {"detector": epochs, "class_detector": own}}, methods=methods)
    found = [made.detector_settings("digits", "cobra", normal) for normal in ("0", "1")]
    assert [(its.schedule.epochs, its.schedule.batch_size, its.model.width) for its in found] == [
        (20, 16, 8),
        (30, 32, 8),
    ]
    assert made.detector_settings("digits", "cobra") == found[0]


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"10": {}}, "datasets.digits.class_detector names '10', which is none of: 0, 1, 2"),
        ({"1": {"schedule": {"epoch": 3}}},
         "datasets.digits.class_detector.1.schedule.epoch is not a setting (did you mean 'epochs')"),
        ({"1": {"objective": {"contrastive": "none"}}},
         "methods.cobra.scores names 'similarity', which needs the projection head"),
    ],
)  # fmt: skip
def test_a_fault_in_a_class_s_settings_is_told(own, sentence):
    with pytest.raises(UserError) as fault:
        of("digits", class_detector=own)
    assert sentence in str(fault.value)
