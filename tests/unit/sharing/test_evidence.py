"""Evidence that comes with the repository: it holds together, and docs/results.md says what stands in it."""

import re
from pathlib import Path

import pytest

from cobra.sharing.archive import extract
from cobra.sharing.bundle import verify

DOCS = Path(__file__).parents[3] / "docs"
BUNDLES = sorted((DOCS / "evidence").glob("*.tar.gz"))
MOST = 5 << 20  # bytes
FIGURE = re.compile(r"\d+\.\d / \d+\.\d \[[\d., ]+\]|[+-]\d+\.\d \[[\d.,+ -]+\], p = [\d.e-]+")


@pytest.fixture(scope="module", params=BUNDLES, ids=lambda path: path.name)
def bundle(request):
    return request.param


@pytest.fixture(scope="module")
def unpacked(bundle, tmp_path_factory):
    """The bundle's folder and manifest."""
    folder = tmp_path_factory.mktemp("evidence")
    return folder, extract(bundle, folder)


def test_it_is_verified_small_and_of_a_commit(bundle, unpacked):
    folder, manifest = unpacked
    assert verify(folder, manifest).faults == []
    assert bundle.stat().st_size < MOST
    assert manifest.clean


def test_every_figure_that_the_docs_take_from_it_stands_in_one_of_its_tables(bundle, unpacked):
    folder, _ = unpacked
    sections = (DOCS / "results.md").read_text().split("\n## ")
    (section,) = (text for text in sections if f"(evidence/{bundle.name})" in text)
    figures = FIGURE.findall(" ".join(section.split()))
    tables = " ".join(path.read_text() for path in folder.rglob("tables/*.md"))
    assert len(figures) > 5
    assert [figure for figure in figures if figure not in tables] == []
