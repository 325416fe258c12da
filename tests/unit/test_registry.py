"""Kinds that are found by the names of their modules, and what is read of them without importing them."""

import pytest

from cobra.attacks import strategies
from cobra.attacks.settings import AttackSettings
from cobra.errors import UserError
from cobra.registry import Registry
from cobra.reporting.figures.settings import FIGURES, PICTURES, SHOWN, caption, made_of, may, needs

SAID = '''"""Sums  what it is
given (ours).

More of it.
"""

raise RuntimeError("planning must not import it")
NAME = "a"
PARTS = ("a", 2)
COMPUTED = len("a")
typed: int = 3
'''


@pytest.fixture
def kinds(tmp_path):
    (tmp_path / "adder.py").write_text(SAID)
    (tmp_path / "bare.py").write_text("NAME = 1\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/__init__.py").write_text("")
    (tmp_path / "__init__.py").write_text("")
    return Registry("some.package", tmp_path)


def test_kinds_are_the_modules_of_a_package_and_no_packages(kinds):
    assert kinds.names() == ["adder", "bare"]
    assert kinds.module("adder") == "some.package.adder"
    found = kinds.modules(["bare", "elsewhere", "adder", "bare"])
    assert found == ["some.package.adder", "some.package.bare"]


def test_constants_are_read_without_importing(kinds):
    assert kinds.constant("adder", "NAME") == "a"
    assert kinds.constant("adder", "PARTS") == ("a", 2)
    assert kinds.constant("adder", "OTHER", ()) == ()


@pytest.mark.parametrize("constant", ["COMPUTED", "OTHER"])
def test_what_a_module_does_not_say_in_a_literal_is_an_error_that_names_it(kinds, constant):
    with pytest.raises(UserError, match=rf"adder\.py says nothing of its {constant}: assign it a literal"):
        kinds.constant("adder", constant)


def test_a_summary_is_the_first_paragraph_of_the_docstring(kinds):
    assert kinds.summary("adder") == "Sums what it is given (ours)"
    with pytest.raises(UserError, match=r"bare\.py has no docstring"):
        kinds.summary("bare")


@pytest.mark.parametrize("kind", strategies.STRATEGIES.names())
def test_what_is_read_of_a_strategy_is_what_its_module_holds(kind):
    assert strategies.traits(kind) == set(strategies.STRATEGIES.load(kind).TRAITS)
    assert AttackSettings(kind=kind).traits == strategies.traits(kind)


def test_a_trait_that_nobody_knows_is_refused(tmp_path, monkeypatch):
    (tmp_path / "odd.py").write_text('TRAITS = ("gradient", "magic")\n')
    monkeypatch.setattr(strategies, "STRATEGIES", Registry("some", tmp_path))
    with pytest.raises(UserError, match=r"odd\.TRAITS names magic: use gradient, l2, step_size, stop\."):
        strategies.traits("odd")


@pytest.mark.parametrize("kind", FIGURES.names())
def test_a_kind_of_figure_says_what_it_is_made_of_and_has_what_is_asked_of_it(kind):
    module = FIGURES.load(kind)
    assert made_of(kind) in ("scores", "sweep", "history", "geometry", "tables", "pictures")
    assert set(needs(kind)) | set(may(kind)) <= set(SHOWN)
    assert not set(needs(kind)) & set(may(kind))
    assert caption(kind, "pgd", "eps") == module.CAPTION.strip().format(attack="pgd", sweep="eps")
    functions = ("collect", "draw", "numbers") if kind in PICTURES else ("collect", "draw")
    assert all(callable(getattr(module, name)) for name in functions)
