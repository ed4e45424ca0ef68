"""One look for all figures: legible, colour-blind safe (Okabe and Ito), lines that differ without colour."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#332288", "#882255")
LINES = ("-", "--", "-.", ":", "-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def new_figure(rows: int, columns: int, width: float, height: float, **options: Any) -> tuple["Drawing", Any]:
    """A figure with a grid of axes, in inches."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    style: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
             "grid.alpha": 0.25, "pdf.fonttype": 42}  # fmt: skip
    with plt.rc_context(style):
        return plt.subplots(rows, columns, figsize=(width, height), layout="constrained", squeeze=False, **options)


def save(drawing: "Drawing", stem: Path) -> list[Path]:
    """Write PNG and PDF; returns both paths. The same figure gives the same bytes."""
    from matplotlib import pyplot as plt

    from mfsolve.study.files import replaced

    files = []
    for ending, metadata in (("png", {"Software": None}), ("pdf", {"CreationDate": None})):
        path = stem.with_name(f"{stem.name}.{ending}")
        with replaced(path) as temporary:
            drawing.savefig(temporary, format=ending, dpi=160, metadata=metadata)
        drawing.set_layout_engine("none")  # laid out once: the second format takes the same places
        files.append(path)
    plt.close(drawing)
    return files


def label(name: str) -> str:
    """A name from a study file as words."""
    return {"none": "no policy", "w2_drift": "W2 drift"}.get(name, name.replace("_", " "))
