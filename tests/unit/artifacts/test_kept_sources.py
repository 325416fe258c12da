"""What was found in a Python file is kept for the next process, and never out of date."""

import ast
import json

import pytest

from cobra.artifacts import digests

FILE = '"""A module."""\nimport math\nfrom cobra.errors import UserError\n'


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "KEPT", tmp_path / "__pycache__/source.json")
    monkeypatch.setattr(digests.sys, "dont_write_bytecode", False)
    monkeypatch.setattr(digests.atexit, "register", lambda *args: None)
    digests.KEPT.parent.mkdir()
    forget()
    yield tmp_path / "module.py"
    forget()


def forget():
    digests._source.cache_clear()
    digests._known.cache_clear()


def next_process(before: int) -> None:
    """What happens between the end of one process and the start of the next."""
    digests._keep(digests._known(), before)
    forget()


def test_imports_are_names_and_what_may_be_modules_in_them(file):
    file.write_text(FILE)
    assert digests._source(file).imports == ["cobra.errors", "cobra.errors.UserError", "math"]


def test_a_file_that_was_parsed_once_is_not_parsed_again_until_it_changes(file, monkeypatch):
    file.write_text(FILE)
    first = digests._source(file)
    next_process(before=0)
    with monkeypatch.context() as patch:
        patch.setattr(digests, "_parse", lambda *args: pytest.fail("parsed again"))
        assert digests._source(file) == first
    file.write_text(FILE.replace("math", "time"))
    forget()
    assert digests._source(file).digest != first.digest


@pytest.mark.parametrize("kept", ["", "{", '{"a": 1}'])
def test_what_was_kept_and_is_damaged_is_made_again(file, kept):
    digests.KEPT.write_text(kept)
    file.write_text(FILE)
    assert "math" in digests._source(file).imports
    next_process(before=0)
    assert len(json.loads(digests.KEPT.read_text())) == 1


@pytest.mark.parametrize("cause", ["told to write no bytecode", "no folder"])
def test_where_nothing_can_be_kept_nothing_is(file, monkeypatch, cause):
    file.write_text(FILE)
    digests._source(file)
    if cause == "no folder":
        digests.KEPT.parent.rmdir()
    else:
        monkeypatch.setattr(digests.sys, "dont_write_bytecode", True)
    next_process(before=0)
    assert not digests.KEPT.exists()


def test_the_digest_is_of_the_tree_without_docstrings(file):
    file.write_text(FILE)
    tree = ast.parse(FILE)
    del tree.body[0]
    assert digests._source(file).digest == digests.digest(ast.dump(tree))
