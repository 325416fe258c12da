"""Lists and mappings among the values of Snakemake's --config."""

import pytest

from workflow.lib import start


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["seeds=[0,1]"], {"seeds": [0, 1]}),
        (
            ['datasets={digits: {classes: ["0"], eps: 0.1}}'],
            {"datasets": {"digits": {"classes": ["0"], "eps": 0.1}}},
        ),
        (["results=results/x", "machine=fast", "eps=0.1", "none="], {}),
        (["results=[x", "text=a: b: c"], {}),
    ],
)
def test_numbers_in_lists_and_mappings_of_the_command_line_are_numbers(arguments, found):
    assert start.lists_and_mappings(arguments) == found
