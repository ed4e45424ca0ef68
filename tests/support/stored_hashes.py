"""One SHA-256 per stored data set of shipped studies at toy size, to hold one state of the code against another.

    python -m support.stored_hashes [NAME...]     (from tests/; all studies take several minutes)

What is the same in every replicate is hashed once, so that it does not matter how often it is stored.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from mfsolve.commands.run import complete, run_directory
from mfsolve.study.file.shipped import shipped_studies

from .toy import write_toy


def digest(data: h5py.Dataset) -> str:
    """Hash of a data set's type and bytes; of one replicate where all are equal."""
    values = np.asarray(data[()])
    drawn = data.ndim > 0 and any(name == "replicate" for name, _ in data.dims[0].items())
    if drawn and values.dtype.kind == "f" and all(row.tobytes() == values[0].tobytes() for row in values):
        values = values[:1]
    return hashlib.sha256(values.dtype.str.encode() + values.tobytes()).hexdigest()


def stored_hashes(study: Path, workers: int = 2) -> Iterator[str]:
    """A line `STUDY:GROUP/NAME HASH` for every data set that a study stores."""
    with tempfile.TemporaryDirectory() as folder:
        directory = run_directory(write_toy(study, Path(folder)), Path(folder) / "run", ["figures=[]"])
        if complete(directory, workers):
            raise RuntimeError(f"{study.stem} did not finish")
        lines: list[str] = []
        with h5py.File(directory.consolidated) as file:
            file.visititems(
                lambda name, item: (
                    (lines.append(f"{study.stem}:{name} {digest(item)}") if isinstance(item, h5py.Dataset) else None)
                    if name.rpartition("/")[2] not in str(item.parent.attrs.get("coordinates", "")).split()
                    else None
                )
            )
        yield from sorted(lines)


def main(names: list[str]) -> None:
    """Print the hashes of the named studies, of all without a name."""
    studies = shipped_studies()
    if unknown := sorted(set(names) - set(studies)):
        sys.exit(f"no shipped study is called {', '.join(unknown)}")
    for name, path in studies.items():
        if not names or name in names:
            print(*stored_hashes(path), sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
