import json
import os
import subprocess

import pytest

from cobra.artifacts import provenance
from cobra.artifacts.digests import digest_of_modules
from cobra.artifacts.provenance import is_page, read_code, write_code
from cobra.errors import UserError

MODULES = {"cobra/a.py": "1", "scripts/job.py": "2"}
OTHER = {"cobra/b.py": "3"}
D1, D2 = digest_of_modules(MODULES), digest_of_modules(OTHER)


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Run git in a repository of its own, which the code book takes for this checkout."""
    root = tmp_path / "checkout"
    root.mkdir()
    monkeypatch.setattr(provenance, "ROOT", root)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)  # a hook's would lead to the repository that runs the tests
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]

    def run(*arguments):
        command = ["git", "-C", str(root), *name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    return run


@pytest.fixture
def commit(git):
    """A first commit of that repository."""
    git("init", "-q")
    (provenance.ROOT / "a.py").write_text("A = 1\n")
    (provenance.ROOT / ".gitignore").write_text("/results/\n")
    git("add", ".")
    git("commit", "-qm", "first")
    return git("rev-parse", "HEAD")


def entered(folder, modules=MODULES):
    """What the book says of a code, entered now unless it was before."""
    digest = digest_of_modules(modules)
    write_code(folder, {digest: modules})
    return read_code(folder, digest)


def test_a_code_comes_back_with_its_files_and_commit(commit, tmp_path):
    code = entered(tmp_path / "results/code")
    assert code.modules == MODULES
    assert (code.commit, code.clean) == (commit, True)


def test_a_code_that_is_not_in_the_book_is_none(commit, tmp_path):
    assert read_code(tmp_path, D1) is None
    entered(tmp_path)
    assert read_code(tmp_path, D2) is None


@pytest.mark.parametrize("name", ["a.py", "new.py"])
def test_changed_and_new_files_make_a_checkout_unclean(commit, tmp_path, name):
    (provenance.ROOT / name).write_text("A = 2\n")
    code = entered(tmp_path)
    assert (code.commit, code.clean) == (commit, False)


def test_results_that_git_ignores_leave_it_clean(commit):
    assert entered(provenance.ROOT / "results/code").clean
    assert entered(provenance.ROOT / "results/code", OTHER).clean


def test_the_commit_that_first_ran_a_code_stays(commit, git, tmp_path):
    entered(tmp_path)
    git("commit", "-qm", "second", "--allow-empty")
    assert entered(tmp_path).commit == commit
    assert entered(tmp_path, OTHER).commit == git("rev-parse", "HEAD") != commit


def test_outside_of_git_there_is_no_commit(git, tmp_path):
    code = entered(tmp_path / "code")
    assert (code.modules, code.commit, code.clean) == (MODULES, None, None)


def test_in_a_folder_of_another_repository_there_is_no_commit(commit, tmp_path, monkeypatch):
    unpacked = provenance.ROOT / "results" / "cobra-1.0"
    unpacked.mkdir(parents=True)
    monkeypatch.setattr(provenance, "ROOT", unpacked)
    assert entered(tmp_path / "code").commit is None


@pytest.mark.parametrize("kind", ["no git", "no commit"])
def test_where_git_tells_nothing_there_is_no_commit(git, tmp_path, monkeypatch, kind):
    git("init", "-q")
    if kind == "no git":
        monkeypatch.setenv("PATH", str(tmp_path))
    assert entered(tmp_path / "code").commit is None


def test_the_book_is_json_for_people_and_written_once(commit, tmp_path):
    entered(tmp_path)
    path = tmp_path / f"{D1}.json"
    assert json.loads(path.read_text()) == {"modules": MODULES, "commit": commit, "clean": True}
    before = path.stat().st_mtime_ns
    entered(tmp_path)
    assert path.stat().st_mtime_ns == before
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == [f"{D1}.json"]


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"modules": {"cobra/a.py": "2"}, "commit": null, "clean": null}']
)
def test_a_page_that_is_not_what_its_name_stands_for_is_refused(tmp_path, content):
    page = tmp_path / "code" / f"{D1}.json"
    page.parent.mkdir()
    page.write_text(content)
    assert is_page(page)
    with pytest.raises(UserError, match=r"\.json (is damaged|does not hold the code)"):
        read_code(page.parent, D1)
