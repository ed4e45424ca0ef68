"""Files that are whole or not there: a full disk, a crash or a power cut leaves what stood before."""

import contextlib
import io
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py

from mfsolve.paths import exists, is_dir, make_dir
from mfsolve.study.storage import system
from mfsolve.study.storage.seal import layout, sealed
from mfsolve.study.storage.temporary import temporary_for

if TYPE_CHECKING:
    from typing_extensions import Buffer


FLUSHED = 2**28
"""Bytes after which the system is asked to bring them to the disk while more are written."""


class GuardedFile(io.RawIOBase):
    """A file for HDF5 whose first failed write is kept in `error` and hidden from the HDF5 library.

    HDF5 cannot recover from a failed write: it fails again when the file is closed, and may take the process with
    it. Here it never learns of the failure; the owner looks at `error` and throws the file away.
    """

    _descriptor = -1  # of a file that could not be opened, which Python closes nevertheless

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.error: OSError | None = None
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | system.BINARY, 0o644)  # no link
        self._position = self._size = self._waiting = 0
        self._flush: Future[None] | None = None

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
        done = 0
        while done < len(view):
            data = system.read_at(self._descriptor, len(view) - done, self._position)  # maybe less than asked
            if not data:
                break
            view[done : done + len(data)] = data
            done, self._position = done + len(data), self._position + len(data)
        return done

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
        self._waiting += done
        if self._waiting >= FLUSHED and (self._flush is None or self._flush.done()):
            self._flushed()
            if self.error is None:
                self._flush, self._waiting = in_the_background(os.fsync, self._descriptor), 0
        return len(view)

    def _flushed(self) -> None:
        """Wait for a flush that was asked for; the failure of one is that of a write: the system tells it once."""
        flush, self._flush = self._flush, None
        error = flush.exception() if flush is not None else None
        if self.error is None and isinstance(error, OSError):
            self.error = error

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
        self._flushed()
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """Give the descriptor back."""
        descriptor, self._descriptor = self._descriptor, -1  # given back once: it may be another file's at once
        try:
            if descriptor >= 0:
                self._flushed()
                os.close(descriptor)
        finally:
            super().close()


def in_the_background(work: Callable[..., None], *arguments: Any) -> "Future[None]":
    """The outcome of a call, made in a thread of its own that nobody waits for when the process ends."""
    outcome: Future[None] = Future()

    def run() -> None:
        try:
            work(*arguments)
            outcome.set_result(None)
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="mfsolve-flush", daemon=True).start()
    return outcome


@contextlib.contextmanager
def replaced(path: Path, only_new: bool = False) -> Iterator[Path]:
    """A temporary name in the same folder that becomes `path` when the block ends without an error.

    Its bytes are on the disk before it has the name, and the name is before this returns: a power cut leaves the file
    that stood there before or this one, whole.

    Raises
    ------
    OSError
        Naming `path`, where it cannot be written; what stood there before still does. Where only the last step fails,
        that the folder's entry is on the disk, the new file stands, and a power cut may bring the one before back.
    FileExistsError
        With `only_new`, where something stands there.
    """
    temporary = temporary_for(path)
    try:
        yield temporary
        sync(temporary)
        system.replace(temporary, path, only_new)
        sync(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if (
            isinstance(error, OSError)
            and error.errno is not None
            and error.filename in (None, str(temporary), str(path.parent))
        ):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def sync(path: Path) -> None:
    """Force the bytes of a file, or the entries of a folder, to the disk.

    Some file systems of a network cannot be asked for a folder's entries, and decide on their own when they keep them.
    """
    windows, folder = system.WINDOWS, is_dir(path)
    if windows and folder:
        return  # its entries are never held back there
    with naming(path):
        descriptor = os.open(path, os.O_RDWR | system.BINARY if windows else os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if not folder or error.errno not in system.NO_SUCH_CALL:
                raise
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add this file's name to system errors of the block that name none."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None


def make_folder(path: Path) -> None:
    """Make a folder and those above it, so that a power cut does not take them away with all that is in them."""
    new = [folder for folder in (path, *path.parents) if not exists(folder)]
    make_dir(path)
    for folder in new:
        sync(folder.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file, whole or not at all."""
    with replaced(path) as temporary, open(temporary, "xb") as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write a small text file, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_first(path: Path, text: str) -> bool:
    """Write a small text file where there is none; False where somebody else has been first, whose file stays."""
    try:
        with replaced(path, only_new=True) as temporary, open(temporary, "xb") as file:
            file.write(text.encode("utf-8"))
    except FileExistsError:
        return False
    return True


def read_hdf5(path: Path) -> h5py.File:
    """An HDF5 file for reading, without a lock: nothing here writes into a file that others see.

    Raises
    ------
    OSError
        Naming the file, where it cannot be opened.
    """
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "locking" in str(error):
            return h5py.File(path, "r")  # open in this process already, by somebody who locks
        if error.errno is None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from None


@contextlib.contextmanager
def new_hdf5(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file that appears under `path`, sealed and on the disk, when the block ends without an error.

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
        except Exception:
            if guard.error is not None:
                raise guard.error from None
            raise
        finally:
            guard.close()
