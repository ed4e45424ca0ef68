"""`mfsolve export`: the replicates of a finished run as a table or for ArviZ."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfsolve.commands.messages import say
from mfsolve.models.arguments import nearest
from mfsolve.paths import exists, is_dir
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import replaced
from mfsolve.study.storage.run_dataset import dataset_of
from mfsolve.study.storage.run_lookup import finished_run

if TYPE_CHECKING:
    import xarray as xr


def export(folder: str, target: str, variables: Sequence[str] = ()) -> int:
    """Write variables of a run to a file; its ending says in which form.

    A table (`.csv`, `.csv.gz`, `.parquet`) has a line for every arm, place of the grid, replicate and place of the
    path, and a column for every variable that runs along them; `.nc` holds them as the group `posterior` of an ArviZ
    file, a replicate being a draw of its one chain.

    Raises
    ------
    StudyError
        For a folder without a finished run, an unknown ending or variable, variables along other dimensions, or a file
        that is there already.
    """
    path = Path(target)
    form = next((form for ending, form in FORMS.items() if path.name.endswith(ending)), None)
    if form is None:
        raise StudyError(f"{target}: unknown form; allowed endings: {', '.join(FORMS)}")
    if exists(path):
        raise StudyError(f"{target}: is there already; name another file")
    if not is_dir(path.parent):
        raise StudyError(f"{target}: there is no folder {path.parent}")
    data = dataset_of(finished_run(folder))
    for name in variables:
        if name not in data.data_vars:
            raise StudyError(f"--variables: {name!r} given: unknown{nearest(name, list(map(str, data.data_vars)))}")
    chosen = data[list(variables)] if variables else data
    kinds = Counter(frozenset(map(str, values.dims)) for values in chosen.data_vars.values())
    dims = max(kinds, key=lambda kind: ("replicate" in kind, kinds[kind]))
    left = [str(name) for name, values in chosen.data_vars.items() if frozenset(map(str, values.dims)) != dims]
    if variables and left:
        alike = [name for name in variables if name not in left]
        others = f"not along the dimensions of {', '.join(alike)}: one file each"
        raise StudyError(f"--variables: {', '.join(left)}: {others}")
    kept = chosen.drop_vars(left)
    kept = kept.drop_dims([dim for dim in kept.dims if dim not in dims])
    try:
        with replaced(path) as temporary:
            form(kept, temporary)
    except ImportError:
        raise StudyError(f"{target}: needs pyarrow: pip install 'mfsolve[parquet]'") from None
    if left:
        along = ", ".join(map(str, kept.sizes))
        say(f"{len(kept.data_vars)} variables along {along}; left out, along others: {', '.join(left)}")
    print(target)
    return 0


def _frame(data: "xr.Dataset") -> Any:
    """Lines of what is there: an arm or place without any of the variables has none."""
    return data.to_dataframe().dropna(how="all").reset_index()


def _csv(data: "xr.Dataset", path: Path) -> None:
    _frame(data).to_csv(path, index=False)


def _csv_gz(data: "xr.Dataset", path: Path) -> None:
    _frame(data).to_csv(path, index=False, compression={"method": "gzip", "mtime": 0})


def _parquet(data: "xr.Dataset", path: Path) -> None:
    _frame(data).to_parquet(path, index=False)


def _arviz(data: "xr.Dataset", path: Path) -> None:
    draws = data.rename(replicate="draw") if "replicate" in data.dims else data.expand_dims(draw=[0])
    first = ("chain", "draw")
    draws = draws.expand_dims(chain=[0])
    draws = draws.transpose(*first, *(dim for dim in draws.dims if dim not in first))
    draws.to_netcdf(path, group="posterior", engine="h5netcdf")


FORMS: dict[str, Callable[["xr.Dataset", Path], None]] = {
    ".csv": _csv, ".csv.gz": _csv_gz, ".parquet": _parquet, ".nc": _arviz,
}  # fmt: skip
"""Forms by the ending of a file's name."""
