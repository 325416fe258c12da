"""The table of gates: verdict files of many detectors to one row each."""

import json

import pytest

from cobra.artifacts.files import write_json
from cobra.errors import UserError
from cobra.gates.verdict import decide, not_applicable
from cobra.reporting.tables.gate_table import collect_verdicts, gate_frame, gate_notes
from cobra.reporting.tables.settings import GateTableSettings
from cobra.settings.section import canonical_json
from cobra.settings.validation import validate_json

PATTERN = "{dataset}/{normal}/{method}/{seed}/{score}.json"
COBRA = {"label": "COBRA", "reported": [], "scores": ["similarity", "margin"]}
PIXELS = {"label": "Pixels", "reported": [], "scores": ["own"]}
SETTINGS = {
    "claim": "worst",
    "classes": {"digits": ["0", "3"], "fmnist": ["bag"]},
    "methods": {"cobra": COBRA, "pixels": PIXELS},
    "order": ["cobra", "pixels"],
    "seeds": [0, 1],
}
SETTINGS = GateTableSettings.model_validate(SETTINGS)
SUBJECTS = [
    {"dataset": dataset, "normal": normal, "method": method, "score": score, "seed": seed}
    for dataset, normals in SETTINGS.classes.items()
    for normal in normals
    for method, score in (("cobra", "similarity"), ("cobra", "margin"), ("pixels", "own"))
    for seed in (0, 1)
]
PASS, NOTHING = decide(True, 0.25, "it passes"), not_applicable("no such attack was run")


@pytest.fixture
def judged(tmp_path, identity):
    """Writes verdicts on all detectors: gates 1, 4 and 8 pass or do not apply but where `told` otherwise;
    what is in `subject` is said of each file.
    """

    def written(told=None, settings=SETTINGS, **subject):
        for names in SUBJECTS:
            found = {1: PASS, 4: PASS, 8: NOTHING} | (told or (lambda _: {}))(names)
            verdicts = [
                judgement.named(gate, name).model_dump()
                for (gate, judgement), name in zip(
                    found.items(), ("more steps", "gradient", "transfer"), strict=True
                )
            ]
            about = {**names, "attack": "worst"} | subject
            own = identity.model_copy(update={"kind": "gates", "subject": about})
            write_json(tmp_path / PATTERN.format(**names), {"verdicts": verdicts}, own)
        return collect_verdicts(settings, str(tmp_path / PATTERN))

    return written


def test_all_verdicts_are_collected_with_what_they_are_about(judged):
    frame = judged()
    assert list(frame.columns) == [
        "dataset", "normal", "method", "score", "seed", "gate", "name", "verdict", "figure", "said",
    ]  # fmt: skip
    assert len(frame) == len(SUBJECTS) * 3
    assert frame.iloc[0][["dataset", "normal", "gate", "verdict", "figure"]].tolist() == [
        "digits", "0", 1, "pass", 0.25,
    ]  # fmt: skip
    assert frame.loc[frame["gate"] == 8, "figure"].isna().all()


def failing(names):
    """Gate 4 fails for one class of COBRA on digits with seed 1, gate 1 wherever a margin is scored."""
    failed = decide(False, 7, "the gradient is wrong")
    told = {}
    if names["score"] == "margin":
        told[1] = decide(False, 3, "it rises")
    if (names["normal"], names["score"], names["seed"]) == ("3", "similarity", 1):
        told[4] = failed
    if names["method"] == "pixels":
        told[4] = NOTHING
    if names["dataset"] == "fmnist" and names["seed"] == 1:
        told[8] = PASS
    return told


def test_a_row_is_a_detector_over_all_its_classes_and_seeds(judged):
    frame = gate_frame(judged(failing), SETTINGS.methods)
    assert frame.set_index("Detector").T.to_dict("list") == {
        "digits, COBRA": ["pass", "FAIL 1 of 4", "–"],
        "digits, COBRA, margin score": ["FAIL", "pass", "–"],
        "digits, Pixels": ["pass", "–", "–"],
        "fmnist, COBRA": ["pass", "pass", "pass"],  # where it applies it passes
        "fmnist, COBRA, margin score": ["FAIL", "pass", "pass"],
        "fmnist, Pixels": ["pass", "–", "pass"],
    }
    assert list(frame.columns) == ["Detector", "1 more steps", "4 gradient", "8 transfer"]


def test_columns_are_in_the_order_of_the_gates(judged):
    verdicts = judged()
    verdicts["gate"] = verdicts["gate"].replace({1: 10})
    assert list(gate_frame(verdicts, SETTINGS.methods).columns)[1:] == [
        "4 gradient", "8 transfer", "10 more steps",
    ]  # fmt: skip


def test_rows_are_in_the_configuration_s_order_of_methods(judged):
    # a job's settings are JSON with sorted keys
    changed = SETTINGS.model_copy(update={"order": ["pixels", "cobra"]})
    settings = validate_json(GateTableSettings, canonical_json(changed), "--settings")
    frame = gate_frame(judged(settings=settings), settings.methods)
    assert frame["Detector"].tolist() == [
        f"{dataset}, {line}"
        for dataset in ("digits", "fmnist")
        for line in ("Pixels", "COBRA", "COBRA, margin score")
    ]


def test_notes_tell_each_failure_and_why_gates_do_not_apply(judged):
    told = gate_notes(judged(failing), SETTINGS)
    assert told[0].startswith("Judged: the figure under worst, over all classes and seeds;")
    assert "digits, class 3, cobra, similarity, seed 1: gate 4: the gradient is wrong." in told
    assert sum("gate 1: it rises." in note for note in told) == 6  # three classes, two seeds
    assert told[-2:] == [
        "Gate 4 is not applicable where no such attack was run.",
        "Gate 8 is not applicable where no such attack was run.",
    ]


def test_each_failure_is_told_apart_from_those_of_other_seeds(judged):
    told = gate_notes(judged(failing), SETTINGS)
    assert len(set(told)) == len(told)


def test_a_table_without_failures_names_none(judged):
    told = gate_notes(judged(), SETTINGS)
    assert len(told) == 2
    assert not [note for note in told if ": gate" in note]


@pytest.mark.parametrize("changes", [{"method": "cl"}, {"seed": 7}, {"attack": "pgd"}, {"dataset": "mnist"}])
def test_verdicts_on_another_detector_or_attack_are_refused(judged, changes):
    with pytest.raises(UserError, match=f"has {next(iter(changes))} .* where .* is needed"):
        judged(**changes)


def test_scores_are_no_verdicts(judged, tmp_path):
    judged()
    path = tmp_path / PATTERN.format(**SUBJECTS[0])
    content = json.loads(path.read_text())
    content["identity"]["kind"] = "scores"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="has kind 'scores' where 'gates' is needed"):
        collect_verdicts(SETTINGS, str(tmp_path / PATTERN))
    path.unlink()
    with pytest.raises(UserError, match=r"similarity\.json does not exist"):
        collect_verdicts(SETTINGS, str(tmp_path / PATTERN))


def test_a_detector_to_which_the_claim_does_not_apply_has_no_verdicts(judged, tmp_path):
    judged()
    methods = {"cobra": COBRA | {"inapplicable": {"margin": ["worst"]}}}
    changes = {"methods": methods, "order": ["cobra"]}
    settings = GateTableSettings.model_validate(SETTINGS.model_dump() | changes)
    for path in tmp_path.glob("**/margin.json"):
        path.unlink()
    assert set(collect_verdicts(settings, str(tmp_path / PATTERN))["score"]) == {"similarity"}


def test_where_no_table_shows_the_claim_the_table_is_empty(tmp_path):
    settings = SETTINGS.model_copy(update={"classes": {}, "methods": {}, "order": []})
    verdicts = collect_verdicts(settings, str(tmp_path / PATTERN))
    assert gate_frame(verdicts, {}).empty
    assert len(gate_notes(verdicts, settings)) == 1
