"""Agreement with the CPU, speed, and one class at the paper's settings, measured on a GPU lent for minutes.

    python benchmarks/quarter_hour.py --wheels wheels --minutes 9 --bring results/brought

Parts run in processes of their own, one after another; a call ends before its minutes are over, and the next
continues where it stopped. Status: 0 all is done, 3 work is left (call again), 1 only parts that failed are
left. Needs Python, torch and pip; what else lacks is installed from the wheels.
"""

import argparse
import importlib.util
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("snakemake", "pydantic", "torchattacks")
RESULTS, SMALL_RESULTS = ROOT / "results/quarter-hour", ROOT / "results/quarter-hour-small"
WORK_LEFT, FAILED = 3, 1  # status
RESERVE = 20.0  # seconds kept for stopping a part and packing what there is
PIECE = 15 << 20  # bytes of a file that is brought back


@dataclass(frozen=True)
class Part:
    """A command that is done when it has ended with status 0 once; its log has what all calls printed."""

    name: str
    words: tuple[str, ...]
    folder: Path

    @property
    def done(self) -> Path:
        """Exists once the part is done."""
        return self.folder / f"{self.name}.done"


def main() -> None:
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=9, help="after which this call has ended")
    parser.add_argument("--device", default="auto", help="of the benchmarks: cuda, cpu; auto: CUDA if there")
    parser.add_argument("--wheels", type=Path, help="folder of what is to be installed")
    parser.add_argument("--folder", type=Path, default=ROOT / "results/benchmarks/quarter-hour")
    parser.add_argument("--bring", type=Path, help="folder for an archive of all results, in pieces")
    parser.add_argument("--small", action="store_true", help="a rehearsal: small networks, the demo's digits")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    left, failed = run_all(parts(args), args, began)
    if args.bring:
        pack(args.bring, [args.folder, SMALL_RESULTS if args.small else RESULTS])
    print(f"left: {', '.join(left) or 'nothing'}; failed: {', '.join(failed) or 'none'}")
    raise SystemExit(WORK_LEFT if left else FAILED if failed else 0)


def run_all(todo: list[Part], args: argparse.Namespace, began: float) -> tuple[list[str], list[str]]:
    """Run what is not done; the names of what is left, as time is over, and of what failed."""
    failed: list[str] = []
    for number, part in enumerate(todo):
        seconds = began + 60 * args.minutes - RESERVE - time.monotonic()
        if part.done.exists():
            continue
        status = run(part, seconds) if seconds > 0 else None
        if status is None:
            return [its.name for its in todo[number:] if not its.done.exists()], failed
        part.done.touch() if status == 0 else failed.append(part.name)
    return [], failed


def run(part: Part, seconds: float) -> int | None:
    """The status of a part's command, None if it was stopped when its seconds were over."""
    began, status = time.monotonic(), None
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # snakemake, and python for jobs
    env = os.environ | {"PYTHONPATH": str(ROOT), "PATH": own}
    with (part.folder / f"{part.name}.log").open("ab") as log:
        process = subprocess.Popen(
            part.words, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            stop(process)
    ended = "stopped" if status is None else f"status {status}"
    print(f"{part.name}: {ended} after {time.monotonic() - began:.0f} s", flush=True)
    return status


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask a command and all that it started to end, so that jobs save their state; then kill them."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(RESERVE / 2)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def parts(args: argparse.Namespace) -> list[Part]:
    """All of it in the order of its worth."""
    lacking = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    wheels = sorted(map(str, args.wheels.glob("*.whl"))) if args.wheels else []
    if lacking and not wheels:
        sys.exit(f"error: {', '.join(lacking)} not installed: name a folder of wheels with --wheels.")
    # All of them, unresolved: torchattacks asks for older versions of what it does not need.
    pip = (sys.executable, "-m", "pip", "install", "--no-index", "--no-deps")
    card = ("sh", "-c", "command -v nvidia-smi >/dev/null && nvidia-smi || echo no GPU")
    found = {"install": (*pip, *wheels)} if lacking else {}
    found |= {"card": card} | dict(benchmarks(args)) | dict(workflow(args))
    return [Part(name, words, args.folder) for name, words in found.items()]


def benchmarks(args: argparse.Namespace) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The device against the CPU; a step of an attack and of training, ours and others'."""

    def measured(name: str, program: str, options: str) -> tuple[str, tuple[str, ...]]:
        output = str(args.folder / f"{name}.json")
        words = (sys.executable, "-m", f"benchmarks.{program}", *options.split())
        return name, (*words, "--device", args.device, "--output", output)

    small, few = args.small, "--rounds 1 --width 16 --steps 2"
    checks = "--images 32 --epochs 1 --steps 3" if small else ""
    yield measured("device-correctness", "device_correctness", checks)
    attack = few if small else "--rounds 3 --steps 50"
    for batch in (8,) if small else (256, 1024):
        yield measured(f"attack-step-{batch}", "attack_step", f"--side 32 --batch {batch} {attack}")
    training = f"--batch 4 {few}" if small else "--batch 128 --rounds 3"
    for kind in ("bf16", "fp32"):
        yield measured(f"training-step-{kind}", "training_step", f"--precision {kind} {training}")


def workflow(args: argparse.Namespace) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The class through the real rules, a table at a time."""
    config = small_config(args.folder) if args.small else ROOT / "config/experiments/quarter_hour.yaml"
    snakemake = f"snakemake --cores all --configfile {config}"
    for table in ("pgd1000", "worst", "pgd1000_10"):
        yield table, ("sh", "-c", f"{snakemake} --unlock && exec {snakemake} -- table_{table}")


def small_config(folder: Path) -> Path:
    """The configuration in miniature, on data that come with the product."""
    import yaml  # the lent machine has it, or the wheels

    config = yaml.safe_load((ROOT / "config/experiments/quarter_hour.yaml").read_text())
    config |= {"results": str(SMALL_RESULTS.relative_to(ROOT)), "datasets": {"digits": {"classes": ["3"]}}}
    schedule = {"precision": "bf16", "epochs": 12, "warmup_epochs": 1, "batch_size": 64}
    schedule |= {"images_per_epoch": None}  # not each of the few digits sixty times
    config["detector"] = {"model": {"backbone": "resnet10", "width": 8}, "schedule": schedule}
    for attack in config["attacks"].values():
        attack["steps"] = 20
    for table in config["tables"].values():
        table["datasets"] = ["digits"]
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def pack(folder: Path, sources: list[Path]) -> None:
    """An archive of what was made, in pieces (`cat evidence.tar.gz.* | tar xz`), without prepared images."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "evidence.tar.gz"
    with tarfile.open(whole, "w:gz", compresslevel=1) as archive:
        for source in filter(Path.exists, sources):
            kept = source.relative_to(ROOT)
            archive.add(source, kept, filter=lambda its: None if its.name.endswith(".npy") else its)
    with whole.open("rb") as file:
        for number, content in enumerate(iter(lambda: file.read(PIECE), b"")):
            (folder / f"evidence.tar.gz.{number:02}").write_bytes(content)
    whole.unlink()


if __name__ == "__main__":
    main()
