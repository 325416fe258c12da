"""COBRA: data -> detectors, one per normal class -> scores, clean and under attack -> tables.

Settings come from one configuration file: config/config.yaml (the demo) unless --configfile names another.
"""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.0")

if Path.cwd() != Path(workflow.basedir).resolve():
    raise WorkflowError(
        f"Snakemake runs in {Path.cwd()}, but commands and paths start from {workflow.basedir}: change there"
        " with cd, and set results and data.resources in the configuration for other places."
    )


# A file given with --configfile replaces the demo's, it does not extend it.
if not workflow.configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/digests.smk"
include: "workflow/rules/settings.smk"
include: "workflow/rules/params.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/gate_inputs.smk"
include: "workflow/rules/table_inputs.smk"
include: "workflow/rules/leaderboard_inputs.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/codes.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/attack.smk"
include: "workflow/rules/geometry.smk"
include: "workflow/rules/gates.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/leaderboard.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/picture_inputs.smk"
include: "workflow/rules/pictures.smk"
include: "workflow/rules/records.smk"
include: "workflow/rules/summary.smk"


rule demo:
    """Tables and where their figures come from, figures of results, leaderboard, audit: the default target."""
    default_target: True
    input:
        expand([TABLE, PROVENANCE], table=CONFIG.tables),
        expand(FIGURE, figure=FIGURES_OF_RESULTS),
        GATE_TABLE if CONFIG.gates else [],
        [LEADERBOARD, TERMS] if CONFIG.leaderboard else [],
        AUDIT,


rule figures:
    """Every figure of the configuration, those that show images too, and what its data look like."""
    input:
        expand(FIGURE, figure=CONFIG.figures),
        expand(CONTACT_SHEET, dataset=CONFIG.datasets),


onstart:
    require_no_strangers()
    record_code()


onsuccess:
    print(summary(), file=sys.stderr)


onerror:
    print(summary(), file=sys.stderr)


for table_name in CONFIG.tables:

    rule:
        name:
            f"table_{table_name}"
        input:
            TABLE.format(table=table_name),
