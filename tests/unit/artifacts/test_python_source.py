import ast
import json

import pytest

from cobra.artifacts import python_source
from cobra.artifacts.python_source import read_source

FILE = '"""A module."""\nimport math\nfrom cobra.errors import UserError\n'


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(python_source, "KEPT", tmp_path / "__pycache__/source.json")
    monkeypatch.setattr(python_source.sys, "dont_write_bytecode", False)
    monkeypatch.setattr(python_source.atexit, "register", lambda *args: None)
    python_source.KEPT.parent.mkdir()
    python_source._known.cache_clear()
    yield tmp_path / "module.py"
    python_source._known.cache_clear()


def next_process(before: int) -> None:
    """What happens between the end of one process and the start of the next."""
    python_source._keep(python_source._known(), before)
    python_source._known.cache_clear()


def test_imports_are_names_and_what_may_be_modules_in_them(file):
    file.write_text(FILE)
    assert read_source(file).imports == ["cobra.errors", "cobra.errors.UserError", "math"]


def test_a_file_that_was_parsed_once_is_not_parsed_again_until_it_changes(file, monkeypatch):
    file.write_text(FILE)
    first = read_source(file)
    next_process(before=0)
    monkeypatch.setattr(python_source, "_parse", lambda *args: pytest.fail("parsed again"))
    assert read_source(file) == first
    monkeypatch.undo()
    file.write_text(FILE.replace("math", "time"))
    assert read_source(file).digest != first.digest


@pytest.mark.parametrize("kept", ["", "{", '{"a": 1}'])
def test_what_was_kept_and_is_damaged_is_made_again(file, kept):
    python_source.KEPT.write_text(kept)
    file.write_text(FILE)
    assert "math" in read_source(file).imports
    next_process(before=0)
    assert len(json.loads(python_source.KEPT.read_text())) == 1


@pytest.mark.parametrize("cause", ["told to write no bytecode", "no folder"])
def test_where_nothing_can_be_kept_nothing_is(file, monkeypatch, cause):
    file.write_text(FILE)
    read_source(file)
    if cause == "no folder":
        python_source.KEPT.parent.rmdir()
    else:
        monkeypatch.setattr(python_source.sys, "dont_write_bytecode", True)
    next_process(before=0)
    assert not python_source.KEPT.exists()


def test_the_digest_is_of_the_tree_without_docstrings(file):
    file.write_text(FILE)
    tree = ast.parse(FILE)
    del tree.body[0]
    assert read_source(file).digest == python_source.hashlib.sha256(ast.dump(tree).encode()).hexdigest()
