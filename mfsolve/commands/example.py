"""`mfsolve example`: real data with a known share of synthetic rows, as files to try `mfsolve provenance` on."""

from pathlib import Path

from mfsolve.arrays import Floats
from mfsolve.data.example_pool import example
from mfsolve.study.config import StudyError
from mfsolve.study.files import write_text


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
    path = Path(folder)
    files = {name: path / f"{name}.csv" for name in ("pool", "human", "synthetic")}
    for file in files.values():
        if file.exists():
            raise StudyError(f"{file}: already exists; choose another folder")
    path.mkdir(parents=True, exist_ok=True)
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
