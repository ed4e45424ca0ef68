"""Studies from Python: run one, run one over a grid, open what is stored.

>>> import mfsolve
>>> small = {"population": {"producers": 200, "items": 4}, "figures": [], "policies": {"closed_form": None}}
>>> result = mfsolve.run("headline", replicates=4, out=folder / "small", estimates=[], **small)
>>> result.data.contamination.dims
('arm', 'replicate', 'generation')
"""

import contextlib
import copy
import functools
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from mfsolve import claims
from mfsolve.calibration.section import check as check_calibration
from mfsolve.commands.messages import last_said, say
from mfsolve.commands.run import complete, refuse_what_cannot_fit
from mfsolve.commands.terminal import BAD_INPUT, INTERRUPTED, find_study
from mfsolve.experiments.experiment import Experiment
from mfsolve.grammar.arguments import cores
from mfsolve.models.arguments import number, whole
from mfsolve.models.frozen import InputError
from mfsolve.report.look import untouched
from mfsolve.result import Result
from mfsolve.study.execution.execute import carries_out
from mfsolve.study.execution.processes import task_time_limit
from mfsolve.study.file.calibration_marks import marked
from mfsolve.study.file.config import Study, read_study, resolve
from mfsolve.study.file.source import StudyError, digest
from mfsolve.study.origin.software import code_of
from mfsolve.study.storage.continuation import flatten, is_free
from mfsolve.study.storage.run_lookup import finished_run
from mfsolve.study.storage.store import RunDirectory

T = TypeVar("T")

_LOCK = threading.RLock()

MISSPELT = 0.8
"""Likeness from which on an unknown argument is taken for one of `run` that is misspelt, not for a section."""
MOST = 2**32 - 1
"""Replicates of a study at most, each of which has a 32-bit counter of its own."""


class RunError(RuntimeError):
    """A run that did not come to its end; what was computed is stored, and the same call goes on from there."""


def run(
    study: "str | Path | Mapping[str, Any] | Content",
    *,
    out: str | Path | None = None,
    workers: int | None = None,
    replicates: int | None = None,
    scheduler: str | None = None,
    task_time: float | None = None,
    **overrides: Any,
) -> Result:
    """Compute what is missing of a study, and return its result.

    A process computes one run at a time: called from several threads, one waits for the other.

    Parameters
    ----------
    study : str, Path or mapping
        A study file, the name of a shipped study, or the content of a study file. A user's own model is looked for
        beside the file, and in the working directory for a mapping.
    out : str or Path, optional
        Run directory. Without it `results/NAME` as on the command line; with overrides or a mapping, whose content
        has no name of its own, `results/NAME-HASH` of settings and code, so that an equal call finds its result.
    workers : int, optional
        Replicates at a time; all cores if not given.
    replicates : int, optional
        Instead of the study's own number.
    scheduler : str, optional
        Address of a Dask scheduler, or the path of its scheduler file.
    task_time : float, optional
        Seconds, > 0, after which a task is ended with its process; after three tries the run goes on without it.
    **overrides
        Sections of the study, such as `parameters={"imitation": 0.4}`: tables are merged, anything else replaces what
        the study says, None takes a key away.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        For a study that cannot be run as it is written, or that needs more disk, memory or time than there is, or an
        argument out of its range; nothing is stored.
    RunError
        Where replicates failed or could not be stored; what was computed is kept.

    Examples
    --------
    >>> import mfsolve
    >>> market = {"model": "creator_stream", "population": {"creators": 50}, "figures": [], "laws": {"uniform": {}}}
    >>> result = mfsolve.run(market, replicates=4, out=folder / "market")
    >>> result.data.aggregate_market.shape
    (1, 4)
    """
    workers = _checked(whole, "workers", workers, 1, MOST)
    replicates = _checked(whole, "replicates", replicates, 1, MOST)
    task_time = _checked(number, "task_time", task_time, "(0, inf)")
    content = _content(study)
    for key in overrides:
        near = get_close_matches(key, ("out", "workers", "replicates", "scheduler", "task_time"), 1, MISSPELT)
        if near and key not in content.raw:
            raise StudyError(f"{key}: unknown argument; did you mean {near[0]}?")
    named = isinstance(study, str | Path) and not overrides
    if overrides:
        content = content._replace(raw=marked(content.raw))
    _merge(content.raw, _plain(overrides))
    if replicates is not None:
        _merge(content.raw, {"ensemble": {"replicates": replicates}})
    resolved = resolve(*content)
    claims.check(resolved)
    check_calibration(resolved)
    folder = Path("results") / (content.name if named else f"{content.name}-{_mark(resolved)}")
    directory = RunDirectory(folder if out is None else Path(out), resolved)
    workers = cores() if workers is None else workers
    with _alone(directory):
        if not directory.finished():
            refuse_what_cannot_fit(directory, workers)
            with untouched(), task_time_limit(task_time):
                _end(directory, complete(directory, workers, scheduler))
    return Result(directory)


@contextlib.contextmanager
def _alone(directory: RunDirectory) -> Iterator[None]:
    """Compute no other run in this process meanwhile: a request to stop, limits and figures are those of the process.

    Raises
    ------
    StudyError
        Where a model that another run computes asks for it, which would wait for it.
    """
    if carries_out():
        raise StudyError(
            f"{directory.path}: asked for by a model while it is run: compute it before, or by another process"
        )
    if not _LOCK.acquire(blocking=False):
        say(f"{directory.path}: waits for another run of this process")
        _LOCK.acquire()
    try:
        yield
    finally:
        _LOCK.release()


def sweep(study: str | Path | Mapping[str, Any], axes: Mapping[str, Sequence[Any]], **options: Any) -> Result:
    """Run a study over a grid: every combination of these values, in place of the study's own grid.

    Parameters
    ----------
    study : str, Path or mapping
        As `run` takes it.
    axes : mapping of str to sequence
        Values along every axis, such as `{"parameters.imitation": [0.4, 0.6]}`.
    **options
        Everything that `run` takes.

    Returns
    -------
    Result
        Its data have a dimension for every axis.

    Raises
    ------
    InputError, RunError
        As `run`; also for an axis that is not `SECTION.KEY`, or `SECTION.ARM.KEY`.

    Examples
    --------
    >>> import mfsolve
    >>> market = {"model": "creator_stream", "laws": {"uniform": {}}, "figures": []}
    >>> result = mfsolve.sweep(market, {"population.creators": [10, 20]}, replicates=4, out=folder / "sweep")
    >>> dict(result.data.precision_gap.sizes)
    {'arm': 1, 'creators': 2, 'replicate': 4}
    """
    content = _content(study)
    grid: dict[str, Any] = {}
    for axis, values in _plain(dict(axes)).items():
        if "." not in axis:
            raise StudyError(f"axes: {axis!r} given: SECTION.KEY is needed, such as 'parameters.imitation'")
        _merge(grid, {axis: values})
    content.raw.pop("design", None)
    content.raw["grid"] = grid
    return run(content, **options)


def open_run(path: str | Path) -> Result:
    """Open a finished run.

    Parameters
    ----------
    path : str or Path
        Its run directory, which `mfsolve run` or `mfsolve.run` has filled.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        Where no finished run stands there.
    """
    return Result(finished_run(str(path)))


class Content(NamedTuple):
    """Content of a study file, its name, and the words that open complaints about it."""

    raw: dict[str, Any]
    name: str
    source: str


def _content(study: str | Path | Mapping[str, Any] | Content) -> Content:
    if isinstance(study, Content):
        return study
    if isinstance(study, Experiment) or (isinstance(study, Mapping) and isinstance(study.get("model"), Experiment)):
        raise StudyError(
            "model: an Experiment given; write it to a file, and its name in a study, such as {'model': "
            "'mymarket:EXPERIMENT'}: its source is part of what is stored"
        )
    if not isinstance(study, str | Path | Mapping):
        raise StudyError(f"study: {type(study).__name__} given; a file, the name of a study or a mapping is needed")
    if isinstance(study, Mapping):
        raw = _plain(copy.deepcopy(dict(study)))
        raw = _nested({key: table for key, table in raw.items() if key != "estimates"}) | {
            key: table
            for key, table in raw.items()
            if key == "estimates"  # whose places are named by dotted words
        }
        words = re.findall(r"\w+", str(raw.get("title", raw.get("model", "study"))).partition(":")[0].lower())
        return Content(raw, "_".join(words)[:40] or "study", "study")
    path = find_study(str(study))
    return Content(read_study(path), path.stem, str(path))


def _plain(value: Any) -> Any:
    """Values of NumPy as those of Python, tuples as lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return [_plain(item) for item in value] if isinstance(value, list | tuple | range) else value


def _nested(value: Any) -> Any:
    """Tables whose dotted keys are tables in tables, as in TOML."""
    if not isinstance(value, Mapping):
        return [_nested(item) for item in value] if isinstance(value, list) else value
    found: dict[str, Any] = {}
    for key, item in value.items():
        *above, last = key.split(".")
        place = functools.reduce(lambda table, name: table.setdefault(name, {}), above, found)
        if not isinstance(place, dict) or (last in place and not isinstance(place[last], dict)):
            raise StudyError(f"{key}: given twice")
        item = _nested(item)
        place[last] = {**place[last], **item} if last in place and isinstance(item, dict) else item
    return found


def _merge(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Put changes into nested tables; a key may be dotted, and None takes one away."""
    for key, value in changes.items():
        first, dot, rest = key.partition(".")
        if dot:
            _merge(table, {first: {rest: value}})
        elif value is None:
            table.pop(first, None)
        elif isinstance(value, Mapping) and isinstance(table.get(first), dict | None):
            _merge(table.setdefault(first, {}), value)
        else:
            table[first] = value


def _mark(study: Study) -> str:
    """Short hash of all that decides a study's numbers, its code included."""
    kept = {key: value for key, value in flatten(study.resolved).items() if not is_free(key, study)}
    return digest([kept, code_of(study.experiment)])[:8]


def _checked(check: Callable[..., T], name: str, value: Any, *allowed: Any) -> T | None:
    """A value that has passed a check of `models.arguments`, None if not given; InputError if refused."""
    try:
        return None if value is None else check(name, value, *allowed)
    except ValueError as error:
        raise InputError(error) from None


def _end(directory: RunDirectory, code: int) -> None:
    """Raise what an exit code of the command stands for."""
    if code == BAD_INPUT:
        raise InputError(last_said())
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise RunError(last_said() or f"{directory.path}: the run failed")
