"""The provenance of a table as a page: a row per score file, and the settings behind them."""

from jinja2 import Environment

from cobra.artifacts.differences import leaves
from cobra.machine.progress import in_words
from cobra.reporting.pages.render import page
from cobra.reporting.provenance import Row, Settings, label_of
from cobra.reporting.tables.cells import MEASURES
from cobra.reporting.tables.settings import TableSettings

STYLE = """
body { max-width: none; }
p { max-width: 60rem; }
th, td { padding: .35rem .5rem; white-space: normal; vertical-align: top; }
thead th { min-width: 0; }
.wide table { font-size: .875rem; }
td:first-child { min-width: 9rem; }
td:nth-child(8), td:nth-child(9) { min-width: 17rem; }
td:nth-child(10) { min-width: 20rem; }
td:nth-child(11), td:nth-child(12), td:nth-child(14), td:nth-child(15) { min-width: 11rem; }
code { font-size: .85em; }
summary { cursor: pointer; }
details:target summary { font-weight: bold; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85em; margin: .5rem 0 1rem 1rem; }
"""
# In a module, so that the code digest of the job that fills it in covers it. An en dash: nothing tells.
BODY = """
{%- macro path(file) %}<code>{{ file | string | replace("/", "/<wbr>" | safe) }}</code>{% endmacro -%}
{%- macro figure(row, value) %}{{ row.lack or ("–" if value is none else "%.1f" | format(value)) }}
{%- endmacro -%}
{%- macro making(made) -%}
<td>{% if made.code %}<code>{{ made.code[:12] }}</code> <br>{{ made.commit }}{% else %}–{% endif %}</td>
<td>{% if made.device %}{{ made.device }}
{%- for name in ("python", "torch") if name in made.versions %}, {{ name }} {{ made.versions[name] }}
{%- endfor %}{% else %}–{% endif %}</td>
<td>{% if made.seconds is none %}–{% else %}{{ "%.2f" | format(made.seconds) }}
{%- if made.seconds >= 60 %} ({{ in_words(made.seconds) }}){% endif %}{% endif %}</td>
{%- endmacro -%}
<p>To follow a number of the table: it is the mean of its cell's rows, one per class and seed; a row names
its score file, and <code>cobra show FILE</code> prints what that says of itself, the digest of its detector
included; beside the code of each stands the commit that first ran it here.</p>
<div class='wide'><table class="dataframe">
<thead><tr style="text-align: right;">
{%- for name in ("Method", "Data set", "Class", "Attack", "Seed", "Clean %s, %%" % measure,
  "Robust %s, %%" % measure, "Score file", "Detector (start of its SHA-256)", "Attack in words",
  "Attack: code", "Attack: device, versions", "Attack: time, s",
  "Training: code", "Training: device, versions", "Training: time, s") %}<th>{{ name }}</th>
{%- endfor %}</tr></thead>
<tbody>
{% for row in rows %}{% set about = row.subject -%}
<tr><td>{{ label(row) }}</td>
<td>{{ about.dataset }}</td>
<td>{{ about.normal }}</td>
<td>{{ about.attack }}{% if row.part_of %} (part of {{ row.part_of | join(", ") }}){% endif %}</td>
<td>{{ about.seed }}</td>
<td>{{ figure(row, row.clean) }}</td>
<td>{{ figure(row, row.robust) }}</td>
<td>{% if row.lack %}–{% else %}{{ path(row.score_file) }}{% endif %}</td>
<td>{% if row.detector_file %}{{ path(row.detector_file) }} (<code>{{ row.detector_digest[:12] }}</code>)
{%- else %}–{% endif %}</td>
<td>{% if row.attack %}{% set number = distinct.index(row.settings) + 1 -%}
{{ row.attack }}: <a href='#settings-{{ number }}'>settings {{ number }}</a>{% else %}–{% endif %}</td>
{{ making(row.made) }}
{{ making(row.trained) }}</tr>
{% endfor %}</tbody></table></div>
<p>Times are wall time in seconds, all starts together; they and the commit may differ between runs that
give equal scores. A combination of attacks takes its time and device from its parts; a part that the table
does not show has a row that counts in no mean. An en dash: nothing tells, as of the time of training a
detector that is not ours.</p>
<h2>Settings</h2>
{% for settings in distinct %}<details id='settings-{{ loop.index }}'>
<summary>Settings {{ loop.index }}: {{ lines(settings) | join("; ") }}</summary>
<pre>{% for key, value in leaves(settings) %}{{ key }}: {{ value }}
{% endfor %}</pre></details>
{% endfor %}"""


def provenance_html(settings: TableSettings, rows: list[Row]) -> str:
    """The page: how to follow a number, a row per score file, and below it each distinct settings in full."""
    distinct: list[Settings] = []
    for row in rows:
        if row.settings is not None and row.settings not in distinct:
            distinct.append(row.settings)

    def label(row: Row) -> str:
        return label_of(settings, row)

    def lines(chosen: Settings) -> dict[str, None]:
        """The lines of the table, with their attacks, that were made with these settings; each once."""
        about = [(row.subject, label(row)) for row in rows if row.settings == chosen]
        return dict.fromkeys(f"{each['dataset']}, {name}, {each['attack']}" for each, name in about)

    template = Environment(autoescape=True).from_string(BODY)
    body = template.render(
        rows=rows, distinct=distinct, measure=MEASURES[settings.layout.measure],
        label=label, lines=lines, leaves=leaves, in_words=in_words,
    )  # fmt: skip
    return page(f"{settings.layout.title}: where the figures come from", body, STYLE)
