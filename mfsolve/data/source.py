"""Bytes of a file that a user brings: plain, compressed, or from a stream that can be read once only."""

import codecs
import gzip
import shutil
import stat
import sys
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from mfsolve.models.frozen import InputError
from mfsolve.paths import is_dir

UTF_8 = "utf-8-sig"
GZIP = b"\x1f\x8b"
STANDARD_INPUT = "-"
LONGEST_PIECE = 2**26
"""Bytes of a line that are looked at together."""
FORMATS = {
    b"PK\x03\x04": "is a zip archive, as Excel files are; save it as CSV",
    b"\x89HDF": "is an HDF5 file; save its table as CSV",
    b"BZh": "is compressed by bzip2; allowed: gzip",
    b"\xfd7zXZ": "is compressed by xz; allowed: gzip",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd; allowed: gzip",
}


@dataclass(frozen=True)
class Source:
    """Bytes that can be read from their start as often as is needed.

    Attributes
    ----------
    path : Path
        The name in messages.
    stream : bool
        Whether they came from standard input, a pipe or a device, beside which nothing is written.
    """

    path: Path
    stream: bool = False
    encoding: str = UTF_8
    _copy: "_Copy | None" = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, path: Path, encoding: str | None = None) -> "Source":
        """Find a file; `-` is standard input. A stream is copied to a temporary file first.

        Texts are in UTF-8 or, where their bytes are none of it, in `encoding`, if one is given.

        Raises
        ------
        InputError
            For a file that cannot be read.
        """
        try:
            if str(path) == STANDARD_INPUT:
                found = cls(path, True, _copy=_Copy(sys.stdin.buffer))
            elif stat.S_ISREG(path.stat().st_mode) or is_dir(path):
                found = cls(path)
            else:
                with open(path, "rb") as stream:
                    found = cls(path, True, _copy=_Copy(stream))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from None
        return found if encoding is None or found._is_utf_8() else replace(found, encoding=encoding)

    def _is_utf_8(self) -> bool:
        """True where all bytes are UTF-8, or a mark says that they are UTF-16, or the file is no text."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.bytes() as content:
            start = content.read(4)
            if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start == b"PAR1":
                return True
            try:
                decoder.decode(start)
                while block := content.read(2**20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return False
        return True

    @contextmanager
    def bytes(self) -> Iterator[IO[bytes]]:
        """Open the content, decompressed; what goes wrong while it is read becomes an InputError of one line."""
        place = self.path if self._copy is None else Path(self._copy.name)
        try:
            with open(place, "rb") as file:
                start = file.read(8)
                file.seek(0)
                for mark, message in FORMATS.items():
                    if start.startswith(mark):
                        raise InputError(f"{self.path}: {message}")
                if start.startswith(GZIP):
                    with gzip.open(file, "rb") as content:
                        yield content  # type: ignore[misc]  # typeshed's GzipFile is no IO[bytes]
                else:
                    yield file
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise InputError(f"{self.path}: is truncated or damaged: it does not decompress") from None
        except UnicodeError:
            if self.encoding != UTF_8:
                raise InputError(f"{self.path}: not a text file in --encoding {self.encoding}") from None
            hint = "save it as UTF-8, or name its encoding with --encoding if the command has it, such as cp1252"
            raise InputError(f"{self.path}: {self._undecoded(place)}; {hint}") from None
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from None

    def _undecoded(self, place: Path) -> str:
        """Line and value of the first byte that is not UTF-8, in words."""
        with open(place, "rb") as file:
            packed = file.read(2) == GZIP
        with gzip.open(place, "rb") if packed else open(place, "rb") as content:
            for number, line in enumerate(iter(lambda: content.readline(LONGEST_PIECE), b""), start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as error:
                    where = f"line {number}, byte {error.start + 1}" if len(line) < LONGEST_PIECE else f"line {number}"
                    return f"{where}: 0x{line[error.start]:02x} given: not a UTF-8 text file"
        return "not a UTF-8 text file"


class _Copy:
    """A temporary file with the rest of a stream, which goes when nothing refers to it any more.

    It is closed, since some systems do not open a file twice.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        descriptor, self.name = tempfile.mkstemp(prefix="mfsolve-")
        weakref.finalize(self, Path(self.name).unlink, missing_ok=True)
        with open(descriptor, "wb") as file:
            shutil.copyfileobj(stream, file, 2**20)


def check_encoding(name: str) -> str:
    """Return the name of an encoding of texts; InputError where it is none."""
    try:
        known = codecs.lookup(name)
        "a".encode(known.name).decode(known.name)
    except (LookupError, UnicodeError, ValueError):
        raise InputError(f"--encoding: {name[:40]!r} given; allowed: encodings such as cp1252 or latin-1") from None
    return known.name
