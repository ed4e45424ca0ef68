"""A finished run from Python: its data as xarray, its table and verdicts as pandas, and its figures."""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import InputError
from mfsolve.paths import is_file
from mfsolve.report.rows import places_of
from mfsolve.report.undefined_values import lines
from mfsolve.study.axes import axis_names
from mfsolve.study.file.config import Study
from mfsolve.study.file.settings import Figure
from mfsolve.study.storage.records import read_record
from mfsolve.study.storage.run_dataset import dataset_of
from mfsolve.study.storage.store import RunDirectory

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Picture:
    """A stored figure, which a notebook shows."""

    path: Path

    def _repr_png_(self) -> bytes:
        return self.path.read_bytes()

    def __repr__(self) -> str:
        return f"Picture({str(self.path)!r})"


class _Bytes(FileIO):
    """A file that is read as long as something is read from it, and then closed without a word."""

    def __del__(self) -> None:
        self.close()


class Result:
    """A finished run: what `mfsolve.run` returns and `mfsolve.open` reads again.

    Attributes
    ----------
    path : pathlib.Path
        The run directory.
    study : Study
        The validated study, with every default written out in `study.resolved`.
    summary : dict
        The report as `mfsolve show --json` prints it.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self.path: Path = directory.path
        self.study: Study = directory.study
        self.summary: dict[str, Any] = read_record(
            directory.summary, f"write it anew with: mfsolve merge {directory.path}", hashed=True
        )

    @cached_property
    def data(self) -> "xr.Dataset":
        """Everything that was stored, as one labelled dataset, in memory.

        Dimensions are `arm`, the axes of the grid, `place` for rows of a design, `replicate` for what is drawn, and
        those of each output, its path first. What an arm does not have is NaN. Where places along a dimension differ
        from point to point, the dimension counts and its places stand in a variable `NAME_at`. A large file is read
        group by group from `tree`.
        """
        return dataset_of(self._directory)

    @cached_property
    def tree(self) -> "xr.DataTree":
        """The stored file itself, opened lazily: a node for every arm and place of the grid.

        It is read through a file of Python's: HDF5 opens a file once only in a process, with a lock or without, and
        others may open it here, too.
        """
        import xarray as xr

        return xr.open_datatree(_Bytes(self._directory.consolidated), engine="h5netcdf")

    @cached_property
    def table(self) -> "pd.DataFrame":
        """The report: a row for every estimate at every place of the grid; columns name its axes, interval, verdict."""
        import pandas as pd

        places = [place for spec in self.study.estimates for place in places_of(self._directory, spec)]
        names = axis_names(self.study.axes, ROW)
        rows = []
        for row, place in zip(self.summary["rows"], places, strict=True):
            estimate = row["estimate"]
            found = {
                **row,
                "estimate": estimate["value"],
                **{key: estimate[key] for key in ("low", "high", "replicates")},
            }
            axes = {names[axis]: place.get(axis) for axis in self.study.axes}
            rows.append({"name": row["name"], **axes, **{key: found.get(key) for key in ROW[1:]}})
        return pd.DataFrame(rows, columns=[ROW[0], *names.values(), *ROW[1:]])

    @property
    def verdicts(self) -> "pd.Series[str]":
        """Verdicts of the rows that claim something, by name, and by place where the study has a grid."""
        table = self.table[self.table["verdict"].notna()]
        axes = [name for name in axis_names(self.study.axes, ROW).values() if table[name].notna().any()]
        found: pd.Series[str] = table.set_index(["name", *axes])["verdict"]
        return found

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures that were drawn."""
        return tuple(name.removesuffix(".png") for name in self.summary["figures"] if name.endswith(".png"))

    def plot(self, name: str | None = None) -> Picture:
        """Return a figure by name, by default the study's first; one that was not drawn yet is drawn.

        Raises
        ------
        InputError
            For an unknown figure, or one whose data the study does not keep.
        """
        known = list(dict.fromkeys([*self.figures, *map(str, Figure)]))  # a figure of many panels has several pages
        if name is not None and name not in known:
            near = nearest(name, known)
            drawn = f"; drawn: {', '.join(self.figures) or 'none'}; others: {', '.join(known[len(self.figures) :])}"
            said = near if near.startswith("; did") else f"{drawn}, as far as the study keeps their data"
            raise InputError(f"name: {name!r} given: unknown figure{said}")
        if name is None and not self.figures:
            raise InputError(f"{self.path}: the study draws no figure; name one of: {', '.join(known)}")
        name = self.figures[0] if name is None else name
        path = self.path / f"{name}.png"
        if not is_file(path):
            self._draw(Figure(name))
        if not is_file(path):
            raise InputError(f"name: {name!r} given: the study keeps no data for it; drawn: {', '.join(self.figures)}")
        return Picture(path)

    def _draw(self, figure: Figure) -> None:
        from dataclasses import replace

        from mfsolve.report.look import untouched
        from mfsolve.report.rows import analyse
        from mfsolve.report.views import draw

        directory = RunDirectory(self.path, replace(self.study, figures=[figure]))
        with untouched():
            draw(directory, analyse(directory))

    def __repr__(self) -> str:
        count = f"{len(self.study.arms)} arms, {len(self.study.points)} points, {self.study.ensemble.replicates}"
        held = (
            f"variables: {', '.join(map(str, self.data.data_vars))}"
            if self.table.empty
            else self._short().to_string(index=False)
        )
        odd = "".join(f"\n{line}" for line in lines(self.summary.get("undefined", ())))
        return f"<Result {self.study.name}: {count} replicates, {self.path}>\n{held}{odd}"

    def _repr_html_(self) -> str:
        figures = f"figures: {escape(', '.join(self.figures))} (<code>.plot(name)</code>)" if self.figures else ""
        names = ", ".join(f"<code>{escape(str(name))}</code>" for name in self.data.data_vars)
        table = f"<p>{names}</p>" if self.table.empty else self._short().to_html(index=False, na_rep="", border=0)
        return f"<b>{escape(self.summary['title'])}</b>{table}<p>{escape(str(self.path))} {figures}</p>"

    def _short(self) -> "pd.DataFrame":
        """The table without columns that say nothing here."""
        table = self.table.drop(columns=["statistic", "quantity", "stated", "note"], errors="ignore")
        return table.dropna(axis="columns", how="all")


ROW = ("name", "statistic", "quantity", "arm", "estimate", "low", "high", "replicates", "mean_field", "claimed", "gap",
       "verdict", "note")  # fmt: skip
"""Columns of a result's table, but for the axes of the grid."""
