import pytest
from samples import deep_merge

from cobra.data.catalog import DATASETS
from cobra.errors import UserError
from cobra.experiment.config import Config
from cobra.experiment.reading import make_config
from cobra.settings.validation import validate

BASE = {
    "datasets": {"digits": {"classes": ["0", "3"]}, "fmnist": {}},
    "methods": {"cobra": {"label": "COBRA", "reported": "COBRA"}},
    "attacks": {"pgd": {"steps": 10}},
    "tables": {
        "t": {"title": "T", "rows": "methods", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd"}
    },
}


def config(changes=None):
    return make_config(deep_merge(BASE, changes or {}), "config.yaml")


def method(**detector):
    return {"methods": {"cobra": {"detector": detector}}}


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
        ({"detector": {"schedule": {"epochs": 0}}},
         "detector.schedule.epochs: Input should be greater than or equal to 1 (given: 0)."),
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
         "methods.cobra.scores names 'similarity', of kind ensemble, which needs a detector trained on "
         "rotations: set crafting.groups to rotations or name another score."),
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


SUITE = deep_merge(
    BASE,
    {
        "methods": {"cl": {"label": "CL"}},
        "detectors": {"pixels": {"label": "Pixels", "fit": "a.b:fit"}},
        "attacks": {
            "twice": {"steps": 20},
            "square": {"kind": "square", "steps": 20},
            "transfer": {"source": {"methods": ["cl"]}},
            "fab": {"kind": "fab"},
        },
        "combinations": {"worst": {"parts": ["pgd", "square"]}},
        "sweeps": {"eps": {"attack": "pgd"}},
        "gates": {"claim": "worst"},
        "figures": {
            "curve": {
                "kind": "eps",
                "title": "T",
                "datasets": ["digits"],
                "methods": ["cobra", "pixels"],
                "sweep": "eps",
            },
            "grid": {
                "kind": "budget",
                "title": "T",
                "datasets": ["digits"],
                "methods": ["cobra"],
                "attack": "pgd",
            },
        },
    },
)
SCORING = "pgd, twice, square, transfer"  # what gives scores under attack
HISTORY = {"kind": "history", "title": "T", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd"}


def followed(snapshots, **changes):
    return {"figures": {"history": HISTORY | changes}, "detector": {"schedule": {"snapshots": snapshots}}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"attacks": {"square": {"kind": "pgd", "keep": "last"}}},
         "combinations.worst.parts names 'square', which keeps the last iterate where the worst score is "
         "needed: set its keep to worst or name another attack."),
        ({"attacks": {"twice": {"keep": "last"}}, "gates": {"doubled": "twice"}},
         "gates.doubled names 'twice', which keeps the last iterate where the worst score is "
         "needed: set its keep to worst or name another attack."),
        ({"attacks": {"twice": {"keep": "last"}},
          "figures": {"grid": {"kind": "attacked", "attack": "twice"}}},
         "figures.grid.attack names 'twice', which keeps the last iterate where the worst score is "
         "needed: set its keep to worst or name another attack."),
        ({"combinations": {"worst": {"parts": ["pgd", "fab"]}}},
         f"combinations.worst.parts names 'fab', which is none of: {SCORING}."),
        ({"combinations": {"clean": {"parts": ["pgd"]}}},
         "combinations.clean: this name is taken: choose another."),
        *[({"sweeps": {name: {"attack": "pgd"}}}, f"sweeps.{name}: this name is taken: choose another.")
          for name in ("clean", "pgd", "worst")],
        *[({"sweeps": {"eps": {"attack": name}}},
           f"sweeps.eps.attack names '{name}', which is none of: pgd, twice, square.")
          for name in ("transfer", "fab", "worst")],
        ({"detectors": {"cobra": {"label": "X", "score": "a:b"}}},
         "detectors.cobra: this name is taken by a method: choose another."),
        ({"attacks": {"transfer": {"source": {"methods": ["cl", "csi"]}}}},
         "attacks.transfer.source.methods names 'csi', which is none of: cobra, cl, pixels."),
        ({"attacks": {"transfer": {"source": {"seed": 3}}}, "seeds": [0, 1]},
         "attacks.transfer.source.seed is 3, which is none of seeds: 0, 1."),
        ({"tables": {"t": {"measure": "accuracy"}}}, "tables.t.attack names 'pgd', which is none of: fab."),
        ({"tables": {"t": {"attack": "fab"}}},
         f"tables.t.attack names 'fab', which is none of: {SCORING}, worst."),
        ({"tables": {"t": {"methods": ["pixels", "csi"]}}},
         "tables.t.methods names 'csi', which is none of: cobra, cl, pixels."),
        ({"figures": {"curve": {"methods": ["csi"]}}},
         "figures.curve.methods names 'csi', which is none of: cobra, cl, pixels."),
        ({"figures": {"curve": {"datasets": ["mnist"]}}},
         "figures.curve.datasets names 'mnist', which is none of: digits, fmnist."),
        ({"figures": {"curve": {"classes": {"fmnist": ["bag"]}}}},
         "figures.curve.classes names 'fmnist', which is none of: digits."),
        ({"figures": {"curve": {"classes": {"digits": ["8"]}}}},
         "figures.curve.classes.digits names '8', which is none of: 0, 3."),
        ({"tables": {"t": {"seeds": [0, 7]}}}, "tables.t.seeds names '7', which is none of: 0."),
        ({"figures": {"curve": {"sweep": "pgd"}}},
         "figures.curve.sweep names 'pgd', which is none of: eps."),
        *[({"figures": {"grid": {"attack": name}}},
           f"figures.grid.attack names '{name}', which is none of: {SCORING}.")
          for name in ("worst", "fab", "eps")],
        *[({"figures": {"grid": {"kind": kind, "attack": name}}},
           f"figures.grid.attack names '{name}', which is none of: pgd, twice, square.")
          for kind in ("attacked", "embeddings") for name in ("transfer", "worst", "fab")],
        *[({"figures": {"grid": {"kind": kind, "attack": None, "methods": ["cobra", "pixels"]}}},
           f"figures.grid.methods names 'pixels', a detector of your own: a figure of kind {kind} shows "
           "detectors that our methods train alone.")
          for kind in ("crafted", "embeddings")],
        ({"figures": {"grid": {"kind": "crafted", "attack": None}},
          "detector": {"crafting": {"filter": {"enabled": False}}}},
         "figures.grid.methods names 'cobra', which has no threshold filter: set crafting.filter.enabled or "
         "name others."),
        *[(followed(2, attack=name),
           f"figures.history.attack names '{name}', which is none of: pgd, twice, square.")
          for name in ("transfer", "fab", "worst")],
        (followed(0),
         "figures.history names method 'cobra', whose detector.schedule.snapshots is 0 on digits: set it."),
        (deep_merge(followed(2), method(schedule={"snapshots": 0})),
         "figures.history names method 'cobra', whose detector.schedule.snapshots is 0 on digits: set it."),
        (followed(2, methods=["cobra", "pixels"]),
         "figures.history names 'pixels', a detector that is not ours: its training cannot be followed, "
         "remove it."),
        (deep_merge(followed(2, kind="geometry", attack=None),
                    method(crafting={"groups": "rotations", "filter": {"enabled": False}})),
         "figures.history names method 'cobra', trained on rotations on digits, where a geometry has two "
         "groups: leave it out."),
        (deep_merge(followed(2, kind="geometry", attack=None), method(objective={"contrastive": "none"}),
                    {"methods": {"cobra": {"scores": ["margin"]}},
                     "scores": {"similarity": {}, "margin": {"kind": "classifier"}}}),
         "figures.history names method 'cobra', which trains no contrastive loss on digits: leave it out."),
        (followed(0, kind="geometry", attack=None),
         "figures.history names method 'cobra', whose detector.schedule.snapshots is 0 on digits: set it."),
        ({"figures": {"curve": {"kind": "grid", "methods": ["cobra", "cl"]}}},
         "figures.curve names 'cobra' and 'cl', both trained against eps 0.1 on digits: a row holds one "
         "method, remove one of them."),
        ({"figures": {"curve": {"kind": "grid"}}},
         "figures.curve names 'pixels', a detector that is not ours: nobody knows the eps of its training, "
         "remove it."),
        ({"figures": {"grid": {"kind": "memory"}}},
         "figures.grid shows method 'cobra' under no scores that differ in their memory: add scores with "
         "other values of memory to it."),
        ({"tables": {"t": {"scores": ["nearest"]}}},
         "tables.t.scores names 'nearest', which is none of: similarity, own."),
        ({"scores": {"similarity": {}, "few": {"memory": 3}}, "tables": {"t": {"scores": ["few"]}}},
         "tables.t.scores holds no score of method 'cobra' (it has similarity): name one of them or leave "
         "the method out."),
        *[({"figures": {"grid": {"kind": kind, "attack": "fab"}}},
           f"figures.grid.attack names 'fab', which is none of: {SCORING}, worst.")
          for kind in ("roc", "histogram")],
        *[({"figures": {"scatter": {"kind": "paper", "title": "T", "tables": ["t", name]}},
            "tables": {"accuracies": {"title": "T", "rows": "methods", "datasets": ["digits"],
                                      "methods": ["cobra"], "measure": "accuracy", "attack": "fab"}}},
           f"figures.scatter.tables names '{name}', which is none of: t.")
          for name in ("u", "accuracies", "gates")],
        ({"gates": {"claim": "fab"}}, f"gates.claim names 'fab', which is none of: {SCORING}, worst."),
        ({"gates": {"doubled": "worst"}}, f"gates.doubled names 'worst', which is none of: {SCORING}."),
        ({"gates": {"sweep": "pgd"}}, "gates.sweep names 'pgd', which is none of: eps."),
        ({"gates": {"undefended": "pixels"}},
         "gates.undefended names 'pixels', which is none of: cobra, cl."),
        *[({"gates": {"doubled": name}, "attacks": {name: attack}},
           f"gates.doubled names '{name}', which has not twice the steps of an attack of its kind and stop "
           "among: pgd, square.")
          for name, attack in (("pgd", {}), ("twice", {"steps": 19}), ("twice", {"kind": "apgd"}),
                               ("twice", {"steps": 20, "restarts": 4, "stop": {}}))],
        ({"detectors": {"pixels": {"score": "a:b"}}},
         "detectors.pixels: give either score (ready to use) or fit (made from the normal training images)"),
        ({"detectors": {"pixels": {"ft": "a:b"}}},
         "detectors.pixels.ft is not a setting (did you mean 'fit')."),
    ],
)  # fmt: skip
def test_a_name_that_meets_nothing_is_one_sentence(changes, sentence):
    with pytest.raises(UserError) as caught:
        make_config(deep_merge(SUITE, changes), "config.yaml")
    assert str(caught.value).startswith(f"config.yaml: {sentence}")
    assert "\n" not in str(caught.value)


def test_the_methods_of_a_history_alone_need_snapshots():
    changes = deep_merge(followed(0), method(schedule={"snapshots": 4}))
    made = make_config(deep_merge(SUITE, changes), "config.yaml")
    kept = [made.detector_settings("digits", name).schedule.snapshots for name in ("cobra", "cl")]
    assert kept == [4, 0]


@pytest.mark.parametrize("kind", ["roc", "histogram"])
def test_curves_and_histograms_may_show_a_combination(kind):
    config = validate(
        Config, deep_merge(SUITE, {"figures": {"grid": {"kind": kind, "attack": "worst"}}}), "x"
    )
    assert config.figures["grid"].shown == "worst"


@pytest.mark.parametrize("doubled", [None, "twice"])
def test_gates_need_twice_the_steps_of_one_part_only(doubled):
    assert make_config(deep_merge(SUITE, {"gates": {"doubled": doubled}}), "c").gates.doubled == doubled
    single = deep_merge(SUITE, {"gates": {"claim": "pgd", "doubled": doubled}})
    assert make_config(single, "config.yaml").gates.claim == "pgd"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"tables": {"gates": SUITE["tables"]["t"]}}, r"tables\.gates"),  # the table of gates
        ({"scores": {"similarity": {}, "own": {"kind": "classifier"}}}, r"scores\.own"),
    ],
)
def test_names_that_the_workflow_itself_uses_are_taken(changes, name):
    with pytest.raises(UserError, match=f"{name}.* taken"):
        make_config(deep_merge(SUITE, changes), "config.yaml")


def test_detectors_of_one_s_own_have_one_score_and_methods_theirs():
    made = make_config(SUITE, "config.yaml")
    assert made.scores_of("pixels") == ["own"]
    assert made.scores_of("cobra") == ["similarity"]
    assert made.method("pixels").label == "Pixels"
    assert made.method("cobra").label == "COBRA"
    assert made.parts("worst") == ["pgd", "square"]
    assert made.parts("pgd") == ["pgd"]


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
