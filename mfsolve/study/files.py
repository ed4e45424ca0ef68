"""Files that are whole or not there: a full disk, a crash or a power cut leaves what stood before."""

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py

from mfsolve.study import system
from mfsolve.study.seal import layout, sealed
from mfsolve.study.temporary import temporary_for

if TYPE_CHECKING:
    from typing_extensions import Buffer


class GuardedFile(io.RawIOBase):
    """A file for HDF5 whose first failed write is kept in `error` and hidden from the HDF5 library.

    HDF5 cannot recover from a failed write: it fails again when the file is closed, and may take the process with
    it. Here it never learns of the failure; the owner looks at `error` and throws the file away.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.error: OSError | None = None
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | system.BINARY, 0o644)  # no link
        self._position = self._size = 0

    def readable(self) -> bool:
        """HDF5 may read from it."""
        return True

    def writable(self) -> bool:
        """HDF5 may write to it."""
        return True

    def seekable(self) -> bool:
        """HDF5 may move its position."""
        return True

    def tell(self) -> int:
        """Position in bytes from the beginning."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position, and return it."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = start + offset
        return self._position

    def readinto(self, buffer: "Buffer") -> int:
        """Read what is there."""
        view = memoryview(buffer).cast("B")
        data = system.read_at(self._descriptor, len(view), self._position)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def write(self, data: "Buffer") -> int:
        """Write, or remember why not."""
        view = memoryview(data).cast("B")
        done = 0
        try:
            while self.error is None and done < len(view):
                done += system.write_at(self._descriptor, view[done:], self._position + done)
        except OSError as error:
            self.error = error
        self._position += len(view)
        self._size = max(self._size, self._position)
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        """Set the length in bytes."""
        self._size = self._position if size is None else size
        try:
            if self.error is None:
                os.ftruncate(self._descriptor, self._size)
        except OSError as error:
            self.error = error
        return self._size

    def seal(self, what: Mapping[str, Any]) -> None:
        """Put the seal behind the end.

        Raises
        ------
        OSError
            The first failure since the file was opened.
        """
        if self.error is None:
            self.seek(0, os.SEEK_END)
            self.write(sealed(self._descriptor, what))

    def sync(self) -> None:
        """Force the bytes to the disk.

        Raises
        ------
        OSError
            The first failure since the file was opened.
        """
        if self.error is not None:
            raise self.error
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Give the descriptor back."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary name in the same folder that becomes `path` when the block ends without an error."""
    temporary = temporary_for(path)
    try:
        yield temporary
        system.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    system.sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a small text file, whole or not at all."""
    with replaced(path) as temporary, open(temporary, "x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_hdf5(path: Path) -> h5py.File:
    """An HDF5 file for reading, without a lock: nothing here writes into a file that others see."""
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "locking" not in str(error):
            raise
        return h5py.File(path, "r")  # open in this process already, by somebody who locks


@contextlib.contextmanager
def new_hdf5(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file that appears under `path`, sealed and synced, when the block ends without an error.

    Raises
    ------
    OSError
        No space, no permission, a failing disk: nothing is left behind, and the process lives.
    """
    with replaced(path) as temporary:
        guard = GuardedFile(temporary)
        try:
            with h5py.File(guard, "w", libver=("v110", "v110")) as file:
                yield file
                what = layout(file)
            guard.seal(what)
            guard.sync()
        except Exception:
            if guard.error is not None:
                raise guard.error from None
            raise
        finally:
            guard.close()
