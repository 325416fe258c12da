"""Edits of a project, after which reruns are counted."""


def added(path):
    """A statement more at the end of a module."""

    def edit(project):
        with (project / path).open("a") as file:
            file.write("\n_CHANGED = 1\n")

    return edit


def settings(**changes):
    """Other values in its configuration; "__" stands for a dot."""
    return lambda project: project.configure({key.replace("__", "."): new for key, new in changes.items()})
