"""Make the table of the gates' verdicts: csv for machines; md, tex and html for people."""

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from cobra.reporting.pages.render import pages, write_pages
from cobra.reporting.tables.gate_table import TITLE, collect_verdicts, gate_frame, gate_notes
from cobra.reporting.tables.settings import GateTableSettings
from cobra.settings.validation import validate_json


def main() -> None:
    parser = script.parser(__doc__)
    parser.add_argument("--gates", required=True, help="verdicts' path with {dataset}, {normal} ... in it")
    parser.add_argument(
        "--output", type=options.output, required=True, help="table (.csv); the others go beside it"
    )
    args = parser.parse_args()
    settings = validate_json(GateTableSettings, args.settings, "--settings")
    verdicts = collect_verdicts(settings, args.gates)
    write_bytes(args.output, verdicts.to_csv(index=False).encode())
    frame = gate_frame(verdicts, settings.methods)
    write_pages(args.output, pages(TITLE, frame, gate_notes(verdicts, settings)))


if __name__ == "__main__":
    script.run(main)
