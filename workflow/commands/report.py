"""Make the report of finished results: one HTML file with every table and figure, which opens offline.

Snakemake's own `--report` also shows files that the configuration would make anew, under captions of what it
would make; this command refuses. It runs no job.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from snakemake.dag import DAG
from snakemake.report import auto_report
from snakemake.report.html_reporter import ReportSettings
from snakemake.settings.types import GlobalReportSettings
from snakemake_interface_report_plugins.registry import ReportPluginRegistry

from cobra.artifacts.files import write_bytes
from cobra.machine import options, script
from workflow.commands.front_page import FrontPage, front_page
from workflow.commands.plan import planned_results

EVERYTHING = ("demo", "figures")
STYLE = Path(__file__).parents[1] / "report/style.css"


def make_report(configfile: Path, targets: Sequence[str], output: Path) -> FrontPage | None:
    """Write the report of `targets`; its front page. Raises UserError if results are unfinished."""
    with planned_results(configfile, targets) as dag:
        front = front_page(dag)
        dag.workflow.config["front"] = front.shown() if front else None
        write_bytes(output, rendered(dag))
        return front


def rendered(dag: DAG) -> bytes:
    """The page as Snakemake writes it, in our style."""
    plugin = ReportPluginRegistry().get_plugin("html")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.html")
        settings = ReportSettings(path=path, stylesheet_path=STYLE)
        asyncio.run(auto_report(dag, plugin, settings, GlobalReportSettings()))
        return path.read_bytes()


def main() -> None:
    """The command line."""
    parser = script.parser(__doc__, settings=False)
    parser.add_argument(
        "--configfile", type=options.path, default=Path("config/config.yaml"), help="of the results"
    )
    parser.add_argument(
        "--output", type=options.output, default=Path("results/report.html"), help="the page (.html)"
    )
    parser.add_argument(
        "targets", nargs="*", help="as for snakemake; left out: all tables, figures and contact sheets"
    )
    args = parser.parse_args()
    front = make_report(args.configfile, args.targets or EVERYTHING, args.output)
    if front:
        print(front.printed())
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.1f} MB, opens in any browser, offline.")


if __name__ == "__main__":
    script.run(main)
