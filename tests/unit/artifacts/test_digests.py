import subprocess
import sys

import pytest

from cobra.artifacts import digests
from cobra.artifacts.digests import code_digest, digest, file_digest, imported_modules, module_digests
from cobra.data.settings import TestSubset
from cobra.errors import UserError
from cobra.settings.section import canonical_json

SCRIPT = "scripts/job.py"
FILES = {
    SCRIPT: '"""A job."""\nfrom cobra import first\n\n\ndef main():\n    return first.value()\n',
    "cobra/__init__.py": '"""Package."""\n',
    "cobra/first.py": "import math\nimport cobra.second\nfrom cobra.settings.section import DEFAULT\n"
    "from cobra.data.catalog.entry import ENTRY\n\n\n"
    "def value():\n    return cobra.second.VALUE\n",
    "cobra/second/__init__.py": "from cobra.second.deep import VALUE\n",
    "cobra/second/deep.py": "VALUE = 1\n",
    "cobra/settings/section.py": "DEFAULT = 1\n",  # its values reach a job by its settings
    "cobra/data/catalog/entry.py": "ENTRY = 1\n",  # likewise
    "cobra/unused.py": "OTHER = 1\n",
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A repository of its own; call it with changed files to get the script's digest."""
    root = tmp_path.resolve()
    monkeypatch.setattr(digests, "ROOT", root)

    def digest_with(changes):
        for name, content in (FILES | changes).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        digests._source.cache_clear()
        return code_digest(SCRIPT)

    yield digest_with
    digests._source.cache_clear()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (SCRIPT, FILES[SCRIPT].replace("A job", "Another text")),
        (SCRIPT, FILES[SCRIPT].replace('"""A job."""\n', "")),
        (SCRIPT, FILES[SCRIPT].replace("    return", "    # why\n    return")),
        (SCRIPT, FILES[SCRIPT].replace("first.value()", "(first . value( ))")),
        (SCRIPT, FILES[SCRIPT].replace("main():", 'main():\n    """What it does."""')),
        ("cobra/second/deep.py", "# a comment\n\nVALUE = (1)\n"),
        ("cobra/unused.py", "OTHER = 2\n"),
        ("cobra/settings/section.py", "DEFAULT = 2\n"),
        ("cobra/data/catalog/entry.py", "ENTRY = 2\n"),
    ],
    ids=[
        "docstring",
        "no docstring",
        "comment",
        "format",
        "function's docstring",
        "deep comment",
        "unused module",
        "settings",
        "catalog",
    ],
)
def test_what_does_nothing_changes_no_digest(tree, name, content):
    before = tree({})
    assert content != FILES[name]
    assert tree({name: content}) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (SCRIPT, FILES[SCRIPT].replace("first.value()", "first.value() + 1")),
        ("cobra/__init__.py", "X = 1\n"),
        ("cobra/first.py", FILES["cobra/first.py"].replace("import math", "import cmath")),
        ("cobra/second/__init__.py", "from cobra.second.deep import VALUE\nVALUE += 1\n"),
        ("cobra/second/deep.py", "VALUE = 2\n"),
        ("cobra/second/deep.py", "VALUE = 1.0\n"),
        ("cobra/second/deep.py", "if True:\n    VALUE = 1\n"),
    ],
)
def test_code_that_the_script_reaches_changes_its_digest(tree, name, content):
    before = tree({})
    assert tree({name: content}) != before
    assert tree({}) == before


@pytest.mark.parametrize(
    "line",
    [
        "from cobra import unused",
        "import cobra.unused as u",
        "from cobra.unused import OTHER",
        "def f():\n    from cobra.unused import OTHER\n    return OTHER",
        "try:\n    import nothing\nexcept ImportError:\n    import cobra.unused",
        "class A:\n    if A:\n        pass\n    else:\n        import cobra.unused",
        "match A:\n    case 1:\n        import cobra.unused",
    ],
)
def test_every_way_to_import_is_followed(tree, line):
    tree({SCRIPT: FILES[SCRIPT] + line + "\n"})
    assert imported_modules(SCRIPT) == sorted(
        FILES.keys() - {"cobra/settings/section.py", "cobra/data/catalog/entry.py"}
    )


def test_a_module_imported_by_a_name_that_is_a_setting_counts_too(tree):
    before = tree({})
    named = code_digest(SCRIPT, "cobra.unused")
    assert named != before
    tree({"cobra/unused.py": "import cobra.second.deep\nOTHER = 2\n"})
    assert code_digest(SCRIPT) == before
    assert code_digest(SCRIPT, "cobra.unused") not in (named, before)


def test_modules_that_import_each_other_end(tree):
    tree({"cobra/second/deep.py": "import cobra.first\nVALUE = 1\n"})
    assert "cobra/first.py" in imported_modules(SCRIPT)


def test_a_script_outside_the_repository_is_refused():
    with pytest.raises(UserError, match=r"scripts/nowhere\.py is not a file of"):
        code_digest("scripts/nowhere.py")


def test_training_does_not_depend_on_attacks_or_tables():
    modules = imported_modules("scripts/train_detector.py")
    assert "cobra/training/trainer.py" in modules
    assert "cobra/training/crafting/hard.py" in modules
    for part in ("cobra/attacks/", "cobra/attacks/evaluation.py", "cobra/reporting/"):
        assert not any(module.startswith(part) for module in modules)


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("cobra.experiment.reading, cobra.artifacts.identity", ("torch", "pandas", "sklearn")),
        ("cobra.reporting.tables.cells, cobra.reporting.tables.table", ("torch",)),
        ("cobra.reporting.pages.render", ("torch",)),
    ],
    ids=["parsing the workflow", "making a table", "its pages"],
)
def test_light_jobs_import_nothing_heavy(modules, heavy):
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_canonical_json_has_one_text_per_value():
    assert canonical_json({"b": 1, "a": {"d": 2.5, "c": [2, 1]}}) == '{"a":{"c":[2,1],"d":2.5},"b":1}'
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


def test_swapping_two_values_changes_the_digest():
    first, swapped = (TestSubset(normal_limit=a, anomaly_limit=b) for a, b in ((1, 2), (2, 1)))
    assert canonical_json(first) != canonical_json(swapped)
    assert canonical_json(first) == canonical_json(TestSubset(anomaly_limit=2, normal_limit=1))
    assert digest(canonical_json({"a": [1, 2]})) != digest(canonical_json({"a": [2, 1]}))


def test_digests_are_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_digest(tmp_path / "a") == digest("abc") == digest(b"abc") == expected


def test_the_digest_of_code_is_made_of_those_of_its_files(tree):
    whole = tree({})
    before = module_digests(SCRIPT)
    assert list(before) == imported_modules(SCRIPT)
    assert digest("\n".join(f"{name} {value}" for name, value in before.items())) == whole
    tree({"cobra/second/deep.py": "VALUE = 2\n", "cobra/unused.py": "OTHER = 2\n"})
    after = module_digests(SCRIPT)
    assert [name for name in before if before[name] != after[name]] == ["cobra/second/deep.py"]
    assert module_digests(SCRIPT, "cobra.unused").keys() - after.keys() == {"cobra/unused.py"}
