"""Finished results of a made-up experiment: small, but with every kind of artifact that a bundle holds."""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa

from cobra.artifacts.digests import digest, file_digest
from cobra.artifacts.files import write_bytes, write_json, write_run_record, write_table
from cobra.artifacts.identity import Identity
from cobra.attacks.settings import AttackSettings, EvaluationSettings
from cobra.data.prepared import table_digest
from cobra.reporting.pages.render import write_pages
from cobra.sharing.bundle import Contents
from cobra.sharing.manifest import Made
from cobra.sharing.recompute import make_again
from cobra.training.settings import DetectorSettings

FOLDER = "out/digits/{normal}/{method}/seed{seed}"
PATTERNS = {
    "scores": FOLDER + "/scores/{score}/{attack}.parquet",
    "files": FOLDER + "/scores/{score}/{attack}.parquet",
    "gates": FOLDER + "/gates/{score}.json",
}
ONE = FOLDER.format(normal="1", method="cobra", seed=0)
WORST = f"{ONE}/scores/similarity/worst.parquet"
PGD = f"{ONE}/scores/similarity/pgd.parquet"
REPORTED = "paper/reported.csv"
CLASSES = ("0", "1")
TRUTH = np.arange(24) >= 10
WRITTEN = 1_700_000_000  # seconds: when all of it was written
SHOWN = {"cobra": {"label": "COBRA", "reported": "COBRA", "scores": ["similarity"]}}
BASIS = {"classes": {"digits": list(CLASSES)}, "methods": SHOWN, "seeds": [0]}
LAYOUT = {"title": "T", "rows": "methods", "datasets": ["digits"], "methods": ["cobra"], "attack": "worst"}
TABLE = {"layout": LAYOUT, "paper_eps": {"digits": 0.1}, "bootstrap": {"resamples": 100}, "gated": "worst"}
FIGURE = {
    "layout": {"kind": "budget", "title": "F", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd"}
}
MADE = {
    "out/tables/main.csv": ("table", TABLE),
    "out/tables/gates.csv": ("gate table", {"claim": "worst", "order": ["cobra"]}),
    "out/figures/budget.csv": ("figure", FIGURE),
}
AUDIT = Made(
    path="out/audit.csv", kind="audit", reported=REPORTED,
    tables=["out/tables/main.csv"], gates="out/tables/gates.csv",
)  # fmt: skip


def identity(kind, subject, settings, inputs):
    return Identity(
        kind=kind, subject=subject, settings=settings, code="c0de", inputs=inputs, versions={}, device="cpu"
    )


def results(root: Path) -> Contents:
    """Make them below `root`."""
    data = _prepare(root)
    for normal in CLASSES:
        _judge(root, normal, data)
    write_bytes(root / REPORTED, b"table,row,method,clean_auroc,robust_auroc\n")
    contents = Contents()
    for path, (kind, settings) in MADE.items():
        shown = {"inapplicable": {"similarity": []}}
        methods = {"methods": {"cobra": SHOWN["cobra"] | shown}}
        made = Made(path=path, kind=kind, settings=BASIS | methods | settings, reported=REPORTED, **PATTERNS)
        contents.made.append(made)
        _write(root / path, make_again(root, made))
    contents.made.append(AUDIT)
    _write(root / AUDIT.path, make_again(root, AUDIT))
    for path in sorted(root.rglob("*")):
        if path.is_file():
            os.utime(path, (WRITTEN, WRITTEN))
            if path.name.endswith((".run.json", "training.csv")):
                contents.timed.add(path.relative_to(root).as_posix())
            chosen = contents.left_out if path.suffix in (".npy", ".pt") else contents.files
            chosen[path.relative_to(root).as_posix()] = "some kind"
    return contents


def _prepare(root):
    table = pa.table({"sha256": [digest(str(row)) for row in range(24)], "split": ["test"] * 24})
    content = table_digest(table)
    prepared = identity("prepared", {"dataset": "digits"}, {}, {"manifest": content})
    write_table(root / "out/prepared/images.parquet", table, prepared)
    write_bytes(root / "out/prepared/images.npy", b"pixels" * 100)
    return content


def _judge(root, normal, data):
    subject = {"dataset": "digits", "normal": normal, "method": "cobra", "seed": 0}
    folder = root / FOLDER.format(**subject)
    own = DetectorSettings().model_dump(mode="json")
    detector = identity("detector", subject, own, {"data": data})
    write_bytes(folder / "detector.pt", f"weights of {normal}".encode())
    write_run_record(folder / "detector.pt", detector, {"starts": 1})
    write_bytes(folder / "training.csv", b"epoch,loss\n1,0.5\n")
    inputs = {"data": data, "detector": file_digest(folder / "detector.pt")}
    parts = {}
    for number, attack in enumerate(("pgd", "square")):
        path = folder / f"scores/similarity/{attack}.parquet"
        evaluation = EvaluationSettings(attack=AttackSettings(eps=0.1)).model_dump(mode="json")
        settings = {"evaluation": evaluation, "detector": own, "data": []}
        about = subject | {"score": "similarity", "attack": attack}
        scores = identity("scores", about, settings, inputs)
        write_table(path, _scores(int(normal) + number), scores)
        write_run_record(path, scores, {"starts": 1})
        parts[attack] = (file_digest(path), evaluation)
    about = subject | {"score": "similarity", "attack": "worst"}
    settings = {"parts": {name: part[1] for name, part in parts.items()}, "detector": own, "data": []}
    worst = identity("scores", about, settings, {name: part[0] for name, part in parts.items()})
    path = folder / "scores/similarity/worst.parquet"
    write_table(path, _scores(int(normal)), worst)
    verdict = {"gate": 1, "name": "more steps", "verdict": "pass", "figure": 0.5, "said": "as it should"}
    judged = identity("gates", about, {"detector": own}, inputs | {"claim": file_digest(path)})
    write_json(folder / "gates/similarity.json", {"verdicts": [verdict]}, judged)


def _scores(seed):
    clean = np.random.default_rng(seed).normal(TRUTH * 2.0, 1).astype(np.float32)
    attacked = np.where(TRUTH, clean - 1, clean + 1).astype(np.float32)
    half = np.where(TRUTH, clean - 0.5, clean + 0.5).astype(np.float32)
    columns = {"clean": clean, "attacked": attacked, "r1_s1": half, "r1_s2": attacked}
    return pa.table({"image_id": np.arange(24), "is_anomaly": TRUTH, "class_name": ["x"] * 24, **columns})


def _write(path, again):
    write_bytes(path, again.numbers.to_csv(index=False).replace(f"{path.parents[2]}/", "").encode())
    write_pages(path, again.pages)


def reworded(path: Path, old: str, new: str) -> None:
    """Another text in a file."""
    text = path.read_text()
    assert old in text, text
    path.write_text(text.replace(old, new, 1))


def changed_record(path: Path, **changes) -> None:
    """Other values in a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
