"""`mfsolve export`: the replicates of a finished run as a table or for ArviZ."""

from collections.abc import Callable, Mapping, Sequence
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
    path where one is stored, and a column for every variable that runs along all or some of them: a single number of a
    replicate stands again in each line of its path. `.nc` holds all variables as the group `posterior` of an ArviZ
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
        raise StudyError(f"{target}: already exists; choose another file")
    if not is_dir(path.parent):
        raise StudyError(f"{target}: there is no folder {path.parent}")
    run = finished_run(folder)
    data = dataset_of(run)
    for name in variables:
        if name not in data.data_vars:
            raise StudyError(f"--variables: {name!r} given: unknown{nearest(name, list(map(str, data.data_vars)))}")
    chosen = data[list(variables)] if variables else data
    along = {str(name): frozenset(map(str, values.dims)) for name, values in chosen.data_vars.items()}
    dims = _lines(along) if form is not _arviz else frozenset().union(*along.values())
    once = form is _arviz and "replicate" in dims
    left = [name for name, own in along.items() if not own <= dims or (once and "replicate" not in own)]
    if variables and left:
        alike = [name for name in variables if name not in left]
        others = f"not along the dimensions of {', '.join(alike)}: one file each"
        raise StudyError(f"--variables: {', '.join(left)}: {others}")
    kept = chosen.drop_vars(left)
    kept = kept.drop_dims([dim for dim in kept.dims if dim not in dims])
    again = [name for name, own in along.items() if name not in left and own != dims]
    held = dataset_of(run, held=True)[list(kept.data_vars)] if form is not _arviz else kept
    try:
        with replaced(path) as temporary:
            form(kept, held, temporary)
    except ImportError:
        raise StudyError(f"{target}: needs pyarrow: pip install 'mfsolve[parquet]'") from None
    if form is not _arviz:
        said = f"; the same again along the others: {', '.join(again)}" if again else ""
        said += f"; not exported: {', '.join(left)} (use --variables)" if left else ""
        say(f"one row per {', '.join(map(str, kept.sizes))}; {len(kept.data_vars)} variables{said}")
    print(target)
    return 0


def _lines(along: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Dimensions whose places are the lines of a table: those of replicates, of the most variables, and few of them.

    A variable along some of them has its number again in every line of the others.
    """
    kinds = set(along.values())
    return max(
        sorted(kinds, key=sorted),
        key=lambda kind: ("replicate" in kind, sum(own <= kind for own in along.values()), -len(kind)),
    )


def _frame(data: "xr.Dataset", held: "xr.Dataset") -> Any:
    """Lines of what is stored, NaN or not: an arm or place without any of the variables has none."""
    dims = list(data.sizes)
    there = held[list(data.data_vars)].to_dataframe(dims)[list(data.data_vars)].any(axis=1)
    return data.to_dataframe(dims)[there.to_numpy()].reset_index()


def _csv(data: "xr.Dataset", held: "xr.Dataset", path: Path) -> None:
    _frame(data, held).to_csv(path, index=False)


def _csv_gz(data: "xr.Dataset", held: "xr.Dataset", path: Path) -> None:
    _frame(data, held).to_csv(path, index=False, compression={"method": "gzip", "mtime": 0})


def _parquet(data: "xr.Dataset", held: "xr.Dataset", path: Path) -> None:
    _frame(data, held).to_parquet(path, index=False)


def _arviz(data: "xr.Dataset", held: "xr.Dataset", path: Path) -> None:
    draws = data.rename(replicate="draw") if "replicate" in data.dims else data.expand_dims(draw=[0])
    first = ("chain", "draw")
    draws = draws.expand_dims(chain=[0])
    draws = draws.transpose(*first, *(dim for dim in draws.dims if dim not in first))
    draws.to_netcdf(path, group="posterior", engine="h5netcdf")


FORMS: dict[str, Callable[["xr.Dataset", "xr.Dataset", Path], None]] = {
    ".csv": _csv, ".csv.gz": _csv_gz, ".parquet": _parquet, ".nc": _arviz,
}  # fmt: skip
"""Forms by the ending of a file's name."""
