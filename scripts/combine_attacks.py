"""Combine score files of one detector: the worst score per image over several attacks."""

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import read_table, write_table
from cobra.artifacts.identity import make_identity
from cobra.attacks.combination import combined, common_settings
from cobra.attacks.settings import CombinationSettings
from cobra.errors import UserError
from cobra.machine import options, script
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    script.add_subject(parser, "dataset", "normal", "method", "seed", "score", "attack")
    parser.add_argument(
        "--parts", type=options.path, nargs="+", required=True, help="score files, one per part"
    )
    parser.add_argument("--output", type=options.output, required=True, help="score file (.parquet)")
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
    write_table(args.output, combined(tables), identity)


if __name__ == "__main__":
    script.run(main)
