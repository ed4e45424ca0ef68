"""What was measured, as the table of the page beside it: rows of one work, a line for every peer, and where we are behind."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.row import Row
from benchmarks.run import version

BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
"""Lines between which a page keeps the table, so that it can be made anew."""
COLUMNS = ("work", "threads", "here", "cost", "error", "peer", "its time", "its cost", "its error", "ratio", "limit")
EVEN = 0.97
"""A peer that takes less than this share of our time is ahead."""


def markdown(rows: Mapping[str, Row], outcomes: Sequence[Mapping[str, Any]], state: Mapping[str, Any]) -> str:
    """The table with what it was made on above, and below it where we are behind and what is not installed."""
    lines = [COLUMNS, ["---"] * len(COLUMNS)]
    for outcome in outcomes:
        lines += _lines(rows[outcome["name"]], outcome)
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    said = [BEGIN, _head(outcomes, state), table, *_foot(rows, outcomes), END]
    return "\n\n".join(said) + "\n"


def placed(page: str, text: str) -> str:
    """A page with its table replaced.

    Raises
    ------
    ValueError
        Where the page does not have both lines once.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page must have {BEGIN} and {END} once each")
    return page.partition(BEGIN)[0] + text.rstrip("\n") + page.partition(END)[2]


def _lines(row: Row, outcome: Mapping[str, Any]) -> list[list[str]]:
    """A line for every peer, the first with our own figures."""
    work = f"{row.work.replace('{n}', _number(row.size))} (`{row.name}`)"
    if "failed" in outcome:
        return [[work, str(outcome["threads"]), f"failed: {outcome['failed']}", *[""] * 8]]
    limit = outcome["limit"]
    own = [
        work, str(outcome["threads"]), _cost(outcome["seconds"], outcome["counted"]), _power(outcome["exponent"]),
        _error(outcome["error"]),
    ]  # fmt: skip
    bound = "" if limit is None else f"{limit['ratio'][0]:.3g} times {limit['of']}"
    peers = [_peer(peer, outcome["counted"]) for peer in outcome["peers"]] or [[""] * 5]
    return [[*(own if k == 0 else [""] * 5), *peer, bound if k == 0 else ""] for k, peer in enumerate(peers)]


def _peer(peer: Mapping[str, Any], counted: str) -> list[str]:
    name = f"{peer['uses']}" + (f"; {peer['less']}" if peer["less"] else "")
    if "ratio" not in peer:
        return [name, peer.get("missing") or f"failed: {peer['failed']}", "", "", ""]
    middle, low, high = peer["ratio"]
    ratio = f"{_short(middle)} ({_short(low)} to {_short(high)})"
    return [
        name, _cost(peer["seconds"], counted), _power(peer["exponent"]), _error(peer["error"]),
        f"**{ratio}**" if middle < EVEN else ratio,
    ]  # fmt: skip


def _head(outcomes: Sequence[Mapping[str, Any]], state: Mapping[str, Any]) -> str:
    packages = ["mfsolve", "numpy", "numba"]
    packages += [peer["package"] for outcome in outcomes for peer in outcome["peers"]]
    versions = ", ".join(f"{name} {version(name)}" for name in dict.fromkeys(packages) if version(name))
    limits = "; ".join(f"{name}: {value:.3g}" for name, value in state["limits"].items())
    load = f"load average {state['load']:.2g} before the first row"
    busy = f"**Measured under load ({load}): figures are provisional.** " if state["busy"] else ""
    return (
        f"{busy}Made {state['date']} by `python -m tests.benchmarks --markdown` in {state['seconds']:.0f} s on "
        f"{state['cores']} cores ({state['processor']}), {state['system']}, Python {state['python']}: {versions}.\n"
        f"This machine at its best: {limits}.\n"
        "Times are medians of calls in turn, warm, with half the distance between quartiles; of the processor where one "
        "core works, of the wall clock where several do or a disk does. *Ratio*: the peer's time over ours, median and "
        "quartiles of the rounds; above 1 we are faster. *Cost*: exponent of time against size with its standard error. "
        "*Limit*: our time over that of what cannot be left out."
    )


def _foot(rows: Mapping[str, Row], outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    behind, absent, errors = [], {}, []
    for outcome in outcomes:
        row = rows[outcome["name"]]
        if row.error and f"`{row.name}`: {row.error}" not in errors:
            errors.append(f"`{row.name}`: {row.error}")
        for peer in outcome["peers"]:
            if "ratio" in peer and peer["ratio"][0] < EVEN:
                behind.append(f"{peer['uses']} in `{row.name}`" + (f" ({peer['less']})" if peer["less"] else ""))
            elif "ratio" not in peer:
                absent[peer["uses"]] = peer.get("missing") or peer["failed"]
    said = ["Errors: " + "; ".join(errors) + "."] if errors else []
    said.append(f"Behind: {'; '.join(behind)}." if behind else "Behind: nothing in this table.")
    if absent:
        said.append("Not measured: " + "; ".join(f"{name} ({why})" for name, why in absent.items()) + ".")
    return said


def _cost(seconds: Sequence[float], counted: str) -> str:
    middle, low, high = seconds
    if counted:
        return f"{middle:.3g} ({low:.3g} to {high:.3g}) {counted}"
    units = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))
    unit, size = next((found for found in units if middle >= found[1]), units[-1])
    return f"{middle / size:.3g} {unit} ± {50 * (high - low) / middle:.0f} %"


def _power(found: Sequence[float] | None) -> str:
    return "" if found is None else f"{found[0]:.2f} ± {found[1]:.2f}"


def _error(error: float | None) -> str:
    return "" if error is None else f"{error:.2g}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.3g}"


def _number(value: int) -> str:
    """A size as it is written: powers of ten, thousands in groups."""
    digits = len(str(value)) - 1
    if value >= 1000 and value % 10**digits == 0:
        lead = value // 10**digits
        return f"10^{digits}" if lead == 1 else f"{lead} x 10^{digits}"
    return f"{value:,}".replace(",", " ")
