"""Both loops of attacks killed within their work: they end with the bytes of undisturbed ones."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from stopping import kill_after, undisturbed

SCORES = "results/digits/0/cobra/seed0/scores/similarity/pgd.parquet"

pytestmark = pytest.mark.workflow

# Settings under which a block takes long enough to be killed within it: restarts that climb, and a
# crossing of a threshold, which has a loop of its own. tests/unit/attacks/test_evaluation.py resumes each.
KINDS = {
    "apgd": {"steps": 60},
    "fab": {"steps": 40},
}


def killed_twice(project, name):
    """Whether an attack, killed by both signals, ends with the bytes of an undisturbed one, in how many
    starts, and what it leaves.
    """
    project.configure({"attacks.pgd": {"kind": name, "restarts": 3} | KINDS[name]})
    if name == "fab":  # which gives accuracies alone
        project.configure({f"tables.{table}.measure": "accuracy" for table in ("losses", "datasets")})
    line = project.shell_lines()[SCORES].replace(" --threads", " --block-size 7 --threads")
    content, _ = undisturbed(project, line, SCORES)
    kill_after(project, line, 1, signal.SIGKILL)
    kill_after(project, line, 4, signal.SIGTERM)
    assert project.paste(line).returncode == 0
    starts = json.loads((project / SCORES).with_suffix(".run.json").read_text())["starts"]
    return (project / SCORES).read_bytes() == content, starts, project.scratch()


@pytest.fixture(scope="module")
def resumed(finished, tmp_path_factory):
    """What became of both attacks, at the same time: each starts four processes."""
    folder = tmp_path_factory.mktemp("killed")

    def outcome(name):
        try:
            return killed_twice(finished.copy(folder / name), name)
        except AssertionError as error:  # told by the test that it concerns
            return error

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(KINDS, pool.map(outcome, KINDS), strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_a_killed_attack_resumes_to_the_same_bytes(resumed, name):
    assert resumed[name] == (True, 3, [])
