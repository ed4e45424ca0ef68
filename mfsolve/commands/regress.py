"""`mfsolve regress`: the collapse law and its rivals, fitted to a user's own measurements (MODEL 8.10)."""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any, NamedTuple

from mfsolve.commands import figure as figures
from mfsolve.data.measurements import Measurements, Options, read
from mfsolve.data.source import check_encoding
from mfsolve.inference.collapse_conditions import Conditions, by_condition
from mfsolve.inference.collapse_laws import Comparison
from mfsolve.inference.collapse_outlier import outlier
from mfsolve.inference.collapse_paths import Start
from mfsolve.inference.collapse_shift import shift
from mfsolve.inference.collapse_unknown import SlopeWithin, compare_within, slope_within
from mfsolve.inference.collapse_verdict import LawVerdict, each_error, judged
from mfsolve.inference.estimate import LEAST_LEVEL
from mfsolve.inference.regression import Covariance, Regression
from mfsolve.models.frozen import InputError
from mfsolve.report.numbers import estimated, interval

LEAST_P = 0.1
"""What a p-value of 1 stands for near a slope that is a mean of the runs': its bound over all variances of runs is used
up. The p-value itself is not known, and not below this."""

GROSS = 1e-3
"""Chance that a row of a log without gross errors is named for its distance from the line."""


class Found(NamedTuple):
    """Measurements, fits and notes of a report."""

    data: Measurements
    within: SlopeWithin
    laws: Comparison
    conditions: Conditions | None
    verdict: LawVerdict
    test: dict[str, float] | None
    notes: list[str]

    @property
    def fit(self) -> Regression:
        """The slope, with an interval that holds whatever unknown contamination was."""
        return self.within.fit


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
    encoding = None if asked.encoding is None else check_encoding(asked.encoding)
    data = read(path, Options(*choices, encoding))
    options = {"lags": asked.lags, "level": asked.level}
    try:
        within = slope_within(data.paths, **options)
        fit = within.fit
        laws = compare_within(data.paths, within.filled)
        several = len(set(data.conditions)) > 1
        conditions = by_condition(data.paths, data.conditions, **options) if several else None
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    notes = [
        *data.notes,
        *([fit.note] if fit.note else []),
        *_unknown(within),
        *_farthest(within, data),
        *_shifted(within, data, 1.0 - asked.level),
    ]
    test = None
    if asked.structural is not None:
        p = within.p_value(asked.structural)
        reached = within.slopes[0] <= asked.structural <= within.slopes[1]  # by some contamination, so that 1 it is
        above = LEAST_P if p >= 1.0 and not reached else math.nan
        test = {"structural": asked.structural, "p_value": p if math.isnan(above) else math.nan, "p_value_above": above}
    return Found(data, within, laws, conditions, judged(fit, laws, conditions), test, notes)


def _unknown(within: SlopeWithin) -> list[str]:
    """Note on what unknown contamination does to the slope."""
    if not within.others:
        return []
    if math.isinf(within.slopes[1]):
        return ["if the unknown contamination were 0, there would be none: the slope and its interval are unbounded"]
    low, high = within.slopes
    own = ("none" if math.isnan(within.interval[0])
           else f"[{within.interval[0]:.4g}, {within.interval[1]:.4g}]")  # fmt: skip
    return [
        f"if the unknown contamination were anything in [0, 1], the slope would be {low:.4g} to {high:.4g}; the "
        f"interval covers those of all such slopes (filled in from its neighbours alone: {own}). Rows with the "
        "contamination and a blank metric narrow it"
    ]


def _farthest(within: SlopeWithin, data: Measurements) -> list[str]:
    """Note on the row that is farther from the line than the largest of so many is by chance."""
    paths = within.filled[0] if within.filled else data.paths
    found = outlier(paths, GROSS)
    if found is None:
        return []
    run = paths.run[found.place]
    name = "/".join(part for part in (data.conditions[run], data.runs[run]) if part)
    where = f"{f'run {name!r}, ' if name else ''}{paths.time[found.place]:g} generations after its first"
    return [
        f"{where}: {data.metric.name} lies far from the line (studentised residual {found.residual:.3g}; the largest "
        f"of {int(paths.observed.sum())} rows stays below {found.bound:.3g}), which moves the slope: is it right?"
    ]


def _shifted(within: SlopeWithin, data: Measurements, error: float) -> list[str]:
    """Note on a log that has the contamination of the next generation in each row; none if that is rejected too."""
    found = shift(data.paths, within.filled)
    if found is None or not found.clear or found.shifted < error:
        return []
    return [
        "each row's contamination is taken as that of its own model's training data; the law fits clearly better if "
        f"it is that of the next model's (p of the added term {found.shifted:.2g}, not {found.as_logged:.2g}): if "
        "so in this log, move the column down by one row"
    ]


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
        "unknown_contamination": _unknown_report(found),
        "metric": {"column": data.metric.name, "log_quality": data.metric.words},
        "start": exact,
        "run_names": list(data.runs),
        "test": found.test and {k: None if math.isnan(v) else v for k, v in found.test.items()},
        "comparison": found.laws.to_dict(),
        "misfit": found.verdict.misfit,
        "not_told_apart": list(found.verdict.untold),
        "verdict": found.verdict.text,
        "conditions": None if found.conditions is None else found.conditions.to_dict(),
        "notes": found.notes,
        "figures": [str(file) for file in files],
    }


def _unknown_report(found: Found) -> dict[str, Any] | None:
    """Slopes and interval beside unknown contamination; None where all is known, and in them for no bound."""
    grid, within = found.data.paths.grid, found.within
    if not within.others or grid is None or grid.unknown is None:
        return None
    slopes, interval = ([x if math.isfinite(x) else None for x in pair] for pair in (within.slopes, within.interval))
    return {"generations": int(grid.unknown.sum()), "slope": slopes, "interval_of_those_beside": interval}


def _print(path: Path, found: Found) -> None:
    data, fit, paths = found.data, found.fit, found.data.paths
    exact = paths.exact.all()
    print(f"{path}: {data.metric.fall} on cumulative contamination^2")
    of = "mean of the runs' slopes, " if fit.covariance is Covariance.RUNS else ""
    error = f"robust standard error {fit.standard_error:.3g}"
    known = "no standard error" if math.isnan(fit.standard_error) else error
    print(f"  slope        {estimated(_estimate(fit))}   ({of}{known})")
    print(f"  {100 * fit.level:g} % interval {_interval(fit)}")
    start = "exact, the line passes through it" if exact else "measured, one intercept per run"
    print(f"  start        {start}")
    runs = f"{fit.runs} runs" if fit.runs > 1 else "1 run"
    lags = f", {fit.lags} lags" if fit.covariance.name == "HAC" else ""
    errors = "none" if math.isnan(fit.standard_error) else f"{fit.covariance.value}{lags}"
    print(f"  data         {paths.run.size} measurements in {runs}; errors {errors}")
    if found.test is not None:
        p = found.test["p_value"]
        verdict = "contradicted" if p < 1.0 - fit.level else "not contradicted"
        above = found.test["p_value_above"]
        tested = "no test: no standard error" if math.isnan(p) else f"p = {p:.3g}, {verdict}"
        tested = tested if math.isnan(above) else f"p > {above:g}, not contradicted"
        print(f"  slope {found.test['structural']:g}: {tested}")
    if found.conditions is not None:
        _print_conditions(found.conditions, each_error(found.laws, found.conditions, fit.level))
    _print_laws(found.laws, fit.runs > 1)
    print(f"  verdict      {found.verdict.text}")
    for note in found.notes:
        print(f"  note         {note}")


def _slope(fit: Regression) -> str:
    """A slope and its interval, or none."""
    return f"{estimated(_estimate(fit))} {_interval(fit)}"


def _interval(fit: Regression) -> str:
    """An interval to the decimal place of its slope; of a log without error the ends are the slope."""
    if math.isnan(fit.low):
        return "none"
    if math.isinf(fit.low) and math.isinf(fit.high):
        return "(-inf, inf)"
    return interval(_estimate(fit)) or f"[{fit.low:.5g}, {fit.high:.5g}]"


def _estimate(fit: Regression) -> dict[str, float | None]:
    """A slope with the ends of its interval that are known."""
    low, high = (x if math.isfinite(x) else None for x in (fit.low, fit.high))
    return {"value": fit.slope, "low": low, "high": high}


def _print_conditions(conditions: Conditions, error: float) -> None:
    for one in conditions.each:
        what = one.reason if one.fit is None else _slope(one.fit)
        print(f"  condition    {one.name}: {what}")
    p = conditions.p_value
    if not math.isnan(p):
        print(f"  equal slopes {'rejected' if p < error else 'not rejected'}, p = {p:.3g}")


def _print_laws(laws: Comparison, several: bool) -> None:
    """One line per law: its share of the variance (within runs, if several) in its own least-squares fit."""
    print(f"  laws         by least squares{', R^2 within runs' * several}; AICc relative to the best law's")
    best = laws.laws[0].criterion
    for fit in laws.laws:
        shape = "" if fit.shape is None else f", k = {fit.shape:.3g}"
        behind = f"{'+' if fit.criterion > best else ''}{fit.criterion - best:.1f}" if fit.criterion < math.inf else "-"
        aicc = f"AICc {behind}"
        print(f"  law          {fit.law.name.lower():<11} R^2 {fit.r_squared:6.3f}  {aicc:<11} {fit.law.value}{shape}")
