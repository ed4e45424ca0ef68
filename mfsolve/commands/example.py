"""`mfsolve example`: real data with a known share of synthetic rows, as files to try `mfsolve provenance` on."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from mfsolve.arrays import Floats
from mfsolve.data.example_pool import example
from mfsolve.data.example_texts import example_texts
from mfsolve.study.config import StudyError
from mfsolve.study.files import write_text


def write_texts(folder: str, seed: int) -> int:
    """Write texts whose synthetic share grows from month to month, as `write_example` does.

    Raises
    ------
    StudyError
        For a seed outside its range, and for a file that exists.
    """
    try:
        made = example_texts(seed=seed)
    except ValueError as error:
        raise StudyError(f"--{error}") from None
    files = _files(folder)
    write_text(files["pool"], _table(("date", "text"), zip(made.months, made.pool)))
    for name, texts in (("human", made.human), ("synthetic", made.synthetic)):
        write_text(files[name], _table(("text",), ((text,) for text in texts)))
    print(f"{folder}: paragraphs of Python's documentation (pydoc_data, licence of the Python Software Foundation)")
    print(f"  human.csv      {len(made.human)} paragraphs")
    print(f"  synthetic.csv  {len(made.synthetic)} texts of a Markov chain fitted to as many other paragraphs")
    print(f"  pool.csv       {len(made.pool)} texts of 8 months, whose synthetic shares are")
    print("                 " + ", ".join(f"{made.share(month):.3f}" for month in dict.fromkeys(made.months)))
    print(
        f"try: mfsolve provenance {files['pool']} --human {files['human']} --synthetic {files['synthetic']} --date date"
    )
    return 0


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _files(folder: str) -> dict[str, Path]:
    """The three files of an example, in a folder that is made; StudyError where one of them exists."""
    path = Path(folder)
    files = {name: path / f"{name}.csv" for name in ("pool", "human", "synthetic")}
    for file in files.values():
        if file.exists():
            raise StudyError(f"{file}: already exists; choose another folder")
    path.mkdir(parents=True, exist_ok=True)
    return files


def write_example(folder: str, share: float, seed: int) -> int:
    """Write human.csv, synthetic.csv and pool.csv into a folder, never over files that are there.

    Raises
    ------
    StudyError
        For a share or a seed outside its range, and for a file that exists.
    """
    try:
        made = example(share, seed=seed)
    except ValueError as error:
        raise StudyError(f"--{str(error).replace('contamination', 'share', 1)}") from None
    files = _files(folder)
    for name, file in files.items():
        write_text(file, _csv(made.columns, getattr(made, name)))
    rows = made.pool.shape[0]
    print(
        f"{folder}: carbon dioxide at Mauna Loa, weekly, 1958-2001 (public domain): {' and '.join(made.columns)} in ppm"
    )
    print(f"  human.csv      {made.human.shape[0]} measured rows")
    print(f"  synthetic.csv  {made.synthetic.shape[0]} rows of a Gaussian fitted to {made.trained} other measured rows")
    print(
        f"  pool.csv       {rows - made.pool_synthetic} measured and {made.pool_synthetic} synthetic rows: "
        f"the share of synthetic ones is {made.contamination:.4f}"
    )
    print(f"try: mfsolve provenance {files['pool']} --human {files['human']} --synthetic {files['synthetic']}")
    return 0


def _csv(columns: tuple[str, ...], rows: Floats) -> str:
    lines = [",".join(columns), *(",".join(f"{value:.1f}" for value in row) for row in rows)]
    return "\n".join(lines) + "\n"
