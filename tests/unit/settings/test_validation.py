"""Faults in settings: each is one sentence that names its place."""

import pytest

from cobra.attacks.settings import (
    AttackSettings,
    EvaluationSettings,
    SourceSettings,
    SweepConfig,
)
from cobra.detectors.settings import OwnDetectorConfig, OwnDetectorSettings, ScoreSettings
from cobra.errors import UserError
from cobra.reporting.figures.settings import FigureLayout
from cobra.reporting.tables.settings import TableLayout
from cobra.settings.validation import validate, validate_json
from cobra.training.crafting.settings import FilterSettings, HardSettings, MildSettings
from cobra.training.settings import DetectorSettings, ObjectiveSettings, ScheduleSettings


@pytest.mark.parametrize(
    "text", ["4/0", "four", "", "nan", "1e400", "256/255", "-1/255", float("nan"), 1.01, -0.1]
)
def test_a_budget_that_is_none_is_refused(text):
    with pytest.raises(UserError, match=r"^here: eps"):
        validate(AttackSettings, {"eps": text}, "here")


SHOWN = {"title": "T", "datasets": ["digits"], "methods": ["cobra"]}


@pytest.mark.parametrize(
    ("section", "data", "sentence"),
    [
        (AttackSettings, {"stps": 3}, "here: stps is not a setting (did you mean 'steps')."),
        (ScoreSettings, {"xyz": 3},
         "here: xyz is not a setting (known here: kind, augmentations, space, memory, masker)."),
        (EvaluationSettings, {"attack": {"stps": 3}},
         "here: attack.stps is not a setting (did you mean 'steps')."),
        (DetectorSettings, {"crafting": {"mild": {"flp": 1}}},
         "here: crafting.mild.flp is not a setting (did you mean 'flip')."),
        (AttackSettings, {"steps": 0},
         "here: steps: Input should be greater than or equal to 1 (given: 0)."),
        (AttackSettings, {"step_ratios": [2.5, -1]},
         "here: step_ratios.1: Input should be greater than 0 (given: -1)."),
        (ScoreSettings, {"kind": "classifier", "memory": 4},
         "here: a score of kind classifier compares with no memory: remove memory."),
        (ScoreSettings, {"memory": 0},
         "here: memory: Input should be greater than or equal to 1 (given: 0)."),
        (ScoreSettings, {"kind": "x"},
         "here: kind: Input should be 'similarity', 'classifier', 'combined' or 'ensemble' (given: 'x')."),
        (AttackSettings, {"eps": "4/0"},
         "here: eps: '4/0' is neither a number nor a ratio such as 4/255 (given: '4/0')."),
        (TableLayout, {"title": "t", "rows": "methods", "datasets": ["d"], "methods": ["m"]},
         "here: attack is missing."),
        (AttackSettings, {"source": {"method": "cl"}},
         "here: source.method is not a setting (did you mean 'methods')."),
        *[(AttackSettings, {"kind": kind, "norm": "l2", "eps": 1},
           f"here: norm l2 is not for {kind}: choose among a3, apgd, momentum, noise, pgd.")
          for kind in ("square", "search", "fab")],
        (AttackSettings, {"norm": "l2"},
         "here: norm l2 needs an eps of its own: the data set's is for l-inf."),
        (AttackSettings, {"eps": 4},
         "here: eps above 1 is more than a pixel's whole range: give a ratio such as 4/255."),
        (AttackSettings, {"eps": -0.1},
         "here: eps: Input should be greater than or equal to 0 (given: -0.1)."),
        (AttackSettings, {"kind": "noise", "source": {"methods": ["cl"]}},
         "here: noise takes no gradient: remove source and objective."),
        (AttackSettings, {"kind": "square", "objective": "topk"},
         "here: square takes no gradient: remove source and objective."),
        (AttackSettings, {"kind": "fab", "objective": "topk"},
         "here: fab follows the score itself: remove source and objective."),
        (AttackSettings, {"kind": "fab", "source": {"seed": 1}},
         "here: fab follows the score itself: remove source and objective."),
        (AttackSettings, {"source": {"seed": 1}, "objective": "topk"},
         "here: source and objective exclude each other: a transfer attack follows the source."),
        (AttackSettings, {"source": {}},
         "here: source names no other detector: give methods or a seed."),
        *[(OwnDetectorSettings, data,
           "here: give either score (ready to use) or fit (made from the normal training images).")
          for data in ({}, {"score": "a:b", "fit": "a:b"}, {"files": ["a.pt"]})],
        *[(FigureLayout, SHOWN | data, f"here: a figure of kind {sentence}.")
          for data, sentence in (
              ({"kind": "attacked"},
               "attacked needs datasets and methods and attack, and no sweep or tables"),
              ({"kind": "crafted", "attack": "pgd"},
               "crafted needs datasets and methods, and no scores or attack or sweep or tables"),
              ({"kind": "embeddings", "sweep": "eps"},
               "embeddings needs datasets and methods, and no sweep or tables"),
              ({"kind": "eps", "sweep": "eps", "images": 4}, "eps shows no images: remove images"),
              *[({"kind": kind} | wrong,
                 f"{kind} needs datasets and methods and attack, and no sweep or tables")
                for kind in ("budget", "roc", "histogram")
                for wrong in ({}, {"sweep": "eps"}, {"attack": "pgd", "sweep": "eps"},
                              {"attack": "pgd", "tables": ["t"]}, {"attack": "pgd", "datasets": []},
                              {"attack": "pgd", "methods": []})],
              ({"kind": "eps", "attack": "pgd"},
               "eps needs datasets and methods and sweep, and no attack or tables"),
              ({"kind": "grid", "attack": "pgd"},
               "grid needs datasets and methods and sweep, and no attack or tables"),
              ({"kind": "memory"}, "memory needs datasets and methods and attack, and no sweep or tables"),
              ({"kind": "geometry", "scores": ["similarity"]},
               "geometry needs datasets and methods, and no scores or attack or sweep or tables"),
              *[({"kind": kind, "datasets": [], "methods": []} | wrong,
                 f"{kind} needs tables, and no datasets or methods or classes or scores or attack or sweep")
                for kind in ("paper", "tradeoff")
                for wrong in ({}, {"tables": ["t"], "attack": "pgd"}, {"tables": ["t"], "datasets": ["d"]},
                              {"tables": ["t"], "methods": ["m"]}, {"tables": ["t"], "sweep": "eps"},
                              {"tables": ["t"], "classes": {"d": ["0"]}})],
          )],
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_that_names_the_key(section, data, sentence):
    with pytest.raises(UserError) as caught:
        validate(section, data, "here")
    assert str(caught.value) == sentence


def test_each_fault_has_its_own_line():
    with pytest.raises(UserError) as caught:
        validate(AttackSettings, {"steps": 0, "restarts": 0}, "here")
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == [" steps", " restarts"]


@pytest.mark.parametrize(
    ("section", "data", "part"),
    [
        (HardSettings, {"kinds": {"scar": 1}}, "min_kinds=1 <= max_kinds=2 <= 1"),
        (HardSettings, {"min_kinds": 3}, "min_kinds=3 <= max_kinds=2"),
        (HardSettings, {"kinds": {"scar": 0, "cutout": 1}}, "every frequency in kinds must be above 0"),
        (HardSettings, {"kinds": {"blur": 1}}, "kinds.blur"),
        (HardSettings, {"kinds": {}}, "kinds: Dictionary should have at least 1 item"),
        (ScheduleSettings, {"epochs": 3}, " exceeds epochs=3"),
        (ObjectiveSettings, {"contrastive": "none", "classification": False}, "nothing is left to train"),
        *[
            (AttackSettings, {"precision": "bf16"} | other, "set fp32")
            for other in ({"kind": "apgd"}, {"source": {"seed": 1}}, {"objective": "topk"})
        ],
        (
            DetectorSettings,
            {"objective": {"classification": False}, "adversary": {"terms": ["classification"]}},
            "adversary.terms (classification) holds no term of the objective (contrastive)",
        ),
        (ScheduleSettings, {"batch_size": 1}, "batch_size: Input should be greater than or equal to 2"),
        (ScheduleSettings, {"learning_rate": float("inf")}, "learning_rate: Input should be a finite number"),
        (FilterSettings, {"significance": 1}, "significance: Input should be less than 1"),
        (MildSettings, {"flip": 1.5}, "flip: Input should be less than or equal to 1"),
        (AttackSettings, {"step_ratios": []}, "step_ratios: List should have at least 1 item"),
        (AttackSettings, {"false_alarms": 0}, "false_alarms: Input should be greater than 0"),
        (SweepConfig, {"attack": "pgd", "factors": [-1]}, "factors.0: Input should be greater than or equal"),
        *[
            (OwnDetectorSettings, {"score": name}, "score: name a function as package.module:function")
            for name in ("a.b", "a/b:c", "a:", ":c", "a.py:b c", "1a:b")
        ],
    ],
)
def test_values_that_make_no_sense_are_refused(section, data, part):
    with pytest.raises(UserError) as caught:
        validate(section, data, "here")
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_l2_budget_may_be_above_1_and_a_transfer_attack_may_name_another_seed():
    assert AttackSettings(norm="l2", eps=2.5).eps == 2.5
    assert AttackSettings(source={"seed": 0}).source == SourceSettings(methods=[], seed=0)


@pytest.mark.parametrize("name", ["a:b", "package.module:function", "a.b:Thing.score", "_a1:_b"])
def test_a_function_is_named_by_its_module(name):
    own = validate(OwnDetectorConfig, {"fit": name, "label": "L", "files": ["w.pt"]}, "here").own
    assert own == OwnDetectorSettings(fit=name, files=["w.pt"])  # what a table calls it decides no score


@pytest.mark.parametrize("text", ["", "[1]", "3", "{", "null"])
def test_settings_that_are_no_object_are_refused(text):
    with pytest.raises(UserError, match=r"^--settings is not a JSON object: .*\.$"):
        validate_json(AttackSettings, text, "--settings")
