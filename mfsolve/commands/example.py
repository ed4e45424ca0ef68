"""`mfsolve example`: real data as files to try `mfsolve provenance` and `mfsolve regress` on."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from mfsolve.data.datasets import ABOUT
from mfsolve.data.example_texts import example_texts
from mfsolve.models.collapse.example_log import Logged, example_log
from mfsolve.models.provenance.example_pool import example
from mfsolve.paths import exists, is_file, make_dir
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import write_text

LOG = "log"
TEXTS = "topics"
KINDS = (*ABOUT, TEXTS, LOG)
"""What can be written: data sets of features, texts by month, and a log of training."""


def write(folder: str, data: str, share: float, seed: int) -> int:
    """Write an example into a folder, never over files that are there.

    Raises
    ------
    StudyError
        For a share or a seed outside its range, and for a file that exists.
    """
    try:
        if data == LOG:
            return _write_log(folder, seed)
        return _write_texts(folder, seed) if data == TEXTS else _write_rows(folder, data, share, seed)
    except StudyError:
        raise
    except ValueError as error:
        raise StudyError(f"--{str(error).replace('contamination', 'share', 1)}") from None


def _write_log(folder: str, seed: int) -> int:
    rows = example_log(seed)
    file = _new(folder, "log")["log"]
    text = ((*map(str, row[:3]), f"{row.contamination:.4f}", f"{row.perplexity:.2f}") for row in rows)
    write_text(file, _table(Logged._fields, text))
    runs, last = len({row.seed for row in rows}), max(row.generation for row in rows)
    print(f"{folder}: a bigram model of Python's documentation (pydoc_data, licence of the Python Software Foundation)")
    print(f"  log.csv        held-out perplexity in {last} generations of training on its own text, {runs} runs each")
    print("                 with 0.4 of the text replaced, and with all of it")
    print(f"try: mfsolve regress {file}")
    return 0


def _write_texts(folder: str, seed: int) -> int:
    made = example_texts(seed=seed)
    files = _new(folder, "pool", "human", "synthetic")
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


def _new(folder: str, *names: str) -> dict[str, Path]:
    """The files of an example, in a folder that is made; StudyError where one of them exists."""
    path = Path(folder)
    files = {name: path / f"{name}.csv" for name in names}
    for file in files.values():
        if exists(file) or is_file(path):
            raise StudyError(f"{path if is_file(path) else file}: already exists; choose another folder")
    make_dir(path)
    return files


def _write_rows(folder: str, data: str, share: float, seed: int) -> int:
    made, told = example(share, seed=seed, data=data), ABOUT[data]
    files = _new(folder, "pool", "human", "synthetic")
    for name, file in files.items():
        rows = ([f"{value:.{told.decimals}f}" for value in row] for row in getattr(made, name))
        write_text(file, _table(made.columns, map(tuple, rows)))
    rows = made.pool.shape[0]
    print(f"{folder}: {told.words}")
    print(f"  human.csv      {made.human.shape[0]} measured rows")
    print(f"  synthetic.csv  {made.synthetic.shape[0]} rows of a Gaussian fitted to {made.trained} other measured rows")
    print(
        f"  pool.csv       {rows - made.pool_synthetic} measured and {made.pool_synthetic} synthetic rows: "
        f"the share of synthetic ones is {made.contamination:.4f}"
    )
    print(f"try: mfsolve provenance {files['pool']} --human {files['human']} --synthetic {files['synthetic']}")
    return 0
