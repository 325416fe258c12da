import sys

import pytest

from cobra.cli import main
from cobra.data.catalog import DATASETS


@pytest.fixture
def cobra(monkeypatch, capsys, tmp_path):
    """Run the command line; its status, what it printed, and what it complained of."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cobra", *arguments, "--resources", str(tmp_path)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr().out

    return run


def test_all_data_sets_are_listed_with_what_is_here(cobra, tmp_path):
    (tmp_path / "manual/mvtec/bottle").mkdir(parents=True)
    status, out = cobra("datasets")
    assert status == 0
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert set(DATASETS) <= set(lines)
    assert "embedded" in lines["digits"]
    assert f"placed in {tmp_path}/manual/mvtec" in lines["mvtec"]
    assert "4 of 4 files missing" in lines["mnist"]
    assert "2/255" in lines["visa"]
    assert " 0.1 " in lines["digits"]


@pytest.mark.parametrize("name", DATASETS)
def test_all_about_one_is_told(cobra, name):
    status, out = cobra("datasets", name)
    assert status == 0
    entry = DATASETS[name]
    words = " ".join(out.split())  # long texts are wrapped
    for text in (entry.title, entry.licence, entry.citation, entry.homepage, *entry.classes):
        assert text in words
    for file in entry.tested_on(entry.test_part).files:
        assert file.name in out
        assert all(url in out for url in file.urls)


def test_an_unknown_name_is_refused_with_those_that_are_known(cobra):
    status, _ = cobra("datasets", "mnits")
    assert status == f"error: 'mnits' is no data set of the catalog: choose among {', '.join(DATASETS)}."
