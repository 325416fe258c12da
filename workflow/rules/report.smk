"""What the report shows where, and under which heading; its captions lie in workflow/report/."""


report: "../report/workflow.rst"


# The report lists its categories by the alphabet.
CATEGORIES = {
    "tables": "1 Tables",
    "gates": "2 Gates",
    "figures": "3 Figures",
    "data": "4 Data",
}


def headed(section, name):
    """The title of a table or figure; with its name where others of the `section` have the same, since the report
    knows the entries of a list by their labels.
    """
    titles = [each.title for each in section.values()]
    title = section[name].title
    return f"{title} ({name})" if titles.count(title) > 1 else title


# One label each: of a second one that has two values, in half of the entries each, the report makes a switch.


def table_labels(wildcards):
    return {"table": headed(CONFIG.tables, wildcards.table)}


def figure_labels(wildcards):
    return {"figure": headed(CONFIG.figures, wildcards.figure)}
