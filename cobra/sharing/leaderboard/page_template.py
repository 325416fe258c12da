"""The leaderboard's body in HTML and its style: a Jinja template, in a module so that the code digest of
the job that fills it in covers it.
"""

STYLE = """
body { max-width: 66rem; }
h2 { margin: 2rem 0 .3rem; }
table { font-size: .9rem; margin: .6rem 0; width: 100%; }
th, td { padding: .3rem .9rem .3rem 0; }
th:first-child, td:first-child { position: static; min-width: 0; white-space: nowrap; }
thead th { min-width: 0; }
th:nth-child(2), td:nth-child(2) { position: sticky; left: 0; background: #fff; }
td:nth-child(2) { white-space: normal; min-width: 9rem; }
td:nth-child(4), td:nth-child(7) { white-space: normal; }
tr.fails td { color: #595959; background: #f6f6f6; }
tr.fails td:nth-child(3), tr.fails td:nth-child(4), tr.fails a { color: #a33600; }
ul { margin: .4rem 0; }
ul:target li { color: #222; background: #fdf3d8; }
.interval { white-space: nowrap; }
td small { color: #595959; }
.origin { border: 1px solid #767676; border-radius: .6rem; padding: 0 .5rem; }
.submitted { border-color: #0072b2; color: #005a8e; font-weight: bold; }
details { color: #555; margin: .2rem 0; }
summary { cursor: pointer; }
@media (max-width: 40rem) {
  table { font-size: .8rem; }
  th, td { padding-right: .4rem; }
  td:nth-child(2) { min-width: 6rem; }
  td:nth-child(3) { white-space: normal; min-width: 4rem; }
  td:nth-child(2) small { overflow-wrap: anywhere; }
}
"""

BODY = """
{%- macro estimate(text) %}{% set figure, _, interval = text.partition("[") -%}
{{ figure }}<span class='interval'>[{{ interval }}</span>{% endmacro -%}
{%- for text in paragraphs %}<p>{{ text }}</p>
{% endfor %}
{%- if boards | length > 1 %}<nav><ul>
{%- for board in boards %}<li><a href='#board-{{ loop.index }}'>{{ heading(board) }}</a></li>{% endfor -%}
</ul></nav>
{% endif %}
{%- for board in boards %}{% set name = "board-%d" % loop.index -%}
<h2 id='{{ name }}'>{{ heading(board) }}</h2>
<div class='wide'><table><thead><tr>
{%- for title in headings %}<th>{{ title }}</th>{% endfor %}</tr></thead><tbody>
{% for entry in board %}{% set fails, address = entry.record.failed, entry.record.about.origin -%}
{% set rank, detector, robust, gates, origin, clean, further = cells(entry) -%}
<tr{% if fails %} class='fails'{% endif %}><td>{{ rank }}</td><td>{{ detector }}
{%- if address %}<br><small>{{ address }}</small>{% endif %}</td><td>{{ estimate(robust) }}</td><td>
{%- if fails %}<a href='#{{ name }}-{{ loop.index }}'>{{ gates }}</a>{% else %}{{ gates }}{% endif -%}
</td><td><span class='origin {{ origin }}'>{{ origin }}</span></td><td>{{ estimate(clean) }}</td><td>
{{- further }}</td></tr>
{% endfor %}</tbody></table></div>
<details><summary>The suite, attack by attack</summary><ul>
{%- for note in suite(board) %}<li>{{ note }}</li>{% endfor %}</ul></details>
{% for entry in board %}{% set told = notes(entry) | list -%}
{% if told %}<ul id='{{ name }}-{{ loop.index }}'>
{%- for note in told %}<li>{{ note }}</li>{% endfor %}</ul>{% endif %}
{%- endfor %}
{% endfor %}"""
