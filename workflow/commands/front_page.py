"""What the report opens with, and `make demo` prints: the result in a sentence, a picture and a table."""

import base64
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from snakemake.dag import DAG

from cobra.experiment.config import Config
from cobra.experiment.reporting_jobs import headline_settings
from cobra.reporting.figures.settings import FigureLayout
from cobra.reporting.pages.render import parts_of_html, without_notes
from cobra.reporting.tables.headline import Headline, headline


@dataclass(frozen=True)
class FrontPage:
    """The headline of finished results; `figure` is its png, None if the report has none."""

    headline: Headline
    table: Path
    table_title: str
    figure: Path | None = None
    layout: FigureLayout | None = None

    def shown(self) -> dict[str, Any]:
        """What the template workflow/report/workflow.rst needs of it."""
        table, notes = parts_of_html(self.table.with_suffix(".html").read_text())
        return {
            "answer": self.headline.answer,
            "detail": self.headline.detail,
            "title": self.table_title,
            "table": table,
            "notes": notes.replace("</li>", "</li>\n"),  # docutils refuses lines above 10,000 letters
            **self.picture(),
        }

    def picture(self) -> dict[str, Any]:
        """The figure, what it is called, and what must be said of it; nothing if there is none."""
        if self.figure is None or self.layout is None:
            return {"picture": ""}
        return {
            "picture": base64.encodebytes(self.figure.read_bytes()).decode().strip(),
            "picture_title": self.layout.title,
            "picture_kind": self.layout.kind,
            "pairs": self.layout.compact,
        }

    def printed(self) -> str:
        """The same in a terminal; the table as its .md has it."""
        path = self.table.with_suffix(".md")
        table = without_notes(path.read_text())
        notes = f"What departs from the paper: the notes in {path}"
        return f"{self.headline.answer}\n{self.headline.detail}\n\n{table}\n\n{notes}\n"


def front_page(dag: DAG) -> FrontPage | None:
    """The front page of a plan whose results are finished; None if they hold no headline."""
    config: Config = dag.workflow.globals["CONFIG"]
    chosen, settings = config.headline, headline_settings(config)
    made = {str(path) for job in dag.jobs for path in job.output}
    if chosen is None or settings is None:
        return None
    table = dag.workflow.globals["paths"].table.format(table=chosen.table)
    if table not in made:
        return None
    found = FrontPage(headline(settings, Path(table)), Path(table), settings.table.layout.title)
    figure = dag.workflow.globals["paths"].figure.format(figure=chosen.figure)
    if chosen.figure is None or figure not in made:
        return found
    return replace(found, figure=Path(figure), layout=config.figures[chosen.figure])
