"""What is wrong is said in a sentence: in a configuration before any job runs, in a file by the job."""

import shutil

import pytest
from projects import CONFIG

DETECTOR = "results/digits/{}/{}/seed0/detector.pt"
OWN = DETECTOR.format(0, "cobra")
SCORES = "results/digits/0/cobra/seed0/scores/similarity/pgd.parquet"
IMAGES = "results/prepared/digits/images.npy"
TABLE = "results/tables/losses.csv"

pytestmark = pytest.mark.workflow

CONFIGURATIONS = {
    "unknown key": (
        {"detector.schedule.epoch": 3},
        ["tiny.yaml: detector.schedule.epoch is not a setting (did you mean 'epochs')"],
    ),
    "unknown key of a method": (
        {"methods.cobra.detector": {"adversary": {"step": 3}}},
        ["methods.cobra.detector.adversary.step is not a setting (did you mean 'steps')"],
    ),
    "unknown class": (
        {"datasets.digits.classes": ["0", "ten"]},
        ["datasets.digits.classes names 'ten', which is none of: 0, 1, 2"],
    ),
    "unknown attack in a table": (
        {"tables.losses.attack": "pdg"},
        ["tables.losses.attack names 'pdg', which is none of: pgd"],
    ),
    "no such folder": (
        {"datasets.screws": {"folder": "screws"}},
        ["datasets.screws.folder: screws is no folder: correct the path."],
    ),
}  # fmt: skip


def assert_refused(project, words):
    done = project.snakemake()
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert all(part in said for part in words), said
    assert "Traceback (most recent call last)" not in said


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_wrong_configuration_stops_before_any_job(fresh, name):
    changes, words = CONFIGURATIONS[name]
    fresh.configure(changes)
    assert_refused(fresh, words)
    assert not (fresh / "results").exists()


SLIPS = {  # what the workflow says of text after its configuration, and what `make why` does
    "a section twice": ("attacks: {}\n", "the key 'attacks' stands twice, in line", "stands twice, in line"),
    "no YAML": ("a\tb: [\n", "Config file is not valid JSON or YAML", "tiny.yaml is no YAML: "),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_in_the_file_stops_the_workflow_and_make_why(fresh, name):
    text, words, why = SLIPS[name]
    with (fresh / CONFIG).open("a") as file:
        file.write(text)
    assert_refused(fresh, [words])
    done = fresh.run("python", "-m", "workflow.commands.why", "--configfile", CONFIG)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert why in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["cd {there} && snakemake -n -s {here}/Snakefile",
                                     "snakemake -n --directory {there}"])  # fmt: skip
def test_a_run_from_elsewhere_says_where_to_run(fresh, tmp_path, command):
    (tmp_path / "elsewhere").mkdir()
    done = fresh.paste(command.format(here=fresh.folder, there=tmp_path / "elsewhere"))
    assert done.returncode == 1
    sentence = f"Snakemake runs in {tmp_path}/elsewhere, but commands and paths start from {fresh.folder}"
    assert sentence in done.stdout + done.stderr


@pytest.fixture
def fault(project, lines):
    """What the job behind an artifact says when its line is run: one line, and none of a traceback."""

    def run(artifact):
        done = project.paste(lines[artifact])
        assert done.returncode == 1
        (said,) = (project / lines[artifact].rsplit(" 2> ", 1)[1]).read_text().splitlines()
        assert said.startswith("error: ")
        return said

    return run


def truncate(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


OTHERS = [((1, "cobra"), "normal '1' where '0'"), ((0, "standard"), "method 'standard' where 'cobra'")]


@pytest.mark.parametrize(("other", "difference"), OTHERS)
def test_another_detector_s_file_is_refused(project, fault, other, difference):
    shutil.copy2(project / DETECTOR.format(*other), project / OWN)
    assert f"{OWN} has {difference} is needed" in fault(SCORES)


def test_a_truncated_detector_is_refused(project, fault):
    truncate(project / OWN)
    assert f"{OWN} is damaged: remove it and make it again." in fault(SCORES)


def test_a_truncated_score_file_is_refused(project, fault):
    truncate(project / SCORES)
    assert f"{SCORES} is damaged: remove it" in fault(TABLE)


def test_another_score_s_file_is_refused(project, fault):
    shutil.copy2(project / SCORES.replace("similarity", "classifier"), project / SCORES)
    assert f"{SCORES} has score 'classifier' where 'similarity' is needed" in fault(TABLE)


def test_truncated_images_are_refused_and_snakemake_shows_the_sentence(project):
    truncate(project / IMAGES)
    project.configure({"detector.schedule.epochs": 3})
    done = project.snakemake("--", OWN)
    assert done.returncode != 0
    (said,) = (project / "results/logs/train/digits/0/cobra/seed0.log").read_text().splitlines()
    assert said.startswith(f"error: {IMAGES} cannot be read")
    assert said.endswith("prepare the data again.")
    assert said in done.stdout + done.stderr
    assert not (project / OWN).exists()
