"""Hold the paper against itself, and our tables against it: csv for machines; md and html for people."""

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.reporting.audit import TITLE, audit_frame, audit_sections, read_sources
from cobra.reporting.pages.render import sections_pages, write_pages


def main() -> None:
    parser = script.parser(__doc__, settings=False)
    parser.add_argument("--reported", type=options.path, required=True, help="the paper's numbers (.csv)")
    parser.add_argument("--tables", type=options.path, nargs="*", default=[], help="our tables (.csv)")
    parser.add_argument("--gates", type=options.path, nargs="?", help="the table of our gates (.csv)")
    parser.add_argument(
        "--output", type=options.output, required=True, help="audit (.csv); the others go beside it"
    )
    args = parser.parse_args()
    sources = read_sources(args.reported, args.tables, args.gates)
    write_bytes(args.output, audit_frame(sources).to_csv(index=False).encode())
    write_pages(args.output, sections_pages(TITLE, audit_sections(sources)))


if __name__ == "__main__":
    script.run(main)
