"""What no section can check alone: names meet something, and methods of figures have what they show."""

import pytest
from configurations import BASE, method
from samples import deep_merge

from cobra.errors import UserError
from cobra.experiment.config import Config
from cobra.experiment.reading import make_config
from cobra.settings.validation import validate

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
