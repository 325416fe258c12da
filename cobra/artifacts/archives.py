"""Archives to a folder: nothing leaves it, nothing links out of it, nothing grows without bound."""

import gzip
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Generator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

from cobra.artifacts.files import require_space
from cobra.errors import UserError
from cobra.machine.progress import progress

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip")
MAX_BYTES = 200 * 2**30  # of one archive's content
MAX_MEMBERS = 5_000_000
FREE_BYTES = 2**28  # left free on the disk
Member = tuple[str, int, IO[bytes]]  # its name, its bytes as declared, its content

DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile,
    ValueError, IndexError,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Whether the name is that of a file that `unpack` can read."""
    return path.name.lower().endswith(ARCHIVES) and not path.is_dir()


def unpack(archive: Path, target: Path) -> None:
    """Write the files of a .tar (.gz, .xz, .bz2) or .zip below `target`.

    Raises UserError, naming the member, for one that would leave the folder, is a link or a device, is
    encrypted or damaged, exceeds the bounds or the disk.
    """
    member = "its beginning"
    written = 0
    try:
        target.mkdir(parents=True, exist_ok=True)
        is_zip = zipfile.is_zipfile(archive) or archive.suffix.lower() == ".zip"
        with (
            closing(_zip_members(archive) if is_zip else _tar_members(archive)) as members,
            progress(f"unpacking {archive.name}", None, unit="B") as bar,
        ):
            for number, (member, size, stream) in enumerate(members):
                written += size
                path = _inside(target, member, archive)
                _require_bounds(archive, member, number, written)
                require_space(f"{archive}: member {member!r}", size, target, FREE_BYTES)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    shutil.copyfileobj(stream, file, 1 << 20)
                bar.update(size)
    except DAMAGE as error:
        reason = (str(error).splitlines() or ["it ends early"])[0].rstrip(":")
        raise UserError(
            f"{archive} is damaged or truncated at {member!r} ({reason}): place or download it anew."
        ) from None
    except NotImplementedError as error:
        raise UserError(
            f"{archive}: {member!r} is packed in a way that Python cannot undo ({error}): "
            "unpack it by hand and place the folder."
        ) from None
    except OSError as error:
        raise UserError(
            f"{archive}: {member!r} could not be unpacked ({error.strerror or error}): "
            "make room or check the disk and start again."
        ) from None


def _tar_members(archive: Path) -> Generator[Member, None, None]:
    with tarfile.open(archive) as opened:
        for member in opened:
            if member.isdir():
                continue
            stream = opened.extractfile(member) if member.isfile() else None
            if stream is None:
                is_link = member.islnk() or member.issym()
                raise _refused(archive, member.name, "is a link" if is_link else "is no plain file")
            with stream:
                yield member.name, member.size, stream


def _zip_members(archive: Path) -> Generator[Member, None, None]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                raise UserError(f"{archive}: member {member.filename!r} is encrypted: unpack it by hand.")
            if stat.S_ISLNK(member.external_attr >> 16):
                raise _refused(archive, member.filename, "is a link")
            with opened.open(member) as stream:
                yield member.filename, member.file_size, stream


def _refused(archive: Path, member: str, why: str) -> UserError:
    return UserError(f"{archive}: member {member!r} {why}: refused, get the archive anew.")


def _inside(target: Path, member: str, archive: Path) -> Path:
    """Where `member` belongs below `target`."""
    name = PurePosixPath(member.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        raise _refused(archive, member, "would be written outside its folder")
    return target.joinpath(*name.parts)


def _require_bounds(archive: Path, member: str, number: int, written: int) -> None:
    if written > MAX_BYTES or number >= MAX_MEMBERS:
        raise UserError(
            f"{archive}: at member {member!r} its content exceeds {MAX_BYTES >> 30} GiB or "
            f"{MAX_MEMBERS} files: refused, get the archive anew."
        )
