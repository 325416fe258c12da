"""Publish a leaderboard's terms: the data, test images and attack suite that a record must be of."""

from cobra.artifacts.files import write_bytes
from cobra.artifacts.identity import make_identity
from cobra.data.prepared import read_prepared
from cobra.machine import options, script
from cobra.settings.validation import validate_json
from cobra.sharing.leaderboard.settings import TermsSettings
from cobra.sharing.leaderboard.terms import publish


def main() -> None:
    parser = script.parser(__doc__)
    parser.add_argument(
        "--data", type=options.path, nargs="*", default=[], help="prepared images.npy, one per data set"
    )
    parser.add_argument("--output", type=options.output, required=True, help="terms (.json)")
    args = parser.parse_args()
    settings = validate_json(TermsSettings, args.settings, "--settings")
    found = [read_prepared(path) for path in args.data]
    prepared = {str(data.identity.subject["dataset"]): data for data in found}
    inputs = {f"data of {name}": data.digest for name, data in prepared.items()}
    identity = make_identity("terms", {}, settings, __file__, inputs=inputs)
    write_bytes(args.output, publish(settings, prepared, identity).text())


if __name__ == "__main__":
    script.run(main)
