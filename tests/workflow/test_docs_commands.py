"""Every Snakemake command that README and docs print is one that Snakemake can plan."""

import re
import shlex
import shutil

import forked_snakemake
import pytest
from projects import ROOT, RUNTIME, checkout

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ELSEWHERE = ("profiles/", "table_extended")  # tested with SLURM, and with the classes that it is about

pytestmark = pytest.mark.workflow


def commands():
    """The commands of all blocks of shell lines, without remarks; each once."""
    blocks = [
        block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    split = [shlex.split(line, comments=True) for line in lines if "snakemake" in line]
    found = {shlex.join(words) for words in split if "snakemake" in words}
    return sorted(line for line in found if not any(word in line for word in ELSEWHERE))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    project = checkout(tmp_path_factory.mktemp("docs") / "project")
    shutil.copytree(ROOT / "docs/examples", project / "docs/examples")
    return project


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_docs_can_be_planned(repository, tmp_path, line):
    words = shlex.split(line)
    start = words.index("snakemake")
    given = dict(word.split("=", 1) for word in words[:start])
    env = repository.env | {"SNAKEMAKE_OUTPUT_CACHE": str(tmp_path)} | given
    code, output, errors = forked_snakemake.snakemake(
        RUNTIME / "python", repository.folder, env, "-n", "-q", *words[start + 1 :]
    )
    assert code == 0, output + errors
