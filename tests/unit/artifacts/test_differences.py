import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobra.artifacts.differences import module_differences, settings_differences

LEAVES = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
SETTINGS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), LEAVES | inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("old", "new", "texts"),
    [
        ({"schedule": {"epochs": 24}}, {"schedule": {"epochs": 30}}, ["schedule.epochs: 24 -> 30"]),
        ({"eps": None}, {"eps": 0.1}, ["eps: empty -> 0.1"]),
        ({"eps": 0.1}, {"eps": None}, ["eps: 0.1 -> empty"]),
        ({"a": 1}, {"a": 1, "b": {"c": True}}, ["b.c: now True"]),
        ({"a": 1, "b": {"c": "x"}}, {"a": 1}, ["b.c: was x, now left out"]),
        ({"classes": ["0"]}, {"classes": ["0", "1"]}, ["classes: ['0'] -> ['0', '1']"]),
        ({"kinds": {"cutout": 1.0}}, {"kinds": {}}, ["kinds.cutout: was 1.0, now left out", "kinds: now {}"]),
        (
            {"attack": None},
            {"attack": {"steps": 3}},
            ["attack: was empty, now left out", "attack.steps: now 3"],
        ),
        ({"on": 1}, {"on": True}, ["on: 1 -> True"]),
        ({"rate": 1}, {"rate": 1.0}, ["rate: 1 -> 1.0"]),
        ({"eps": [{"a": 1, "b": 2}]}, {"eps": [{"b": 2, "a": 1}]}, []),
    ],
)
def test_a_setting_that_differs_is_named_with_both_values(old, new, texts):
    assert settings_differences(old, new) == texts


def test_only_what_differs_is_named_in_the_order_of_the_settings():
    old = {"b": {"x": 1, "y": 2, "z": 3}, "a": 1, "c": 0}
    new = {"b": {"x": 9, "y": 2, "z": 8}, "a": 7, "c": 0}
    assert settings_differences(old, new) == ["b.x: 1 -> 9", "b.z: 3 -> 8", "a: 1 -> 7"]


def test_long_values_are_cut_short():
    (text,) = settings_differences({"a": "x" * 60}, {"a": "y" * 61})
    assert text == f"a: {'x' * 60} -> {'y' * 57}..."


def test_long_values_that_begin_alike_are_shown_where_they_differ():
    (text,) = settings_differences({"a": list(range(100))}, {"a": [*range(99), 777]})
    assert text == "a: ...94, 95, 96, 97, 98, 99] -> ...94, 95, 96, 97, 98, 777]"
    (text,) = settings_differences({"a": "x" * 60}, {"a": "x" * 100 + "y" * 100})
    assert text == f"a: {'x' * 60} -> ...{'x' * 20}{'x' * 34}..."


@given(SETTINGS, SETTINGS)
def test_nothing_is_said_exactly_if_nothing_differs(old, new):
    assert settings_differences(old, old) == []
    assert bool(settings_differences(old, new)) == (old != new)


@given(SETTINGS, SETTINGS)
def test_as_many_things_differ_forwards_as_backwards(old, new):
    forwards, backwards = settings_differences(old, new), settings_differences(new, old)
    assert {text.split(":")[0] for text in forwards} == {text.split(":")[0] for text in backwards}


def test_files_of_code_that_changed_came_and_went_are_named():
    old = {"a.py": "1", "b.py": "1", "c.py": "1"}
    new = {"a.py": "1", "c.py": "2", "d.py": "1"}
    assert module_differences(old, new) == [
        "c.py changed",
        "d.py is now used",
        "b.py is no longer used",
    ]
    assert module_differences(new, new) == []
