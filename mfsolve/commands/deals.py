"""`mfsolve deals`: a table of data deals in numbers (MODEL 6.1)."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.commands import figure as figures
from mfsolve.commands.messages import warn
from mfsolve.data.deal_files import read_deals
from mfsolve.data.source import check_encoding
from mfsolve.models.data_deals.pay import PayAssumptions
from mfsolve.models.data_deals.summary import Summary, summarise
from mfsolve.models.data_deals.table import Group
from mfsolve.models.frozen import InputError
from mfsolve.report.look import COLOURS, fitted, new_figure, save
from mfsolve.spelling import spelt

MILLION = 1e6
SHOWN = 8
"""Buyers that the text lists; JSON has all."""


def deals(
    file: str,
    cap: float | None,
    figure: str | None,
    as_json: bool,
    assumed: dict[str, float | int | None],
    encoding: str | None = None,
    rates: Sequence[str] = (),
) -> int:
    """Print the facts of a table of deals, and draw its Lorenz curve beside the regimes.

    Parameters
    ----------
    file : str
        CSV or JSON.
    cap : float, optional
        Greatest value of a hidden deal, in dollars.
    figure : str, optional
        File of the figure, .png or .pdf, or none; beside the table if not given.
    as_json : bool
        Print JSON.
    assumed : dict
        Fields of `PayAssumptions` that are given; None for the others.
    encoding : str, optional
        Of a text that is not UTF-8.
    rates : sequence of str
        Dollars of one unit of other currencies, as CODE=X.

    Raises
    ------
    InputError
        For a file or an option that cannot be used.
    """
    path = Path(file)
    if cap is not None and not 0.0 <= cap < np.inf:
        raise InputError(f"--cap: {cap:g} given; allowed: [0, inf)")
    figures.wanted(figure, None)
    try:
        given = PayAssumptions(**{name: value for name, value in assumed.items() if value is not None})
    except ValueError as error:
        raise InputError(f"--{str(error).replace('_', '-', 1)}") from None
    coded = None if encoding is None else check_encoding(encoding)
    found = summarise(read_deals(path, coded, _rates(rates)), cap, given)
    place = figures.wanted(figure, None if file == "-" else path)  # a file, since it was read
    if not as_json:
        show(path, found, given)
        sys.stdout.flush()
    if found.concentration is None:
        if place.asked:
            warn("figure not written: no value is disclosed")
        place = figures.Figure(None, asked=False)
    files, code = figures.written(place, lambda stem: draw(found, given, stem))
    if as_json:
        report = {**found.report(), "assumptions": given.model_dump(), "figures": [str(file) for file in files]}
        print(json.dumps(report, indent=2, allow_nan=False))
    elif files:
        print(f"  figure          {', '.join(str(file) for file in files)}")
    return code


def _rates(given: Sequence[str]) -> dict[str, float]:
    """Dollars of one unit of every currency that has a rate."""
    found = {}
    for text in given:
        code, _, amount = (part.strip() for part in text.partition("="))
        try:
            rate = float(amount) if "_" not in amount else 0.0
        except ValueError:
            rate = 0.0
        if not code or not 0.0 < rate < np.inf:
            raise InputError(f"--rate: {text:.80} given; CODE=DOLLARS is needed, such as EUR=1.08")
        found[code.upper()] = rate
    return found


def show(path: Path, found: Summary, given: PayAssumptions) -> None:
    """Print a summary as lines of text."""
    d, t, line = found.disclosure, found.totals, print
    line(f"{path}: {d.deals} deal{'s' * (d.deals != 1)}, {d.valued} with a disclosed value, {d.undisclosed} without")
    line(
        f"  revenue share   {d.shared} {'deal' if d.shared == 1 else 'deals'}, {d.shared_valued} of them valued; "
        f"without: {d.valued_unshared} valued, "
        f"{d.undisclosed_unshared} undisclosed"
    )
    line(
        f"  totals          {t.one_year / MILLION:.10g} m for one year, {t.full_term / MILLION:.10g} m for full terms, "
        f"{t.ceiling / MILLION:.10g} m at upper ends, in dollars"
    )
    if found.by_item:
        count = sum(found.by_item.values())
        line(
            f"  paid by item    {count} {'value' if count == 1 else 'values'} ({', '.join(found.by_item)}): counted "
            "once, as one item each, in every sum; the table does not give the number of items"
        )
    if found.at_most:
        ends = ", ".join(f"{end / MILLION:g}" for end in found.at_most[:SHOWN])
        more = ", ..." if len(found.at_most) > SHOWN else ""
        line(f"  at most         {ends}{more} m: 0 in totals, left out of the concentration, up to that in bounds")
    parts = sum(found.undisclosed_parts.values())
    if parts:
        line(
            f"  lower bounds    {parts} {'value' if parts == 1 else 'values'} beside undisclosed parts "
            f"({', '.join(found.undisclosed_parts)}): the parts are 0 in totals, hidden values in bounds"
        )
    if found.concentration is not None:
        c = found.concentration
        line(f"  concentration   largest {100 * c.largest:.1f} %, HHI {c.hhi:.4f}, Gini {c.gini:.4f}")
    for name, groups in (("type", found.by_type), ("year", found.by_year), ("buyer", found.by_buyer[:SHOWN])):
        line(f"  by {name:<12} {', '.join(map(words, groups))}")
    line(f"  codes           {', '.join(f'{code} {count}' for code, count in found.by_code.items())}")
    if found.bounds is not None:
        line(
            f"  documented      {found.documented:,.0f} dollars to generators, {found.documented / t.full_term:.2g} of "
            "the full-term total"
        )
        if d.undisclosed or parts or found.at_most:
            line(
                f"  bounds          generators' share of receipts in [{found.bounds.low:.2g}, "
                f"{found.bounds.high:.4g}], hidden values in [0, {found.cap / MILLION:g} m]"
            )
        if d.undisclosed or parts:
            line(
                f"                  aggregators must have the majority if hidden values are below "
                f"{found.majority_below / MILLION:.4g} m each"
            )
        if d.undisclosed:
            line(
                f"  imputed         {found.imputed / MILLION:.4g} m if hidden values equal the means of type and year "
                "(an assumption)"
            )
        line(f"  to generators, of the full terms, assuming {assumed_terms(given)}:")
        for name, amount in found.pays.items():
            line(f"    {regime(name):<14}{amount / MILLION:10.4g} m  {100 * amount / t.full_term:5.1f} %")
    for note in found.notes:
        line(f"  inconsistent    {note}")


def words(group: Group) -> str:
    """Describe a group of deals: how many, and the floor of those with a value."""
    worth = f" ({group.floor / MILLION:.4g} m)" if group.valued else ""
    return f"{group.name} {group.deals}{worth}"


def assumed_terms(given: PayAssumptions) -> str:
    """Name the assumptions behind what generators would get, with their values."""
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in given.model_dump().items())


def regime(name: str) -> str:
    """Name a regime in words, as its paper spells it."""
    return spelt(name.replace("_", " "))


def draw(found: Summary, given: PayAssumptions, stem: Path) -> list[Path]:
    """Draw the Lorenz curve of disclosed values, and what generators would get by regime, as assumed."""
    assert found.concentration is not None
    drawing, axes = new_figure(1, 2, 10.4, 4.4)
    left, right = (axes.flat[i] for i in range(2))
    left_axis: Any = left
    count = found.lorenz.size - 1
    left_axis.plot(np.linspace(0.0, 1.0, count + 1), found.lorenz, "o-", ms=3.5, color=COLOURS[0])
    left_axis.plot([0, 1], [0, 1], ":", color="gray", label="all deals equal")
    left_axis.legend(frameon=False, fontsize=8)
    left_axis.set(
        xlabel="share of the valued deals, smallest first",
        ylabel="share of the disclosed value",
        title=f"largest deal {100 * found.concentration.largest:.1f} %, Gini {found.concentration.gini:.3f}",
    )
    names = list(found.pays)
    share = [100.0 * found.pays[name] / found.totals.full_term for name in names]
    right.barh([regime(name) for name in names], share, color=COLOURS[1])
    for place, x in enumerate(share):
        right.annotate(f"{x:.2g} %", (x, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    right.set(
        xlim=(0, 100),
        xlabel=fitted(f"to generators, % of the disclosed value, assuming {assumed_terms(given)}", 4.4, 9.0),
        title="the same deals under each regime",
    )  # fmt: skip
    right.invert_yaxis()
    return save(drawing, stem)
