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
from mfsolve.inference.collapse_verdict import Verdict, each_error, judged
from mfsolve.inference.estimate import LEAST_LEVEL
from mfsolve.inference.regression import Covariance, Regression, slope_of
from mfsolve.models.frozen import InputError


class Found(NamedTuple):
    """Measurements, fits and notes of a report."""

    data: Measurements
    fit: Regression
    laws: Comparison
    conditions: Conditions | None
    verdict: Verdict
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
        laws = compare(data.paths)
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
    return Found(data, fit, laws, conditions, judged(fit, laws, conditions), test, notes)


def _draw(path: Path, asked: argparse.Namespace, found: Found) -> figures.Written:
    from mfsolve.report.laws import draw

    figure = figures.wanted(asked.figure, None if found.data.stream else path)
    return figures.written(
        figure, lambda stem: draw(found.data, found.fit, found.laws, found.conditions, asked.structural, stem)
    )


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
        "misfit": found.verdict.misfit,
        "not_told_apart": list(found.verdict.untold),
        "verdict": found.verdict.text,
        "conditions": None if found.conditions is None else found.conditions.to_dict(),
        "notes": found.notes,
        "figures": [str(file) for file in files],
    }


def _print(path: Path, found: Found) -> None:
    data, fit, paths = found.data, found.fit, found.data.paths
    exact = paths.exact.all()
    print(f"{path}: fall of {data.metric.words} on cumulated contamination^2")
    of = "mean of the runs' slopes, " if fit.covariance is Covariance.RUNS else ""
    print(f"  slope        {fit.slope:.5g}   ({of}robust standard error {fit.standard_error:.3g})")
    print(f"  {100 * fit.level:g} % interval [{fit.low:.5g}, {fit.high:.5g}]")
    start = "exact, the line starts from it" if exact else "measured, an intercept for each run"
    print(f"  start        {start}")
    runs = f"{fit.runs} runs" if fit.runs > 1 else "1 run"
    lags = f", {fit.lags} lags" if fit.covariance.name == "HAC" else ""
    print(f"  data         {paths.run.size} measurements in {runs}; errors {fit.covariance.value}{lags}")
    if found.test is not None:
        verdict = "contradicted" if found.test["p_value"] < 1.0 - fit.level else "not contradicted"
        print(f"  slope {found.test['structural']:g}: p = {found.test['p_value']:.3g}, {verdict}")
    if found.conditions is not None:
        _print_conditions(found.conditions, each_error(found.laws, found.conditions, fit.level))
    _print_laws(found.laws, fit.runs > 1)
    print(f"  verdict      {found.verdict.text}")
    for note in found.notes:
        print(f"  note         {note}")


def _print_conditions(conditions: Conditions, error: float) -> None:
    for one in conditions.each:
        what = one.reason if one.fit is None else f"{one.fit.slope:.5g} [{one.fit.low:.5g}, {one.fit.high:.5g}]"
        print(f"  condition    {one.name}: {what}")
    p = conditions.p_value
    if not math.isnan(p):
        verdict = "one slope does not serve all" if p < error else "one slope is not contradicted"
        print(f"  equal slopes p = {p:.3g}, {verdict}")


def _print_laws(laws: Comparison, several: bool) -> None:
    """One line a law: its share of the variance (within runs, where they are several) in its own least-squares fit."""
    print(f"  laws         by least squares{', R^2 within runs' * several}; AICc above the best law's")
    best = laws.laws[0].criterion
    for fit in laws.laws:
        shape = "" if fit.shape is None else f", k = {fit.shape:.3g}"
        behind = f"{'+' if fit.criterion > best else ''}{fit.criterion - best:.1f}" if fit.criterion < math.inf else "-"
        aicc = f"AICc {behind}"
        print(f"  law          {fit.law.name.lower():<11} R^2 {fit.r_squared:6.3f}  {aicc:<11} {fit.law.value}{shape}")
