"""Configuration files with the slips that people make: each is refused in one sentence."""

import re
from pathlib import Path

import pytest
from processes import ROOT
from samples import deep_merge

from cobra.errors import UserError
from cobra.experiment.config import Config
from cobra.experiment.reading import make_config, read_config, read_yaml
from cobra.settings.section import WORDS

BASE = """\
results: results/own
seeds: [0]
datasets:
  digits: {eps: 8/255}
methods:
  knn: {label: kNN in pixels, baseline: {kind: pixels_knn}}
attacks:
  noise: {kind: search, steps: 2, restarts: 1}
tables:
  t: {title: T, rows: methods, datasets: [digits], methods: [knn], attack: noise}
"""
NAMED = "use letters, digits, '_' and '-', a letter first."
TWICE = "stands twice, in line {} and in line {}, so that the first would be ignored: remove one"
NO_INTEGER = "noise.steps: Input should be a valid integer"
BELOW = "results: name a folder below this one, of letters, digits, '_' and '-'"

SLIPS = {  # what is replaced in the file, by what, and what is said of it
    "a section twice": ("tables:", "attacks: {pgd: {}}\ntables:", "'attacks' " + TWICE.format(7, 9)),
    "a key twice": ("steps: 2", "steps: 9, steps: 2", "'steps' " + TWICE.format(8, 8)),
    "a method twice": ("attacks:", "  knn: {label: other}\nattacks:", "'knn' " + TWICE.format(6, 7)),
    "eps in pixels": ("8/255", "8", "datasets.digits.eps: Input should be less than or equal to 1"),
    "eps in percent": ("8/255", "3%", "'3%' is neither a number nor a ratio such as 4/255"),
    "eps without end": ("8/255", "'1e999999999'", "is neither a number nor a ratio"),
    "a negative eps": ("8/255", "-4/255", "eps: Input should be greater than or equal to 0"),
    "a tab": ("  noise:", "\tnoise:", "line 8 (YAML indents by spaces, not by tabs): correct it"),
    "a colon left out": ("seeds:", "seeds", "could not find expected ':' in line 3"),
    "a key misspelt": ("restarts", "restart", "restart is not a setting (did you mean 'restarts')"),
    "a number in quotes": ("steps: 2", "steps: '2'", NO_INTEGER),
    "a broken number": ("steps: 2", "steps: 2.0", NO_INTEGER),
    "an exponent": ("steps: 2", "steps: 1e3", NO_INTEGER),
    "yes for a number": ("steps: 2", "steps: yes", NO_INTEGER),
    "yes for a budget": ("8/255", "yes", "datasets.digits.eps: a number is needed, not true or false"),
    "an octal number": ("steps: 2", "steps: 010", "010 in line 8 would be read as 8: write it so"),
    "a time": ("steps: 2", "steps: 1:30", "1:30 in line 8 would be read as 90: write it so"),
    "a seed too large": ("[0]", "[99999999999999999999]", "seeds.0: Input should be less than or equal to"),
    "one seed": ("[0]", "0", "seeds: Input should be a valid list (given: 0)."),
    "a seed twice": ("[0]", "[0, 1, 0]", "seeds: 0 stands there twice: remove one of them"),
    "a class twice": (
        "8/255", "8/255, classes: ['3', '3']",
        "datasets.digits.classes: '3' stands there twice: remove one of them",
    ),
    "a method shown twice": ("[knn]", "[knn, knn]", "tables.t.methods: 'knn' stands there twice"),
    "a name with a space": ("digits", "my digits", f"datasets: 'my digits' is no name: {NAMED}"),
    "a name with a colon": ("digits", "'a:b'", f"datasets: 'a:b' is no name: {NAMED}"),
    "a name with a slash": ("digits", "a/b", f"datasets: 'a/b' is no name: {NAMED}"),
    "classes as numbers": (
        "8/255", "8/255, classes: [0, 1]",
        "datasets.digits.classes.0: a name or another text is needed, which of digits alone needs quotes",
    ),
    "no class": ("8/255", "8/255, classes: []", "datasets.digits.classes: Value should have at least 1"),
    "an unknown class": ("8/255", "8/255, classes: [bolt]", "classes names 'bolt', which is none of"),
    "an unknown data set": ("digits", "digit", "datasets names 'digit', which is none of: digits"),
    "results with a space": ("results/own", "my results", BELOW),
    "results elsewhere": ("results/own", "/mnt/big/results", BELOW),
    "an empty file": (BASE, "", "is empty where settings are needed: write them as `key: value`."),
    "a list": (BASE, "- a\n- b\n", "holds ['a', 'b'] where settings are needed"),
    "an empty section": (
        "tables:", "figures:\ntables:",
        "figures: nothing stands there where settings are needed: fill it",
    ),
    "yes for a name": ("knn", "yes", "methods: True is no name: YAML reads"),
    "on for a name": ("noise", "on", "attacks: True is no name: YAML"),
    "another character set": ("title: T", "title: \udce9", "is no YAML"),
    "nothing but brackets": (BASE, "[" * 5000, "is no YAML"),
}  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(text) -> Path:
        path = tmp_path / "own.yaml"
        path.write_bytes(text.encode(errors="surrogateescape"))
        return path

    return write


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_one_sentence_that_names_the_file(written, name):
    right, slip, said = SLIPS[name]
    path = written(BASE.replace(right, slip))
    with pytest.raises(UserError) as caught:
        read_config(path)
    sentence = str(caught.value)
    assert said in sentence
    assert sentence.startswith(f"{path}")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not any(pattern in sentence for pattern in WORDS)


def test_what_has_one_meaning_is_taken(written):
    for text in (BASE, BASE.replace("8/255", "'8 / 255'")):
        assert read_config(written(text)).datasets["digits"].eps == 8 / 255


def test_a_key_may_stand_once_in_each_section_and_beside_what_is_merged(written):
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: {x: 4}\n1: one\n'2': two\n"
    assert read_yaml(written(text)) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 3, "y": 2},
        "c": {"x": 4},
        1: "one",
        "2": "two",
    }


def test_a_file_of_json_is_read_and_its_keys_are_looked_at_too(written):
    assert read_yaml(written('{"a": {"b": [1]}}')) == {"a": {"b": [1]}}
    with pytest.raises(UserError, match="'b' stands twice"):
        read_yaml(written('{"a": {"b": [1], "b": [2]}}'))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml cannot be read \(No such file or directory\)"):
        read_yaml(tmp_path / "none.yaml")


def test_our_own_configurations_have_no_key_twice():
    for path in (ROOT / "config").rglob("*.yaml"):
        assert read_yaml(path)


def test_two_faults_of_one_kind_are_both_told():
    changes = {"attacks": {"noise": {"steps": 0, "restarts": 0}}, "bootstrap": {"resamples": 0}}
    base = {"datasets": {"digits": {}}, "methods": {"cobra": {"label": "C"}}, "tables": {}}
    with pytest.raises(UserError) as caught:
        make_config(deep_merge(base, changes), "own.yaml")
    places = re.findall(r"own\.yaml: (\S+):", str(caught.value))
    assert places == ["attacks.noise.steps", "attacks.noise.restarts", "bootstrap.resamples"]


def patterns(schema):
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for value in schema.values():
            yield from patterns(value)
    if isinstance(schema, list):
        for value in schema:
            yield from patterns(value)


def test_each_pattern_of_the_configuration_is_told_in_words():
    for_editors = {r"^\s*\d+\s*/\s*\d+\s*$", r"^timm/[a-z0-9_]+$"}  # code reads these, in words of its own
    assert set(patterns(Config.model_json_schema())) <= WORDS.keys() | for_editors
