"""The two scripts of the data rules run as the rules do it, and what they say when something is wrong."""

import io
import re
import tarfile
import zipfile

from cobra.data.catalog import DATASETS
from cobra.experiment.datasets import DatasetConfig, preparation_of
from cobra.settings.section import canonical_json

AT_ONCE = "import urllib3.util.retry as r\nr.Retry.get_backoff_time = lambda self: 0\n"


def prepare(project, dataset, *sources, before="", **policy):
    """Prepare `dataset` from files or a folder of the project; `before` goes before the command."""
    entry = DATASETS[dataset].tested_on(DATASETS[dataset].test_part)
    settings = preparation_of(DatasetConfig(), entry, entry.layouts[0].reader)
    return project.paste(
        f"{before} python scripts/prepare_dataset.py --dataset {dataset} --sources {' '.join(sources)}"
        f" --settings '{canonical_json(settings)}' --policy '{canonical_json(policy)}'"
        f" --output results/prepared/{dataset}/images.npy"
    )


def download_line(dataset, file, *options):
    """The command that fetches one file."""
    drop, target = f"resources/manual/{dataset}", f"resources/downloads/{dataset}/{file}"
    subject = ("--dataset", dataset, "--file", file)
    return (
        "python",
        "scripts/download_dataset.py",
        *subject,
        "--drop-folder",
        drop,
        *options,
        "--output",
        target,
    )


def patched(project, code):
    """Have Python run `code` at the start of every job of the project."""
    (project / "sitecustomize.py").write_text(code)


def sentence(done):
    """What a script that failed said last: one sentence, and nothing for programmers."""
    return sentence_in(done.stderr, done.returncode)


def sentence_in(said, status=1):
    """The error in a log."""
    lines = [line for line in re.split(r"[\r\n]+", said) if line.strip()]
    assert status == 1, said
    assert "Traceback" not in said, said
    assert [line for line in lines if line.startswith("error: ")] == lines[-1:], said
    assert lines[-1].endswith("."), said
    return lines[-1]


def assert_nothing_made(project):
    """No result, no half-written file: at most a partial download, which is hidden in a folder of its own."""
    assert not list(project.folder.rglob("*.tmp"))
    assert not list((project / "results").glob("prepared/*/*"))
    assert not list((project / "resources/downloads").glob("*/[!.]*"))


def place(project, dataset, files):
    """Put files (bytes by name) into the drop folder, and return its name."""
    drop = f"resources/manual/{dataset}"
    for name, content in files.items():
        (project / drop / name).parent.mkdir(parents=True, exist_ok=True)
        (project / drop / name).write_bytes(content)
    return drop


def lay_out(project, dataset, made):
    """Unpack the files of a miniature, as a person would, into the drop folder; return its name."""
    for name, content in made.files.items():
        drop = place(project, dataset, {} if is_archive(name) else {name: content})
        if name.endswith(".zip"):
            zipfile.ZipFile(io.BytesIO(content)).extractall(project / drop)
        elif is_archive(name):
            with tarfile.open(fileobj=io.BytesIO(content)) as opened:
                opened.extractall(project / drop, filter="data")
    return f"resources/manual/{dataset}"


def is_archive(name):
    """Whether a person would unpack it."""
    return ".tar" in name or name.endswith(".zip")
