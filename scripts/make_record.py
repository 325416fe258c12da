"""Make the leaderboard's record of a detector from its verdicts and score files, and an archive of all."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from cobra.artifacts.files import read_json, write_bytes
from cobra.errors import UserError
from cobra.gates.verdict import Verdict
from cobra.machine import options, script
from cobra.settings.validation import validate, validate_json
from cobra.sharing.leaderboard.package import make_record, write_package
from cobra.sharing.leaderboard.record import DETECTOR, Draws, Key
from cobra.sharing.leaderboard.settings import RecordSettings


def main() -> None:
    args = parser().parse_args()
    settings = validate_json(RecordSettings, args.settings, "--settings")
    content, judged = read_json(args.gates)
    paths = score_files(args, settings)
    record = make_record(
        paths,
        __file__,
        label=settings.label,
        about=settings.about,
        suite=settings.suite,
        claim=settings.gates.claim,
        gates=[validate(Verdict, verdict, str(args.gates)) for verdict in content["verdicts"]],
        draws=Draws(resamples=settings.bootstrap.resamples, confidence=settings.bootstrap.confidence),
    )
    subject = {name: getattr(args, name) for name in DETECTOR} | {"attack": settings.gates.claim}
    made_from = {name: record.identity.inputs[name] for name in ("data", "detector")}
    judged.require(args.gates, "gates", subject, made_from)
    record.identity.require(args.parts[0], "record", subject)
    write_package(args.output.with_suffix(".tar.gz"), record, paths)
    write_bytes(args.output, record.text())


def parser() -> ArgumentParser:
    made = script.parser(__doc__)
    script.add_subject(made, *DETECTOR)
    made.add_argument("--gates", type=options.path, required=True, help="verdicts (.json)")
    made.add_argument(
        "--parts", type=options.path, nargs="+", required=True, help="score files of judged attacks"
    )
    made.add_argument("--doubled", type=options.path, help="score file of an attack with twice the steps")
    made.add_argument("--sweep", type=options.path, help="file of a sweep over eps")
    made.add_argument("--undefended", type=options.path, help="score file of a detector without a defence")
    made.add_argument(
        "--output", type=options.output, required=True, help="record (.json); its archive goes beside"
    )
    return made


def score_files(args: Namespace, settings: RecordSettings) -> dict[Key, Path]:
    """The files by what they are to the record."""
    gates = settings.gates
    if len(gates.parts) != len(args.parts):
        raise UserError(f"--parts has {len(args.parts)} files for {len(gates.parts)} attacks: give one each.")
    paths: dict[Key, Path] = {
        ("attack", name): path for name, path in zip(gates.parts, args.parts, strict=True)
    }
    if args.doubled and gates.doubled:
        paths["doubled", gates.doubled] = args.doubled
    if args.sweep and gates.sweep:
        paths["sweep", gates.sweep] = args.sweep
    if args.undefended and gates.undefended:
        paths["undefended", gates.undefended.method] = args.undefended
    return paths


if __name__ == "__main__":
    script.run(main)
