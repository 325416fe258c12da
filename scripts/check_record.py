"""Check a record made elsewhere against the leaderboard's terms and its own score files; write it alone."""

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.sharing.leaderboard.submission import require_fit
from cobra.sharing.leaderboard.terms import read_terms


def main() -> None:
    parser = script.parser(__doc__, settings=False)
    parser.add_argument("--record", type=options.path, required=True, help="its archive (.tar.gz)")
    parser.add_argument("--terms", type=options.path, required=True, help="the leaderboard's terms (.json)")
    parser.add_argument("--output", type=options.output, required=True, help="the record (.json)")
    args = parser.parse_args()
    write_bytes(args.output, require_fit(args.record, read_terms(args.terms)).text())


if __name__ == "__main__":
    script.run(main)
