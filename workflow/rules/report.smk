"""What the report shows where, and under which heading; its captions lie in workflow/report/."""


report: "../report/workflow.rst"


# The report lists its categories by the alphabet.
CATEGORIES = {
    "tables": "1 Tables",
    "gates": "2 Gates",
    "figures": "3 Figures",
    "audit": "4 Audit",
    "provenance": "5 Provenance",
    "data": "6 Data",
    "leaderboard": "7 Leaderboard",
}


def headed(name, shown):
    """The title of a table or figure; with its name where another has the same, since the report knows the
    entries of a list by their labels.
    """
    titles = [
        each.title for each in [*CONFIG.tables.values(), *CONFIG.figures.values()]
    ]
    return f"{shown.title} ({name})" if titles.count(shown.title) > 1 else shown.title


# One label each, and the same for all: of a second one that has two values, in half of the entries each, the
# report makes a switch, and its search has a column for each label.


def table_labels(wildcards):
    return {"title": headed(wildcards.table, CONFIG.tables[wildcards.table])}


def figure_labels(wildcards):
    return {"title": headed(wildcards.figure, CONFIG.figures[wildcards.figure])}


# What each kind says of its figures: captions are given the configuration and nothing else of ours.
config["captions"] = {
    name: caption(figure.kind, figure.attack, figure.sweep)
    for name, figure in CONFIG.figures.items()
}
