"""Make the leaderboard of all records: csv for machines; md and html for people."""

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.reporting.pages.render import write_pages
from cobra.sharing.leaderboard.page import leaderboard_pages
from cobra.sharing.leaderboard.ranking import leaderboard_frame, read_entries


def main() -> None:
    parser = script.parser(__doc__, settings=False)
    parser.add_argument("--records", type=options.path, nargs="*", default=[], help="made here (.json)")
    parser.add_argument(
        "--submitted", type=options.path, nargs="*", default=[], help="made elsewhere, checked (.json)"
    )
    parser.add_argument(
        "--output", type=options.output, required=True, help="leaderboard (.csv); the others go beside it"
    )
    args = parser.parse_args()
    entries = read_entries(args.records, args.submitted)
    write_bytes(args.output, leaderboard_frame(entries).to_csv(index=False).encode())
    write_pages(args.output, leaderboard_pages(entries))


if __name__ == "__main__":
    script.run(main)
