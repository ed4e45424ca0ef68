"""`mfsolve regress`: the collapse law and its rivals, fitted to a user's own measurements (MODEL 8.10)."""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any, NamedTuple

from mfsolve.commands import figure as figures
from mfsolve.data.measurements import Measurements, Options, read
from mfsolve.inference.collapse_conditions import Conditions, by_condition
from mfsolve.inference.collapse_laws import Comparison, compare
from mfsolve.inference.collapse_paths import Start
from mfsolve.inference.estimate import LEAST_LEVEL
from mfsolve.inference.regression import Regression, slope_of
from mfsolve.models.frozen import InputError


class Found(NamedTuple):
    """Measurements, fits and notes of a report."""

    data: Measurements
    fit: Regression
    laws: Comparison
    conditions: Conditions | None
    test: dict[str, float] | None
    notes: list[str]


def regress(asked: argparse.Namespace) -> int:
    """Fit the collapse law to measurements, print the fit and draw it.

    The result is printed whether or not the figure can be written; the exit code is 1 where a figure that was asked for
    cannot.

    Raises
    ------
    InputError
        For a file or an option that cannot be used.
    """
    path = Path(asked.table)
    if not LEAST_LEVEL <= asked.level < 1.0:
        raise InputError(f"--level: {asked.level:g} given; allowed: [{LEAST_LEVEL}, 1)")
    figures.wanted(asked.figure, None)
    found = _fit(path, asked)
    if not asked.json:
        _print(path, found)
        sys.stdout.flush()
    files, code = _draw(path, asked, found)
    if asked.json:
        print(json.dumps(_report(found, files), indent=2, allow_nan=False))
    elif files:
        print(f"  figure       {', '.join(str(file) for file in files)}")
    return code


def _fit(path: Path, asked: argparse.Namespace) -> Found:
    choices = asked.metric, asked.contamination, asked.by, Start(asked.start), asked.generation, asked.run, asked.wide
    data = read(path, Options(*choices))
    options = {"lags": asked.lags, "level": asked.level}
    try:
        fit = slope_of(data.paths, **options)
        laws = compare(data.paths, asked.level)
        several = len(set(data.conditions)) > 1
        conditions = by_condition(data.paths, data.conditions, **options) if several else None
        notes = list(data.notes) + ([fit.note] if fit.note else [])
        if data.bounds is not None:
            low, high = sorted(slope_of(paths, **options).slope for paths in data.bounds)
            notes.append(f"as the unknown contamination may be, the slope is {low:.4g} to {high:.4g}")
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    test = None
    if asked.structural is not None:
        test = {"structural": asked.structural, "p_value": fit.p_value(asked.structural)}
    return Found(data, fit, laws, conditions, test, notes)


def _draw(path: Path, asked: argparse.Namespace, found: Found) -> figures.Written:
    from mfsolve.report.laws import draw

    figure = figures.wanted(asked.figure, None if found.data.stream else path)
    return figures.written(figure, lambda stem: draw(found.data, found.fit, found.laws, asked.structural, stem))


def _report(found: Found, files: list[Path]) -> dict[str, Any]:
    data = found.data
    exact = "exact" if data.paths.exact.all() else "measured"
    return {
        **found.fit.to_dict(),
        "metric": {"column": data.metric.name, "log_quality": data.metric.words},
        "start": exact,
        "run_names": list(data.runs),
        "test": found.test,
        "comparison": found.laws.to_dict(),
        "misfit": _misfit(found),
        "conditions": None if found.conditions is None else found.conditions.to_dict(),
        "notes": found.notes,
        "figures": [str(file) for file in files],
    }


def _print(path: Path, found: Found) -> None:
    data, fit, paths = found.data, found.fit, found.data.paths
    exact = paths.exact.all()
    print(f"{path}: fall of {data.metric.words} on cumulated contamination^2")
    print(f"  slope        {fit.slope:.5g}   (robust standard error {fit.standard_error:.3g})")
    print(f"  {100 * fit.level:g} % interval [{fit.low:.5g}, {fit.high:.5g}]")
    within = " within runs" if fit.runs > 1 else ""
    print(f"  R^2          {fit.r_squared:.4f}{within}")
    start = "exact, the line starts from it" if exact else "measured, an intercept for each run"
    print(f"  start        {start}")
    runs = f"{fit.runs} runs" if fit.runs > 1 else "1 run"
    lags = f", {fit.lags} lags" if fit.covariance.name == "HAC" else ""
    print(f"  data         {paths.run.size} measurements in {runs}; errors {fit.covariance.value}{lags}")
    if found.test is not None:
        verdict = "contradicted" if found.test["p_value"] < 1.0 - fit.level else "not contradicted"
        print(f"  slope {found.test['structural']:g}: p = {found.test['p_value']:.3g}, {verdict}")
    if found.conditions is not None:
        _print_conditions(found.conditions, fit.level)
    _print_laws(found.laws)
    print(f"  verdict      {_verdict(_misfit(found))}")
    for note in found.notes:
        print(f"  note         {note}")


def _print_conditions(conditions: Conditions, level: float) -> None:
    for one in conditions.each:
        what = one.reason if one.fit is None else f"{one.fit.slope:.5g} [{one.fit.low:.5g}, {one.fit.high:.5g}]"
        print(f"  condition    {one.name}: {what}")
    p = conditions.p_value
    if not math.isnan(p):
        verdict = "one slope does not serve all" if p < 1.0 - level else "one slope is not contradicted"
        print(f"  equal slopes p = {p:.3g}, {verdict}")


def _print_laws(laws: Comparison) -> None:
    best = laws.laws[0].criterion
    for fit in laws.laws:
        shape = "" if fit.shape is None else f", k = {fit.shape:.3g}"
        behind = f"{'+' if fit.criterion > best else ''}{fit.criterion - best:.1f}" if fit.criterion < math.inf else "-"
        aicc = f"AICc {behind}"
        print(f"  law          {fit.law.name.lower():<11} R^2 {fit.r_squared:6.3f}  {aicc:<11} {fit.law.value}{shape}")


def _misfit(found: Found) -> str | None:
    """Say in words what speaks against one collapse law for all runs; None where nothing does."""
    said = [found.laws.misfit] if found.laws.misfit else []
    if found.conditions is not None and found.conditions.p_value < 1.0 - found.fit.level:
        said.append(f"the slopes of the conditions differ (p = {found.conditions.p_value:.2g})")
    return "; ".join(said) or None


def _verdict(misfit: str | None) -> str:
    if misfit is None:
        return "nothing here speaks against the collapse law"
    return f"the collapse law does not describe these data: {misfit}"
