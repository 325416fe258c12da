"""Evidence that comes with the repository: it holds together, and docs/results.md says what stands in it."""

import re
from pathlib import Path

import pytest

from cobra.sharing.archive import extract
from cobra.sharing.bundle import verify

DOCS = Path(__file__).parents[3] / "docs"
BUNDLES = sorted(path.name for path in (DOCS / "evidence").glob("*.tar.gz"))
MOST = 5 << 20  # bytes
LINK = re.compile(r"\(evidence/([\w.-]+)\)")
FIGURE = re.compile(r"(?:\d+\.\d / )?\b\d+\.\d \[[\d., ]+\]|[+-]\d+\.\d \[[\d.,+ -]+\], p = [\d.e-]+")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """By bundle its folder and its manifest."""
    folders = {name: tmp_path_factory.mktemp("evidence") for name in BUNDLES}
    return {name: (folder, extract(DOCS / "evidence" / name, folder)) for name, folder in folders.items()}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_verified_small_and_of_a_commit(unpacked, name):
    folder, manifest = unpacked[name]
    assert verify(folder, manifest).faults == []
    assert (DOCS / "evidence" / name).stat().st_size < MOST
    assert manifest.clean


def test_every_figure_that_the_docs_take_from_bundles_stands_in_one_of_their_tables(unpacked):
    sections = (DOCS / "results.md").read_text().split("\n## ")
    named = [section for section in sections if LINK.search(section)]
    assert {name for section in named for name in LINK.findall(section)} == set(BUNDLES)
    for section in named:
        folders = [unpacked[name][0] for name in LINK.findall(section)]
        tables = " ".join(path.read_text() for folder in folders for path in folder.rglob("tables/*.md"))
        figures = FIGURE.findall(" ".join(section.split()))
        assert len(figures) > 5
        assert [figure for figure in figures if figure not in tables] == []
