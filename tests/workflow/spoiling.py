"""What can be wrong with a folder of data: each function gives one that does it to the folder."""

import shutil


def without(*patterns):
    """Take files or folders away."""

    def spoil(folder):
        found = [path for pattern in patterns for path in folder.glob(pattern)]
        assert found
        for path in found:
            (shutil.rmtree if path.is_dir() else type(path).unlink)(path)

    return spoil


def holding(contents):
    """Put other contents into files, by name."""

    def spoil(folder):
        for name, content in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    return spoil


def changed(name, old, new):
    """Replace a text in a file, where it first stands."""

    def spoil(folder):
        content = (folder / name).read_bytes()
        assert old in content
        (folder / name).write_bytes(content.replace(old, new, 1))

    return spoil


def cut(name, end):
    """Keep the beginning of a file."""

    def spoil(folder):
        (folder / name).write_bytes((folder / name).read_bytes()[:end])

    return spoil


def moved(old, new):
    """Move a file or folder."""

    def spoil(folder):
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        (folder / old).rename(folder / new)

    return spoil


def together(*spoils):
    """Several faults at once."""

    def spoil(folder):
        for one in spoils:
            one(folder)

    return spoil
