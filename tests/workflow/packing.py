"""Files in the formats that data sets come in, as bytes."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import zipfile
from typing import ClassVar

import numpy as np
import scipy.io
from PIL import Image


def png(image):
    """A PNG file of uint8 [H, W] or [H, W, 3], or of 16 bits if the array has them."""
    return _saved(image, format="PNG")


def jpeg(image):
    """A JPEG file, its colours as exact as JPEG has them."""
    return _saved(image, format="JPEG", quality=95)


def _saved(image, **form):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, **form)
    return stream.getvalue()


def tarred(files, packing=""):
    """A tar of `files` (bytes, or the target of a link), packed with "gz" or "xz", with its folders."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f"w:{packing}") as made:
        for folder in sorted({parent for name in files for parent in _parents(name)}):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            made.addfile(member)
        for name, content in files.items():
            _add(made, name, content)
    return stream.getvalue()


def _parents(name):
    parts = name.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts)) if ".." not in parts]


def _add(made, name, content):
    member = tarfile.TarInfo(name)
    if isinstance(content, str):
        member.type, member.linkname = tarfile.SYMTYPE, content
    else:
        member.size = len(content)
    made.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)


def zipped(files):
    """A deflated zip of `files`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return stream.getvalue()


def encrypted(content):
    """A zip of which every member says that it is encrypted."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(mark)
        while place >= 0:
            changed[place + offset] |= 1
            place = changed.find(mark, place + 1)
    return bytes(changed)


def idx_gz(array):
    """A packed IDX file of unsigned bytes."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes())


def matlab(**arrays):
    """A MATLAB file, version 5."""
    stream = io.BytesIO()
    scipy.io.savemat(stream, arrays, do_compression=True)
    return stream.getvalue()


class Python2Pickler(pickle._Pickler):
    """Pickles texts (bytes here) as Python 2 did when CIFAR was made."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_text(self, content):
        """The opcode BINSTRING."""
        self.write(b"T" + struct.pack("<i", len(content)) + content)
        self.memoize(content)

    dispatch[bytes] = save_text


def pickled(value):
    """A pickle as CIFAR's are: protocol 2, of Python 2, with NumPy's old module names."""
    stream = io.BytesIO()
    Python2Pickler(stream, protocol=2).dump(value)
    return stream.getvalue().replace(b"numpy._core.", b"numpy.core.")


def checksum_like(published, content):
    """The checksum of `content`, of the kind of a published one ("md5:...")."""
    kind = published.partition(":")[0]
    return f"{kind}:{hashlib.new(kind, content).hexdigest()}"


def table(heading, rows):
    """A CSV file."""
    return "\n".join(",".join(row) for row in [heading, *rows]).encode() + b"\n"


def noise(size, seed=0):
    """Bytes that are no format at all and cannot be packed."""
    return np.random.default_rng(seed).bytes(size)
