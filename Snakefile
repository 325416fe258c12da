"""COBRA: data -> detectors, one per normal class -> scores, clean and under attack -> tables.

Settings come from one configuration file: config/config.yaml (the demo) unless --configfile names another.
What the rules call lies in workflow/lib.
"""

import sys
import time

from snakemake.utils import min_version

min_version("9.0")
BEGAN = time.time()
sys.path.insert(0, str(workflow.basedir))

from cobra.artifacts.provenance import write_code
from workflow.lib import records, start
from workflow.lib.paths import beside, run_record, wildcard_patterns
from workflow.lib.reasons import write_reasons

from workflow.lib.report_labels import CATEGORIES
from workflow.lib.summary import summary

start.require_root(workflow)
# A file given with --configfile replaces the demo's, it does not extend it.
if not workflow.configfiles:

    configfile: "config/config.yaml"


experiment = start.begin(workflow, config)
CONFIG, CONDA = experiment.config, start.conda_file(workflow)
paths, inputs, options = experiment.paths, experiment.inputs, experiment.params
settings, codes, contents = experiment.settings, experiment.codes, experiment.contents
labels, priorities = experiment.labels, experiment.priorities


wildcard_constraints:
    **wildcard_patterns(CONFIG, experiment.submissions),


report: "workflow/report/workflow.rst"


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/attack.smk"
include: "workflow/rules/gates.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/leaderboard.smk"


rule demo:
    """Tables and where their figures come from, figures of results, leaderboard, audit: the default target."""
    default_target: True
    input:
        expand([paths.table, paths.provenance], table=CONFIG.tables),
        expand(paths.figure, figure=experiment.plots),
        paths.gate_table if CONFIG.gates else [],
        [paths.leaderboard, paths.terms] if CONFIG.leaderboard else [],
        paths.audit,


onstart:
    records.refuse_mismatches(workflow)
    write_code(paths.code_book, codes.files)
    write_reasons(workflow.dag, paths.logs / "why.log")
    start.import_once(workflow)


onsuccess:
    print(summary(workflow, BEGAN), file=sys.stderr)


onerror:
    print(summary(workflow, BEGAN), file=sys.stderr)
