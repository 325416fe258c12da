"""What the report opens with, and `make demo` prints: the result in a sentence, a picture and a table."""

import base64
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakemake.dag import DAG

from cobra.reporting.headline import Headline, headline
from cobra.reporting.render import parts_of_html, without_notes
from cobra.settings.config import Config
from cobra.settings.headline_jobs import headline_settings


@dataclass(frozen=True)
class FrontPage:
    """The headline of finished results; `figure` is its png, None if the report has none."""

    headline: Headline
    title: str
    table: Path
    figure: Path | None
    figure_title: str = ""
    figure_kind: str = ""

    def shown(self) -> dict[str, Any]:
        """What the template workflow/report/workflow.rst needs of it."""
        table, notes = parts_of_html(self.table.with_suffix(".html").read_text())
        return {
            "answer": self.headline.answer,
            "detail": self.headline.detail,
            "title": self.title,
            "table": table,
            "notes": notes,
            "picture": base64.b64encode(self.figure.read_bytes()).decode() if self.figure else "",
            "picture_title": self.figure_title,
            "picture_kind": self.figure_kind,
        }

    def printed(self) -> str:
        """The same in a terminal; the table as its .md has it."""
        path = self.table.with_suffix(".md")
        table = without_notes(path.read_text())
        return f"{self.headline.answer}\n{self.headline.detail}\n\n{table}\n\nNotes on the table: {path}\n"


def front_page(dag: DAG) -> FrontPage | None:
    """The front page of a plan whose results are finished; None if they hold no headline."""
    config: Config = dag.workflow.globals["CONFIG"]
    chosen, settings = config.headline, headline_settings(config)
    made = {str(path) for job in dag.jobs for path in job.output}
    if chosen is None or settings is None:
        return None
    table = dag.workflow.globals["TABLE"].format(table=chosen.table)
    if table not in made:
        return None
    found = FrontPage(headline(settings, Path(table)), settings.table.layout.title, Path(table), None)
    figure = dag.workflow.globals["FIGURE"].format(figure=chosen.figure)
    if chosen.figure is None or figure not in made:
        return found
    layout = config.figures[chosen.figure]
    return dataclasses.replace(found, figure=Path(figure), figure_title=layout.title, figure_kind=layout.kind)
