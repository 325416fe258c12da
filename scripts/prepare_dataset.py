"""Prepare a data set: raw files to one uint8 array and its manifest."""

from pathlib import Path

from cobra import command
from cobra.data.assembly import assembled
from cobra.data.counts import require_complete
from cobra.data.preparation import write_prepared
from cobra.data.readers import module_name, read_raw
from cobra.provenance import make_identity
from cobra.settings.data import PreparationPolicy, PreparationSettings
from cobra.settings.errors import validate_json


def main() -> None:
    parser = command.parser(__doc__)
    command.add_subject(parser, "dataset")
    parser.add_argument(
        "--sources", type=Path, nargs="*", default=[], help="files as distributed, or one folder"
    )
    parser.add_argument("--policy", default="{}", help="how strictly data are taken, as a JSON object")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--scratch", type=Path, default=Path(".scratch"), help="folder to unpack in")
    parser.add_argument("--output", type=Path, required=True, help="images.npy; the manifest goes beside it")
    args = parser.parse_args()
    settings = validate_json(PreparationSettings, args.settings, "--settings")
    policy = validate_json(PreparationPolicy, args.policy, "--policy")
    reader = module_name(settings.reader)
    identity = make_identity("prepared", {"dataset": args.dataset}, settings, __file__, reader)
    with assembled(args.dataset, args.sources, args.scratch / f"prepare-{args.dataset}") as root:
        raw = read_raw(root, settings)
        require_complete(raw.labels, settings, policy.needed)
        strict = policy.counts == "error"
        write_prepared(args.output, raw, settings, identity, strict=strict, threads=args.threads)


if __name__ == "__main__":
    command.run(main)
