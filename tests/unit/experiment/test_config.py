"""A configuration's sections: faults in sentences, and settings that lie over each other."""

import pytest
from configurations import BASE, method
from samples import deep_merge

from cobra.data.catalog import DATASETS
from cobra.errors import UserError
from cobra.experiment.reading import make_config


def config(changes=None):
    return make_config(deep_merge(BASE, changes or {}), "config.yaml")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seed": [1]}, "seed is not a setting (did you mean 'seeds')."),
        ({"datasets": {"digits": {"epss": 0.1}}},
         "datasets.digits.epss is not a setting (did you mean 'eps')."),
        ({"datasets": {"digits": {"test_subset": {"limit": 3}}}},
         "datasets.digits.test_subset.limit is not a setting (known here: normal_limit, anomaly_limit)."),
        ({"detector": {"modl": {}}}, "detector.modl is not a setting (did you mean 'model')."),
        ({"attacks": {"pgd": {"stepz": 1}}}, "attacks.pgd.stepz is not a setting (did you mean 'steps')."),
        ({"scores": {"s": {"knd": 1}}}, "scores.s.knd is not a setting (did you mean 'kind')."),
        ({"datasets": {"digits": {"eps": 2}}},
         "datasets.digits.eps: Input should be less than or equal to 1 (given: 2)."),
        ({"detector": {"schedule": {"epochs": -1}}},
         "detector.schedule.epochs: Input should be greater than or equal to 0 (given: -1)."),
        ({"seeds": [0, -1]}, "seeds.1: Input should be greater than or equal to 0 (given: -1)."),
        ({"bootstrap": {"resamples": 5}},
         "bootstrap.resamples: Input should be greater than or equal to 100 (given: 5)."),
        ({"datasets": {"cifar": {}}},
         f"datasets names 'cifar', which is none of: {', '.join(DATASETS)}; for images of your own set "
         "datasets.cifar.folder."),
        ({"datasets": {"mnist": {"folder": "/nowhere"}}},
         "datasets.mnist.folder: /nowhere is no folder: correct the path."),
        ({"datasets": {"mnist": {"train_share": 0.5}}},
         "datasets.mnist.train_share does not apply to this data set: remove it."),
        ({"datasets": {"mnist": {"coverage": {"labels": ["car"]}}}},
         "datasets.mnist.coverage does not apply to this data set: remove it."),
        ({"datasets": {"isic2018": {"test_part": "val"}}},
         "datasets.isic2018.test_part names 'val': known here: validation, test."),
        ({"datasets": {"mnist": {"test_part": "test"}}},
         "datasets.mnist.test_part names 'test': known here: none, it has one test part."),
        ({"data": {"accept_licences": ["mvtec", "svnh"]}},
         f"data.accept_licences names 'svnh', which is none of: {', '.join(DATASETS)}."),
        ({"datasets": {"digits": {"classes": ["0", "10"]}}},
         "datasets.digits.classes names '10', which is none of: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."),
        ({"methods": {"cobra": {"scores": ["margin"]}}},
         "methods.cobra.scores names 'margin', which is none of: similarity."),
        ({"scores": {"similarity": {"kind": "ensemble"}}},
         "methods.cobra.scores names 'similarity', of kind ensemble, which is not fitted: set "
         "ensemble.fitted to true, or crafting.groups to rotations, or name another score."),
        ({"tables": {"t": {"attack": "apgd"}}}, "tables.t.attack names 'apgd', which is none of: pgd."),
        ({"tables": {"t": {"datasets": ["mnist"]}}},
         "tables.t.datasets names 'mnist', which is none of: digits, fmnist."),
        ({"tables": {"t": {"methods": ["csi"]}}}, "tables.t.methods names 'csi', which is none of: cobra."),
        ({"combinations": {"worst": {"parts": ["pgd", "agpd"]}}},
         "combinations.worst.parts names 'agpd', which is none of: pgd."),
        ({"combinations": {"pgd": {"parts": ["pgd"]}}},
         "combinations.pgd: this name is taken: choose another."),
        ({"attacks": {"clean": {}}},
         "attacks.clean: this name is taken by clean scores: choose another."),
        (method(schedule={"epoch": 3}),
         "methods.cobra.detector.schedule.epoch is not a setting (did you mean 'epochs')."),
        (method(adversary={"eps": "4/0"}),
         "methods.cobra.detector.adversary.eps: '4/0' is neither a number nor a ratio such as 4/255 "
         "(given: '4/0')."),
        ({"datasets": {"digits": {"detector": {"model": {"width": 0}}}}},
         "datasets.digits.detector.model.width: Input should be greater than or equal to 1 (given: 0)."),
        ({"scores": {"c": {"kind": "classifier"}},
          "methods": {"cobra": {"scores": ["c"], "detector": {"objective": {"classification": False}}}}},
         "methods.cobra.scores names 'c', which needs the classifier: set objective.classification."),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_that_says_where(changes, sentence):
    with pytest.raises(UserError) as caught:
        config(changes)
    assert str(caught.value) == f"config.yaml: {sentence}"


@pytest.mark.parametrize("section", ["datasets", "methods", "attacks", "tables"])
def test_a_section_that_is_left_out_is_named(section):
    with pytest.raises(UserError, match=f"^config.yaml: {section} is missing.$"):
        make_config({key: value for key, value in BASE.items() if key != section}, "config.yaml")


@pytest.mark.parametrize(
    "changes",
    [{"seeds": []}, {"datasets": {"digits": {"classes": []}}}, {"methods": {"cobra": {"scores": []}}}],
)
def test_nothing_to_do_is_refused(changes):
    # a table of no detectors would average over nothing
    with pytest.raises(UserError, match="should have at least 1 item"):
        config(changes)


@pytest.mark.parametrize("name", ["a/b", "", "1", "../x", "a b"])
@pytest.mark.parametrize("section", ["methods", "attacks", "scores", "tables"])
def test_names_that_are_no_part_of_a_path_are_refused(section, name):
    entry = {"methods": BASE["methods"]["cobra"], "attacks": {}, "scores": {}, "tables": BASE["tables"]["t"]}
    with pytest.raises(UserError, match=f"config.yaml: {section}.* is no name: use letters"):
        config({section: {name: entry[section]}})


def test_a_section_level_fault_is_found_in_the_override_that_makes_it():
    with pytest.raises(
        UserError, match=r"methods\.cobra\.detector\.schedule: warmup_epochs=10.* exceeds epochs=2"
    ):
        config(method(schedule={"epochs": 2}))


def test_the_method_lies_over_the_data_set_over_the_common_settings():
    made = config(
        {
            "detector": {"schedule": {"epochs": 30, "batch_size": 16}, "model": {"width": 4}},
            "datasets": {"digits": {"detector": {"schedule": {"epochs": 20}, "model": {"width": 5}}}},
            **method(model={"width": 6}),
        }
    )
    digits, fmnist = (made.detector_settings(dataset, "cobra") for dataset in ("digits", "fmnist"))
    assert (digits.schedule.epochs, digits.schedule.batch_size, digits.model.width) == (20, 16, 6)
    assert (fmnist.schedule.epochs, fmnist.schedule.batch_size, fmnist.model.width) == (30, 16, 6)


def test_eps_and_flips_come_from_the_catalog_unless_set():
    made = config()
    for dataset, flip in (("digits", 0.0), ("fmnist", 0.5)):
        settings = made.detector_settings(dataset, "cobra")
        assert settings.adversary.eps == DATASETS[dataset].eps == made.eps(dataset)
        assert settings.crafting.mild.flip == flip
    changed = config(
        {"datasets": {"digits": {"eps": "2/255"}}, "detector": {"crafting": {"mild": {"flip": 0.1}}}}
    )
    assert changed.detector_settings("digits", "cobra").adversary.eps == 2 / 255
    assert changed.eps("digits") == 2 / 255
    assert changed.detector_settings("digits", "cobra").crafting.mild.flip == 0.1
    assert config({"datasets": {"digits": {"eps": 0}}}).eps("digits") == 0  # not "left out"


def test_an_eps_of_the_method_is_kept():
    made = config(method(adversary={"eps": 0.02}))
    assert made.detector_settings("digits", "cobra").adversary.eps == 0.02


def test_all_classes_are_spelled_out():
    made = config()
    assert made.classes("fmnist") == list(DATASETS["fmnist"].classes)
    assert made.classes("digits") == ["0", "3"]


def test_resolution_comes_from_the_catalog_unless_set():
    made = config({"datasets": {"fmnist": {"resolution": 16}}})
    assert made.preparation("digits", "digits").resolution == DATASETS["digits"].resolution
    assert made.preparation("digits", "digits").departures == []
    assert made.preparation("fmnist", "idx").resolution == 16
    assert made.preparation("fmnist", "idx").departures == ["resolution 16 (usual: 32)"]


def test_each_trained_class_needs_generated_anomalies(tmp_path):
    generated = method(crafting={"generated": {"folder": str(tmp_path)}})
    (tmp_path / "0").mkdir()
    (tmp_path / "0/a.png").touch()
    with pytest.raises(UserError, match=r"has no sub-folder '3' for the normal class .* \(there: 0\)"):
        config(generated)
    (tmp_path / "3").symlink_to(tmp_path / "0")
    with pytest.raises(UserError, match="has no sub-folder 'tshirt'"):
        config(generated)
    of_data = {"datasets": {"digits": {"detector": {"crafting": {"generated": {"folder": str(tmp_path)}}}}}}
    found = config(of_data)
    assert found.detector_settings("digits", "cobra").crafting.generated.share == 1
    assert found.detector_settings("fmnist", "cobra").crafting.generated is None
