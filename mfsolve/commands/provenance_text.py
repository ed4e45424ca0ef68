"""Reports of `mfsolve provenance` as lines of text."""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mfsolve.report.numbers import with_interval
from mfsolve.study.file.toml_text import as_toml

if TYPE_CHECKING:
    from mfsolve.models.provenance.periods import Periods
    from mfsolve.models.provenance.share import Answer

Out = Callable[..., None]
MOST_COLUMNS = 8
TELLS_NOTHING = 0.5
"""Half-width of [0, 1]."""


def print_share(out: Out, name: str, report: dict[str, Any]) -> None:
    """Print a share with everything that qualifies it."""
    items, fit = report["items"], report["goodness_of_fit"]
    percent = f"{100 * report['level']:g} %"
    unit = f", by {report['unit']}" if "unit" in report else ""
    out(f"{name}: share of synthetic items, from {report['kind']}{unit}")
    _columns(out, report)
    if math.isnan(report["share"]):
        out("  share        not identifiable")
    else:
        error = report["standard_error"]
        known = f"standard error {error:.2g}" if math.isfinite(error) else "without a standard error"
        out(f"  share        {report['share']:.4f}   ({known})")
    out(f"  {percent} interval [{report['interval'][0]:.4f}, {report['interval'][1]:.4f}]")
    if "likelihoods_as_given" in report:
        given = report["likelihoods_as_given"]
        out(f"  as given     {given['share']:.4f} [{given['interval'][0]:.4f}, {given['interval'][1]:.4f}], "
            "the log likelihoods used as given")  # fmt: skip
    counted = [f"{items[name]:.0f}" for name in ("pool", "human", "synthetic")]
    halved = ": every other row; the rest were used to fit the score" if report.get("rows_halved") else ""
    out(f"  items        {counted[0]} in the pool, {counted[1]} human, {counted[2]} synthetic{halved}")
    for sample, one in report.get("clusters", {}).items():
        where = "in the pool" if sample == "pool" else f"of {sample} items"
        out(f"  clusters     {one['number']} {where}, effective number {one['effective']:.3g} (Carter et al. 2017)")
    if "clusters" in report:
        out("               clusters, not rows, are the sampling units")
    if "pool" in report.get("clusters", {}):
        out("               intervals assume one source per cluster: too wide where a cluster mixes both")
    where = (
        f" in {report['cells']} cells"
        if "cells" in report
        else f", by {' and '.join(map(_of_words, report['likelihoods']))}"
    )
    if math.isfinite(report["information_per_item"]):
        out(f"  information  {report['information_per_item']:.4g} per item{where}")
    needed, least = report["items_needed"], report["least_half_width"]
    if needed < math.inf:
        out(f"  half-width   {report['half_width']:g} needs {needed:.0f} pool items with these references")
    elif least >= TELLS_NOTHING:
        out(
            f"  half-width   {report['half_width']:g} needs other or far larger references: with these, no pool, "
            "however large, determines the share"
        )
    elif not math.isnan(least):
        out(
            f"  half-width   {report['half_width']:g} needs larger references: with these, no pool, however large, "
            f"gets below {least:.3g}"
        )
    needed_of_all = report.get("items_needed_of_all", {})
    if needed == math.inf and needed_of_all.get("pool", math.inf) < math.inf:
        out(f"               {needed_of_all['each_reference']:.0f} items in each of the two, with "
            f"{needed_of_all['pool']:.0f} in the pool, suffice")  # fmt: skip
    if fit["degrees_of_freedom"]:
        out(
            f"  fit          chi-square {fit['chi_square']:.1f} on {fit['degrees_of_freedom']:.4g}, "
            f"p = {fit['p_value']:.3g}"
        )
    for warning in report["warnings"]:
        out(f"  warning      {warning}")


def _of_words(likelihood: str) -> str:
    """A likelihood of documents in words: `presence, 0.1` is the presence of words, smoothed by 0.1."""
    kind, _, smoothing = likelihood.partition(", ")
    return f"the {kind} of words smoothed by {smoothing}" if kind in ("presence", "occurrence") else likelihood


def print_alternatives(out: Out, report: dict[str, Any]) -> None:
    """Print the shares under alternative references, and the interval that covers them."""
    out("  references   share with each pair, then without one of them")
    for row in report["each"]:
        out(f"    {row['share']:.4f} [{row['interval'][0]:.4f}, {row['interval'][1]:.4f}]  {row['references']}")
    for row in report["without"]:
        out(f"    {row['share']:.4f} [{row['interval'][0]:.4f}, {row['interval'][1]:.4f}]  without {row['references']}")
    out(f"  all of them  [{report['interval'][0]:.4f}, {report['interval'][1]:.4f}] covers every one")


def print_drift(out: Out, baseline: str, report: dict[str, Any]) -> None:
    """Print the share that a baseline without synthetic items appears to contain, and the pool's share beside it."""
    apparent, beside = report["apparent_share_of_baseline"], report["share_beside_baseline"]
    out(f"  drift        {baseline}, of true share 0, appears to contain {apparent['share']:.4f} "
        f"[{apparent['interval'][0]:.4f}, {apparent['interval'][1]:.4f}]")  # fmt: skip
    out(f"  without it   {beside['share']:.4f} [{beside['interval'][0]:.4f}, {beside['interval'][1]:.4f}], "
        "with the baseline as the human reference")  # fmt: skip


def print_periods(out: Out, kind: str, report: dict[str, Any]) -> None:
    """Print the shares by period, their bands, and their growth."""
    percent = f"{100 * report['level']:g} %"
    out(f"share of synthetic items by period, from {kind}; bands cover all periods at once at {percent}")
    _columns(out, report)
    width = max(len(row["period"]) for row in report["periods"])
    for row in report["periods"]:
        if row["share"] is None or math.isnan(row["share"]):
            out(f"  {row['period']:{width}}  not identifiable")
        else:
            out(f"  {row['period']:{width}}  {row['share']:.4f} [{row['interval'][0]:.4f}, {row['interval'][1]:.4f}]"
                f"  band [{row['band'][0]:.4f}, {row['band'][1]:.4f}]")  # fmt: skip
        for warning in row["warnings"]:
            out(f"  {'':{width}}  warning: {warning}")
    growth = report["growth"]
    if growth is None:
        out(f"  {report['growth_note']}")
    else:
        low, high = (end if math.isfinite(end) else None for end in growth["interval"])
        rate = with_interval({"value": growth["rate"], "low": low, "high": high})
        out(f"  growth of the log odds per period: {rate} from a share of {growth['start']:.4f}; "
            f"logistic curve p = {growth['p_value']:.3g}")  # fmt: skip


def print_groups(out: Out, kind: str, report: dict[str, Any]) -> None:
    """Print the shares by group, the intervals of each and the bands of all."""
    percent = f"{100 * report['level']:g} %"
    out(f"share of synthetic items by {report['by']}, from {kind}; {percent} intervals hold for one group, "
        f"bands for all groups at once")  # fmt: skip
    _columns(out, report)
    width = max(len(row["group"]) for row in report["groups"])
    most = max(len(f"{row['items']:.0f}") for row in report["groups"])
    for row in report["groups"]:
        items = f"{row['items']:{most}.0f} item{'s' * (row['items'] != 1)}"
        if row["share"] is None or math.isnan(row["share"]):
            out(f"  {row['group']:{width}}  not identifiable  {items}")
        else:
            out(f"  {row['group']:{width}}  {row['share']:.4f} [{row['interval'][0]:.4f}, {row['interval'][1]:.4f}]"
                f"  band [{row['band'][0]:.4f}, {row['band'][1]:.4f}]  {items}")  # fmt: skip
        for warning in row["warnings"]:
            out(f"  {'':{width}}  warning: {warning}")
    if "equal_shares" in report:
        test = report["equal_shares"]
        out(f"  equal shares: chi-square {test['chi_square']:.1f} on {test['degrees_of_freedom']}, "
            f"p = {test['p_value']:.3g}")  # fmt: skip
    for row in report.get("differences", []) if len(report.get("differences", [])) <= MOST_COLUMNS else []:
        first, second = row["groups"]
        out(f"  {second} less {first}: {row['difference']:+.4f} [{row['interval'][0]:+.4f}, {row['interval'][1]:+.4f}]"
            f"  band [{row['band'][0]:+.4f}, {row['band'][1]:+.4f}]")  # fmt: skip


def print_sources(out: Out, name: str, report: dict[str, Any]) -> None:
    """Print the shares of several sources."""
    out(f"{name}: shares of sources, from {report['kind']}; {100 * report['level']:g} % intervals hold for one "
        "source at a time, not for all at once")  # fmt: skip
    _columns(out, report)
    width = max(len(row["source"]) for row in report["sources"])
    for row in report["sources"]:
        out(f"  {row['source']:{width}}  {_of_source(row)}")
    for row in report["sums"]:
        out(f"  sum of {' and '.join(row['sources'])}: {_of_source(row)}")
    p_value = report["goodness_of_fit"]["p_value"]
    out("  no test of fit" if math.isnan(p_value) else f"  fit p = {p_value:.3g}")
    for warning in report["warnings"]:
        out(f"  warning: {warning}")


def _of_source(row: dict[str, Any]) -> str:
    """Share of a source, or of several that are alike, with its interval and its standard error where it has one."""
    error = row["standard_error"]
    known = f"standard error {error:.2g}" if math.isfinite(error) else "without a standard error"
    return f"{row['share']:.4f} [{row['interval'][0]:.4f}, {row['interval'][1]:.4f}]   ({known})"


def _columns(out: Out, report: dict[str, Any]) -> None:
    columns = report["columns"]
    if columns:
        more = f" and {len(columns) - MOST_COLUMNS} more" if len(columns) > MOST_COLUMNS else ""
        out(f"  columns      {', '.join(columns[:MOST_COLUMNS])}{more}")
    for note in report["notes"]:
        out(f"  note         {note}")


def moments(periods: "Periods", policy: str) -> list[dict[str, Any]]:
    """Shares by period as estimates of a study file: figures that `calibrate` fits, with their standard errors.

    The first period is generation 0; a period is a generation. Periods without a standard error are left out
    (`unmeasured`). The digits that are written say how a figure is rounded,
    zeros among them. A share of 0 has its standard error as the smallest difference that matters, which a study needs.
    """
    found = []
    for time, (label, answer) in zip(periods.times, periods.answers.items()):
        if not _measured(answer):
            continue
        share, error = (_rounded(x, answer.standard_error) for x in (answer.share, answer.standard_error))
        found.append({
            "name": f"measured share, {label}", "quantity": "contamination", "policy": policy, "at": int(time),
            "published": share, "standard_error": error, **({} if share else {"resolution": error}), "calibrated": True,
        })  # fmt: skip
    return found


def unmeasured(periods: "Periods") -> list[str]:
    """Periods that `moments` leaves out, since a figure without a standard error cannot be fitted."""
    answers = periods.answers
    return [label for label in periods.order if label not in answers or not _measured(answers[label])]


def _measured(answer: "Answer") -> bool:
    return math.isfinite(answer.standard_error) and answer.standard_error > 0.0


def _rounded(value: float, error: float) -> Decimal:
    """A number to four decimals, or to as many as show two digits of its standard error."""
    places = max(4, 1 - math.floor(math.log10(error)))
    return Decimal(f"{value:.{places}f}")


def study_with(measured: list[dict[str, Any]], study: Mapping[str, Any] | None) -> str:
    """Measured shares as part of a study file, or a whole study with them in the place of those that it has."""
    if study is None:
        return as_toml({"estimates": measured})
    others = [estimate for estimate in study.get("estimates", []) if not estimate.get("calibrated")]
    return as_toml({**study, "estimates": [*measured, *others]})
