"""Prepare a data set: raw files to one uint8 array and its manifest."""

from cobra.data.prepare import prepare
from cobra.data.settings import PreparationPolicy, PreparationSettings
from cobra.machine import options, script
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    script.add_subject(parser, "dataset")
    parser.add_argument(
        "--sources", type=options.path, nargs="*", default=[], help="files as distributed, or one folder"
    )
    parser.add_argument("--policy", default="{}", help="how strictly data are taken, as a JSON object")
    script.add_threads(parser)
    script.add_scratch(parser)
    parser.add_argument(
        "--output", type=options.output, required=True, help="images.npy; the manifest goes beside it"
    )
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
    script.run(main)
