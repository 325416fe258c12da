"""Make the leaderboard of all records: csv for machines; md and html for people."""

from pathlib import Path

from cobra import command
from cobra.artifacts import write_bytes
from cobra.reporting.leaderboard import leaderboard_frame, read_entries
from cobra.reporting.leaderboard_page import leaderboard_pages
from cobra.reporting.render import write_pages


def main() -> None:
    parser = command.parser(__doc__, settings=False)
    parser.add_argument("--records", type=Path, nargs="*", default=[], help="made here (.json)")
    parser.add_argument(
        "--submitted", type=Path, nargs="*", default=[], help="made elsewhere, checked (.json)"
    )
    parser.add_argument(
        "--output", type=Path, required=True, help="leaderboard (.csv); the others go beside it"
    )
    args = parser.parse_args()
    entries = read_entries(args.records, args.submitted)
    write_bytes(args.output, leaderboard_frame(entries).to_csv(index=False).encode())
    write_pages(args.output, leaderboard_pages(entries))


if __name__ == "__main__":
    command.run(main)
