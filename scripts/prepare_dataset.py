"""Prepare a data set: raw files to one uint8 array and its manifest."""

from pathlib import Path

from cobra import command
from cobra.data.whole import prepare
from cobra.settings.data import PreparationPolicy, PreparationSettings
from cobra.settings.errors import validate_json


def main() -> None:
    parser = command.parser(__doc__)
    command.add_subject(parser, "dataset")
    parser.add_argument(
        "--sources", type=Path, nargs="*", default=[], help="files as distributed, or one folder"
    )
    parser.add_argument("--policy", default="{}", help="how strictly data are taken, as a JSON object")
    command.add_threads(parser)
    command.add_scratch(parser)
    parser.add_argument("--output", type=Path, required=True, help="images.npy; the manifest goes beside it")
    args = parser.parse_args()
    settings = validate_json(PreparationSettings, args.settings, "--settings")
    policy = validate_json(PreparationPolicy, args.policy, "--policy")
    prepare(
        args.dataset,
        args.sources,
        settings,
        policy,
        script=__file__,
        threads=args.threads,
        scratch=args.scratch,
        output=args.output,
    )


if __name__ == "__main__":
    command.run(main)
