"""A user's own experiment, watched: what it returns is held against what it declares; mistakes name file and line."""

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.experiments._undeclared_files import note, noting
from mfsolve.experiments._user_arrays import GuestError as GuestError
from mfsolve.experiments._user_arrays import as_arrays, declared, outputs_of
from mfsolve.experiments._user_home import Home
from mfsolve.experiments.experiment import INHERITING, SECTIONS, Arm, Case, Experiment, Reference
from mfsolve.models.frozen import Frozen, InputError

NUMBA_PLACE = re.compile(r'File "([^"]+)", line (\d+)')


def shown_path(path: Path) -> str:
    """A path as seen from here, where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def blame(error: BaseException, files: Iterable[Path], what: str = "") -> str:
    """One line on an error, with its kind and message: the last of these files, and the line, that it passed through.

    Where it passed through none of them the first is named.
    """
    files = list(files)
    own = {path.resolve() for path in files}
    message = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = message[0] if message else ""
    if isinstance(error, SyntaxError):
        place, said = (Path(error.filename or "?"), error.lineno), error.msg
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() in own]
        place = (Path(frames[-1].filename), frames[-1].lineno) if frames else (files[0], None)
        if len(message) > 1 and said.startswith("Failed in"):  # numba tells the stage first, then what is wrong
            said = message[1]
            inside = [m for m in NUMBA_PLACE.findall(str(error)) if any(p.name == Path(m[0]).name for p in own)]
            place = (Path(place[0]).with_name(Path(inside[-1][0]).name), int(inside[-1][1])) if inside else place
    at = f"{shown_path(place[0])}:{place[1]}" if place[1] else shown_path(place[0])
    doing = f" ({what})" if what else ""
    return f"{at}: {type(error).__name__}: {said}{doing}"


def own_files(home: Home) -> list[Path]:
    """Paths of the sources of a home, the module's own first."""
    place = home.folder.joinpath(*home.module.split("."))
    files = [home.folder / name for name, _ in home.files]
    return sorted(files, key=lambda file: file not in (place.with_suffix(".py"), place / "__init__.py"))


def examined(given: Any, home: Home, attribute: str) -> Experiment:
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


def guarded(experiment: Experiment, home: Home) -> Experiment:
    """The same experiment, whose functions raise nothing but a GuestError, or what `check` refuses."""
    arms = {name: _guarded_arm(arm, name, home) for name, arm in experiment.arms.items()}
    predictions = {name: _watched(form, f"prediction {name!r}", home) for name, form in experiment.predictions.items()}
    return replace(experiment, arms=arms, predictions=predictions)


def _guarded_arm(arm: Arm, name: str, home: Home) -> Arm:
    def watched(function: Any, what: str) -> Any:
        return None if function is None else _watched(function, f"{what} of arm {name!r}", home)

    def where(what: str) -> str:
        return f"{shown_path(home.root)}: {what} of arm {name!r}"

    places, reference = watched(arm.coordinates, "coordinates"), arm.reference

    def coordinates(case: Case) -> Arrays:
        return {dim: np.asarray(values) for dim, values in places(case).items()}

    drawn, solved = (
        outputs_of(watched(function, what), coordinates, where(what))
        for function, what in ((arm.drawn, "drawn"), (arm.solved, "solved"))
    )
    if reference is not None:
        compute = watched(reference.compute, "reference")
        reference = Reference(
            watched(reference.names, "names of the reference"),
            lambda case: as_arrays(compute(case), where("the reference")),
        )
    return replace(
        arm,
        drawn=drawn,
        solved=solved,
        coordinates=coordinates,
        reference=reference,
        check=_watched(arm.check, f"check of arm {name!r}", home, ValueError),
        draw=declared(watched(arm.draw, "draw"), (drawn, coordinates), where("draw")),
        draw_many=declared(watched(arm.draw_many, "draw_many"), (drawn, coordinates), where("draw_many"), many=True),
        side_by_side=watched(arm.side_by_side, "side_by_side"),
        solve=declared(watched(arm.solve, "solve"), (solved, coordinates), where("solve")),
    )


def _watched(
    function: Callable[..., Any], what: str, home: Home, answer: type[ValueError] = InputError
) -> Callable[..., Any]:
    """The function, whose errors name the user's file and line, but for those that are its answer.

    An exit that the model asks for is an error like any other; only the person at the keyboard ends a run.
    """

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            found, seen = noting(function, *arguments)
        except (answer, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise GuestError(blame(error, own_files(home), what)) from error
        if seen:
            note(home, seen, arguments)
        return found

    return call
