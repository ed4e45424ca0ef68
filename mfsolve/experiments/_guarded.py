"""A user's own experiment, watched: what it returns is held against what it declares; mistakes name file and line."""

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments.experiment import INHERITING, SECTIONS, Arm, Case, Experiment, Output, Reference
from mfsolve.models.frozen import Frozen, InputError

if TYPE_CHECKING:
    from mfsolve.experiments._guests import Home

NUMBA_PLACE = re.compile(r'File "([^"]+)", line (\d+)')


class GuestError(InputError):
    """A mistake in a user's own model; the message is one line that names the file and, if there is one, the line."""


def shown_path(path: Path) -> str:
    """A path as seen from here, where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def blame(error: BaseException, files: Iterable[Path], what: str = "") -> str:
    """One line on an error: the last of these files that it passed through, with line, kind and message."""
    own = {path.resolve() for path in files}
    message = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = message[0] if message else ""
    if isinstance(error, SyntaxError):
        place, said = (Path(error.filename or "?"), error.lineno), error.msg
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() in own]
        place = (Path(frames[-1].filename), frames[-1].lineno) if frames else (min(own), None)
        if len(message) > 1 and said.startswith("Failed in"):  # numba tells the stage first, then what is wrong
            said = message[1]
            inside = [m for m in NUMBA_PLACE.findall(str(error)) if any(p.name == Path(m[0]).name for p in own)]
            place = (Path(place[0]).with_name(Path(inside[-1][0]).name), int(inside[-1][1])) if inside else place
    at = f"{shown_path(place[0])}:{place[1]}" if place[1] else shown_path(place[0])
    doing = f" ({what})" if what else ""
    return f"{at}: {type(error).__name__}: {said}{doing}"


def own_files(home: "Home") -> list[Path]:
    """Paths of the sources of a home."""
    return [home.folder / name for name, _ in home.files]


def examined(given: Any, home: "Home", attribute: str) -> Experiment:
    """The experiment; GuestError naming the first thing about it that cannot be.

    Raises
    ------
    GuestError
    """

    def need(condition: bool, what: str) -> None:
        if not condition:
            raise GuestError(f"{shown_path(home.root)}: {attribute}: {what}")

    need(isinstance(given, Experiment), f"is of type {type(given).__name__}; an Experiment is needed")
    experiment: Experiment = given
    for name in ("parameters", "population", "record"):
        kind = getattr(experiment, name)
        need(isinstance(kind, type) and issubclass(kind, Frozen), f"{name}: a class derived from Frozen is needed")
    need(isinstance(experiment.arms, Mapping) and bool(experiment.arms), "arms: a dict of at least one Arm is needed")
    taken = experiment.section in (*SECTIONS, *INHERITING)
    need(not taken, f"section: {experiment.section!r} stands for something else in every study file")
    for name, arm in experiment.arms.items():
        need(isinstance(arm, Arm), f"arms: {name!r}: an Arm is needed")
        need(arm.draw is not None or arm.solve is not None, f"arms: {name!r}: draw or solve is missing")
        need(isinstance(arm.settings, type) and issubclass(arm.settings, Frozen), f"arms: {name!r}: settings: a class")
    return experiment


def guarded(experiment: Experiment, home: "Home") -> Experiment:
    """The same experiment, whose functions raise nothing but a GuestError, or what `check` refuses."""
    arms = {name: _guarded_arm(arm, name, home) for name, arm in experiment.arms.items()}
    predictions = {name: _watched(form, f"prediction {name!r}", home) for name, form in experiment.predictions.items()}
    return replace(experiment, arms=arms, predictions=predictions)


def _guarded_arm(arm: Arm, name: str, home: "Home") -> Arm:
    def watched(function: Any, what: str) -> Any:
        return None if function is None else _watched(function, f"{what} of arm {name!r}", home)

    places, reference = watched(arm.coordinates, "coordinates"), arm.reference

    def coordinates(case: Case) -> Arrays:
        return {dim: np.asarray(values) for dim, values in places(case).items()}

    drawn, solved = (
        _outputs(watched(function, what), coordinates, f"{what} of arm {name!r}", home)
        for function, what in ((arm.drawn, "drawn"), (arm.solved, "solved"))
    )
    if reference is not None:
        reference = Reference(
            watched(reference.names, "names of the reference"),
            _arrays(watched(reference.compute, "reference"), "the reference", name, home),
        )
    return replace(
        arm,
        drawn=drawn,
        solved=solved,
        coordinates=coordinates,
        reference=reference,
        check=_checking(arm.check, name, home),
        draw=_declared(watched(arm.draw, "draw"), (drawn, coordinates), f"draw of arm {name!r}", home),
        draw_many=watched(arm.draw_many, "draw_many"),
        side_by_side=watched(arm.side_by_side, "side_by_side"),
        solve=_declared(watched(arm.solve, "solve"), (solved, coordinates), f"solve of arm {name!r}", home),
    )


def _watched(function: Callable[..., Any], what: str, home: "Home") -> Callable[..., Any]:
    """The function, whose errors name the user's file and line."""

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except InputError:
            raise
        except Exception as error:
            raise GuestError(blame(error, own_files(home), what)) from error

    return call


def _checking(check: Callable[[Case], None], name: str, home: "Home") -> Callable[[Case], None]:
    """The arm's check: its ValueErrors are answers, everything else is a mistake."""

    @wraps(check)
    def call(case: Case) -> None:
        try:
            check(case)
        except ValueError:
            raise
        except Exception as error:
            raise GuestError(blame(error, own_files(home), f"check of arm {name!r}")) from error

    return call


def _arrays(function: Callable[[Case], Any], what: str, arm: str, home: "Home") -> Callable[[Case], Arrays]:
    def call(case: Case) -> Arrays:
        return _as_arrays(function(case), f"{what} of arm {arm!r}", home)

    return call


def _as_arrays(found: Any, what: str, home: "Home") -> Arrays:
    """Named arrays of float64."""
    if not isinstance(found, Mapping):
        raise GuestError(f"{shown_path(home.root)}: {what} returned {type(found).__name__}; a dict of arrays is needed")
    arrays = {}
    for name, values in found.items():
        try:
            arrays[name] = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise GuestError(f"{shown_path(home.root)}: {what}: {name!r} is no array of numbers") from None
    return arrays


def _outputs(function: Any, coordinates: Any, what: str, home: "Home") -> Callable[[Case], dict[str, Output]]:
    """Declared outputs, whose dimensions all have coordinates."""

    def call(case: Case) -> dict[str, Output]:
        outputs, where = dict(function(case)), f"{shown_path(home.root)}: {what}"
        places = coordinates(case) if outputs else {}
        for name, output in outputs.items():
            if not isinstance(output, Output):
                raise GuestError(f"{where}: {name!r} is a {type(output).__name__}; an Output is needed")
            for dim in output.dims:
                if dim not in places:
                    raise GuestError(f"{where}: {name!r} has the dimension {dim!r}, which coordinates does not give")
        return outputs

    return call


def _declared(function: Any, declaration: tuple[Any, Any], what: str, home: "Home") -> Any:
    """The function, whose arrays have the names and shapes that the arm declares."""
    if function is None:
        return None

    @wraps(function)
    def call(case: Case, *arguments: Any) -> Arrays:
        arrays = _as_arrays(function(case, *arguments), what, home)
        outputs, places = (part(case) for part in declaration)
        where = f"{shown_path(home.root)}: {what}"
        for name in [*(n for n in outputs if n not in arrays), *(n for n in arrays if n not in outputs)]:
            there = "is declared and not returned" if name in outputs else "is returned and not declared"
            raise GuestError(f"{where}: {name!r} {there}")
        for name, output in outputs.items():
            shape = tuple(int(np.size(places[dim])) for dim in output.dims)
            if arrays[name].shape != shape:
                dims = ", ".join(output.dims)
                raise GuestError(f"{where}: {name!r} has shape {arrays[name].shape}; declared: ({dims}) = {shape}")
        return arrays

    return call
