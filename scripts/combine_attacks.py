"""Combine score files of one detector: the worst score per image over several attacks."""

from pathlib import Path

from cobra import command
from cobra.artifacts import read_table, write_table
from cobra.combination import common_settings, worst_case
from cobra.digests import file_digest
from cobra.errors import UserError
from cobra.provenance import make_identity
from cobra.settings.attack import CombinationSettings
from cobra.settings.errors import validate_json


def main() -> None:
    parser = command.parser(__doc__)
    command.add_subject(parser, "dataset", "normal", "method", "seed", "score", "attack")
    parser.add_argument("--parts", type=Path, nargs="+", required=True, help="score files, one per part")
    parser.add_argument("--output", type=Path, required=True, help="score file (.parquet)")
    args = parser.parse_args()
    settings = validate_json(CombinationSettings, args.settings, "--settings")
    if len(settings.parts) != len(args.parts):
        raise UserError(
            f"--parts has {len(args.parts)} files for {len(settings.parts)} attacks: give one each."
        )
    names = ("dataset", "normal", "method", "seed", "score")
    subject = {name: getattr(args, name) for name in names}
    tables, identities = {}, {}
    for name, path in zip(settings.parts, args.parts, strict=True):
        tables[name], identities[name] = read_table(path)
        identities[name].require(path, "scores", subject | {"attack": name})
    identity = make_identity(
        "scores",
        subject | {"attack": args.attack},
        common_settings(identities),
        __file__,
        inputs={name: file_digest(path) for name, path in zip(settings.parts, args.parts, strict=True)},
    )
    write_table(args.output, worst_case(tables), identity)


if __name__ == "__main__":
    command.run(main)
