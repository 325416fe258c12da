"""Pack finished results into one archive: what another person needs to check and extend them.

Data and checkpoints stay out, known by SHA-256. Snakemake's records go along, so that it notices changed
settings on the other machine. `cobra verify` checks the archive.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from snakemake.dag import DAG
from snakemake.jobs import Job

from cobra.errors import UserError
from cobra.machine import options, script
from cobra.settings.section import canonical_json
from cobra.settings.validation import validate_json
from cobra.sharing.bundle import Contents, pack
from cobra.sharing.manifest import Made
from workflow.commands.plan import planned_results
from workflow.lib.paths import Paths

KINDS = {
    "download_file": "download",
    "prepare_dataset": "prepared data",
    "train_detector": "detector",
    "train_baseline": "detector",
    "adopt_detector": "detector that is not ours",
    "attack_detector": "scores",
    "combine_attacks": "scores",
    "sweep_detector": "sweep",
    "follow_training": "history",
    "measure_geometry": "geometry",
    "check_gates": "gates",
    "make_table": "table",
    "trace_table": "provenance",
    "make_gate_table": "gate table",
    "publish_terms": "leaderboard terms",
    "make_record": "leaderboard record",
    "check_record": "leaderboard record",
    "make_leaderboard": "leaderboard",
    "make_audit": "audit",
    "plot_results": "figure",
    "plot_pictures": "pictures",
    "plot_contact_sheet": "contact sheet",
}
# Of a job whose csv can be made again: which param says where what it is made of lies.
PATTERNS = {
    "make_table": {"scores": "pattern", "gates": "gates"},
    "make_gate_table": {"gates": "pattern"},
    "plot_results": {"files": "files"},
    "make_audit": {},  # its inputs say it
    "make_leaderboard": {},
}
BESIDE = {".run.json": "run record", "training.csv": "training log"}  # of other artifacts
TIMED = (*BESIDE.values(), "provenance")  # kinds that tell of times
LEFT_OUT = (".npy", ".pt", ".tar.gz")  # arrays, checkpoints, and score files a second time
LOCKS = ("*.txt", "*.yaml")


def gather(configfile: Path, targets: Sequence[str], *, image_lists: bool) -> Contents:
    """What belongs into the bundle, the lists of prepared images only if `image_lists`; raises UserError if
    something of it is still to be made.
    """
    contents = Contents()
    with planned_results(configfile, targets) as dag:
        for job in dag.jobs:
            add_job(contents, job)
        if not image_lists:
            lists = [path for path, kind in contents.files.items() if kind == "prepared data"]
            contents.left_out |= {path: contents.files.pop(path) for path in lists}
        kept = dict.fromkeys(records(dag, contents), "Snakemake's record")
        book = dag.workflow.globals["paths"].code_book
    contents.files |= {inside(configfile): "configuration", Paths.reported: "the paper's numbers"}
    contents.timed = {path for path, kind in contents.files.items() if kind in TIMED} | set(kept)
    contents.files |= kept
    contents.files |= {inside(path): "code, file by file" for path in book.glob("*.json")}
    locks = (path for pattern in LOCKS for path in Path("envs").glob(pattern))
    contents.files |= {path.as_posix(): "environment" for path in locks}
    return contents


def add_job(contents: Contents, job: Job) -> None:
    """The outputs of a job, and how to make them again if it made a table or a figure."""
    kind = KINDS.get(job.rule.name)
    for path in (inside(Path(path)) for path in job.output):
        if kind == "download" and not Path(path).exists():
            print(f"{path} is not here any more: its SHA-256 is not written down.", file=sys.stderr)
        elif kind == "download" or path.endswith(LEFT_OUT):
            contents.left_out[path] = str(kind)
        else:
            contents.files[path] = next((BESIDE[end] for end in BESIDE if path.endswith(end)), str(kind))
    if job.rule.name in PATTERNS:
        contents.made.append(made_by(job))


def made_by(job: Job) -> Made:
    """How to make a table, a figure or the audit again, by the params and inputs of its job."""
    csv = next(str(path) for path in job.output if path.endswith(".csv"))
    made = {
        "path": inside(Path(csv)),
        "kind": KINDS[job.rule.name],
        "settings": json.loads(job.params.get("settings", "{}")),
        "reported": Paths.reported,
        **{name: str(job.params.get(param)) for name, param in PATTERNS[job.rule.name].items()},
    }
    if job.rule.name == "make_audit":
        made |= {"tables": [inside(Path(path)) for path in job.input.tables]}
        made |= {"gates": inside(Path(job.input.gates))} if job.input.gates else {}
    if job.rule.name == "make_leaderboard":
        made |= {
            name: [inside(Path(path)) for path in getattr(job.input, name)]
            for name in ("records", "submitted")
        }
    return validate_json(Made, canonical_json(made), job.rule.name)


def records(dag: DAG, contents: Contents) -> Iterator[str]:
    """Where Snakemake keeps what it knows of the outputs: so that changed settings are noticed elsewhere."""
    persistence = dag.workflow.persistence
    for path in [*contents.files, *contents.left_out]:
        record = Path(persistence._record_path(persistence._metadata_path, path))
        if record.is_file():
            yield inside(record)


def inside(path: Path) -> str:
    """`path` from the folder of the workflow; raises UserError if it lies elsewhere."""
    root = Path.cwd()
    whole = Path(os.path.normpath(root / path))
    if not whole.is_relative_to(root):
        raise UserError(f"{path} lies outside of {root}, where nobody else would find it: move it here.")
    return whole.relative_to(root).as_posix()


def main() -> None:
    """The command line."""
    parser = script.parser(__doc__, settings=False)
    parser.add_argument(
        "--configfile", type=options.path, default=Path("config/config.yaml"), help="of the results"
    )
    parser.add_argument("--output", type=options.output, required=True, help="the archive (.tar.gz)")
    parser.add_argument(
        "--without-image-lists",
        action="store_true",
        help="leave images.parquet of the prepared data out, 3 MB for 70,000 images: known by SHA-256, too",
    )
    parser.add_argument(
        "targets", nargs="*", help="as for snakemake; left out: its default, all tables and figures"
    )
    args = parser.parse_args()
    contents = gather(args.configfile, args.targets, image_lists=not args.without_image_lists)
    manifest = pack(args.output, Path(), contents)
    print(
        f"{args.output}: {len(manifest.files)} files in {-(-args.output.stat().st_size >> 10)} KiB; "
        f"{len(manifest.left_out)} files left out and written down."
    )


if __name__ == "__main__":
    script.run(main)
