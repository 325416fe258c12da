"""The tables of what is there so far: a cell that is not there says whether its data are missing, its job
failed, or nothing was run. They go to a folder of their own, apart from the finished tables.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cobra.experiment import reporting_jobs
from cobra.machine import options, script
from cobra.settings.section import canonical_json
from workflow.commands.plan import planned

FOLDER = "so-far"


def table_commands(configfile: Path) -> Iterator[tuple[Path, list[str]]]:
    """Of each table the command that makes it, and where it goes."""
    with planned([configfile]) as dag:
        names = dag.workflow.globals
        paths, options = names["paths"], names["options"]
        logs = ["--data-logs", *options.data_logs(), "--logs", *options.score_logs()]
        patterns = ["--scores", paths.scores, "--gates", paths.gates, "--reported", paths.reported]
        for table in names["CONFIG"].tables:
            output = paths.results / FOLDER / f"{table}.csv"
            settings = canonical_json(reporting_jobs.table_settings(names["CONFIG"], table))
            yield output, [*patterns, *logs, "--settings", settings, "--output", str(output)]


def main() -> None:
    """The command line."""
    parser = script.parser(__doc__, settings=False)
    parser.add_argument(
        "--configfile", type=options.path, default=Path("config/config.yaml"), help="of the tables"
    )
    args = parser.parse_args()
    for output, given in list(table_commands(args.configfile)):
        subprocess.run([sys.executable, "scripts/make_table.py", *given], check=True)  # noqa: S603 -- our own
        print(output.with_suffix(".md").read_text())


if __name__ == "__main__":
    script.run(main)
