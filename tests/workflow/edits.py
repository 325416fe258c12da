"""Edits of a project, after which reruns are counted."""


def added(path):
    """A statement more at the end of a module."""

    def edit(project):
        with (project / path).open("a") as file:
            file.write("\n_CHANGED = 1\n")

    return edit


def comment(path):
    """A comment more, and another blank line."""

    def edit(project):
        text = (project / path).read_text()
        (project / path).write_text(f"{text}\n# said in passing\n")

    return edit


def docstring(path):
    """Another first docstring."""

    def edit(project):
        text = (project / path).read_text()
        assert '"""' in text
        (project / path).write_text(text.replace('"""', '"""Moreover: ', 1))

    return edit


def changed(path, text):
    """Another content of a file."""

    def edit(project):
        (project / path).write_text(text)

    return edit


def settings(**changes):
    """Other values in its configuration; "__" stands for a dot."""
    return lambda project: project.configure({key.replace("__", "."): new for key, new in changes.items()})


def reported(project):
    """A number more of the paper's."""
    path = project / "config/paper_tables.csv"
    path.write_text(path.read_text() + "datasets,digits,COBRA,1.0,1.0\n")


def together(*edits):
    """Several edits at once."""
    return lambda project: [edit(project) for edit in edits]
