"""Training logs with a column a run, as experiment trackers export them: `step, run_a - loss, run_b - loss`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mfsolve.data import metrics
from mfsolve.data.log_rows import Places, measured, row_of
from mfsolve.data.metrics import Metric
from mfsolve.data.table import Table, column_name
from mfsolve.data.training_runs import Row
from mfsolve.models.frozen import InputError

BETWEEN = (" - ", "/")
"""What stands between a run and its metric. The first tells a wide table; the second may be part of a metric's name."""
ENDS = ("__min", "__max")
"""Bounds of a group's runs, which a tracker writes beside its mean."""
SHARES = ("contamination", "exposure")
BESIDE = (*SHARES, "standard_error")
GENERATION = ("generation", "gen")
MOST_NAMED = 4


@dataclass(frozen=True)
class Wide:
    """A wide table: its metric, the columns of every run, those of no use, and how it was read."""

    table: Table
    metric: Metric
    runs: Mapping[str, Places]
    ignored: tuple[str, ...]
    note: str

    @property
    def exposed(self) -> bool:
        """True where shares are cumulated exposures."""
        return any(places.exposed for places in self.runs.values())

    def rows(self, constant: float | None) -> dict[tuple[str, str], list[Row]]:
        """Generations of every run, from its first measurement to its last: blank cells around them are other runs'.

        Raises
        ------
        InputError
            For a cell that cannot be read, or a generation that is given twice.
        """
        lines = list(self.table.rows())
        found: dict[tuple[str, str], list[Row]] = {}
        for run, places in self.runs.items():
            there = [i for i, (_, cells) in enumerate(lines) if measured(cells[places.metric])]
            kept = lines[there[0] : there[-1] + 1] if there else lines[:1]
            found["", run] = [row_of(self.table, n, cells, places, self.metric, constant) for n, cells in kept]
        return found


def wide(
    table: Table,
    asked: Metric | None,
    generation: str | None,
    others: Sequence[str],
    *,
    said: bool,
    share: str | None = None,
) -> Wide | None:
    """Read a header as that of a wide table; None where it is none.

    Parameters
    ----------
    asked
        The metric, where the user names one.
    generation
        Its column, where the user names one.
    others
        Options and columns that speak of a long table.
    said
        Whether the user says that it is wide: then every column that is no other is a run's.
    share
        Column of the contamination of all runs, where the user names one.

    Raises
    ------
    InputError
        For a header that may be read in two ways, saying what to pass.
    """
    path = table.path
    if asked is not None and asked.name in table.header and not said:
        return None
    parts = {place: _parted(name, said, asked) for place, name in enumerate(table.given)}
    long = any(metrics.known_as(name) for at, name in enumerate(table.header) if parts[at] is None)
    if not said and (long or not any(parts.values())):
        return None
    if others:
        raise InputError(
            f"{path}: {', '.join(others)} and one column per run ({_some(table, parts)}): name one metric column with "
            "--metric, or drop the others"
        )
    metric = asked or _metric(path, [part[1] for part in parts.values() if part])
    if share is not None:
        parts[table.header.index(share)] = None
    place = _generation(table, generation, parts, share)
    ours: dict[str, dict[str, int]] = {}
    for at, part in parts.items():
        if part is not None and at != place:
            ours.setdefault(part[0], {})[column_name(part[1])] = at
    alone = {name: table.header.index(name) for name in BESIDE if name in table.header}
    if share is not None:
        alone = {name: at for name, at in alone.items() if name not in SHARES}
        alone["contamination"] = table.header.index(share)
    if said:
        for at, name in enumerate(table.given):
            if parts[at] is None and at != place and at not in alone.values() and name:
                ours.setdefault(name, {})[metric.name] = at
    mine = {run: columns for run, columns in ours.items() if metric.name in columns}
    if not mine:
        raise InputError(f"{path}: no column 'RUN - {metric.name}'; known: {_some(table, parts)}")
    runs = {run: _places(table, run, place, metric.name, columns, alone) for run, columns in mine.items()}
    used = {at for places in runs.values() for at in places[:4] if at is not None}
    ignored = tuple(name or f"column {at + 1}" for at, name in enumerate(table.given) if at not in used)
    names = ", ".join([*list(runs)[:MOST_NAMED], *["..."] * (len(runs) > MOST_NAMED)])
    note = (
        f"read as one column per run: {len(runs)} {'runs' if len(runs) > 1 else 'run'} of {metric.name} ({names}), "
        f"generations from column {table.given[place]}"
    )
    _refuse_steps(table, place, given=generation is not None)
    return Wide(table, metric, runs, ignored, note)


def _parted(name: str, said: bool, asked: Metric | None) -> tuple[str, str] | None:
    """Run and metric of a column; None where its name has no such parts, or is that of a bound."""
    if name.lower().endswith(ENDS):
        return None
    for between in BETWEEN[: 2 if said else 1]:
        run, found, metric = name.rpartition(between)
        known = asked is None or column_name(metric) in (asked.name, *BESIDE)
        if found and run.strip() and metric.strip() and (not said or known):
            return run.strip(), metric.strip()
    return None


def _metric(path: object, names: Sequence[str]) -> Metric:
    """The one metric of all runs, by its name."""
    return metrics.find(path, list(dict.fromkeys(name for n in names if (name := column_name(n)) not in BESIDE)))


def _generation(table: Table, asked: str | None, parts: Mapping[int, object], share: str | None) -> int:
    """Place of the generation: as asked, or by its name, or the only column that is neither a run's nor another's."""
    if asked is not None:
        return table.place(asked)
    for name in GENERATION:
        if name in table.header:
            return table.header.index(name)
    left = [
        at for at, name in enumerate(table.header)
        if parts[at] is None and name not in (*BESIDE, share) and not name.endswith(ENDS) and table.given[at]
    ]  # fmt: skip
    if len(left) != 1 and any(parts.values()):
        known = ", ".join(table.given[at] for at in left[:MOST_NAMED]) or "none"
        raise InputError(f"{table.path}: which column is the generation? {known}; give --generation COLUMN")
    if len(left) != 1:
        hint = "if it has another name, give --generation COLUMN"
        raise InputError(f"{table.path}: column 'generation' is missing; {hint}")
    return left[0]


def _places(
    table: Table, run: str, generation: int, metric: str, columns: Mapping[str, int], alone: Mapping[str, int]
) -> Places:
    """Columns of one run: its own, or those that all runs share."""
    both = {**alone, **columns}
    shares = [name for name in SHARES if name in both]
    if len(shares) > 1:
        raise InputError(f"{table.path}: run {run!r}: has contamination and exposure; one of them is needed")
    share = both[shares[0]] if shares else None
    return Places(generation, columns[metric], share, both.get("standard_error"), shares == ["exposure"])


def _refuse_steps(table: Table, place: int, given: bool) -> None:
    """Refuse a generation given twice, and numbers with gaps in a column that is only taken for the generation."""
    name = table.given[place]
    numbers = [table.number(line, name, cells[place].strip(), "[0, inf)") for line, cells in table.rows()]
    in_order = sorted(numbers)
    for before, after in pairwise(in_order):
        if before == after:
            raise InputError(f"{table.path}: column {name}: {after:g} given twice; one line per generation is needed")
    taken = not given and table.header[place] not in GENERATION
    if taken and any(after != before + 1 for before, after in pairwise(in_order)):
        shown = ", ".join(f"{number:g}" for number in in_order[:3])
        raise InputError(
            f"{table.path}: column {name}: {shown}, ... given, which are not consecutive generations; give "
            f"--generation {name!r} if they are generations nonetheless"
        )


def _some(table: Table, parts: Mapping[int, object]) -> str:
    """Names of a few columns of runs."""
    names = [table.given[at] for at, part in parts.items() if part]
    return ", ".join([*names[:2], *["..."] * (len(names) > 2)]) or "none"
