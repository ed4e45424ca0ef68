"""Columns of features that a pool has and its references need (MODEL 3.5)."""

from mfsolve.data.samples import Numbers, running_numbers
from mfsolve.data.table import Table
from mfsolve.models.frozen import InputError


def asked_features(
    table: Table, known: tuple[str, ...], chosen: tuple[str, ...], ignored: tuple[str, ...], held: str
) -> tuple[str, ...]:
    """Features of a pool: those that are asked for, of the `known` ones.

    Raises
    ------
    InputError
        For one that is no column, or `held` something else, such as a date.
    """
    for name in (*chosen, *ignored):
        table.place(name)
        if name in chosen and name not in known:
            raise InputError(f"{table.path}: column {name!r}: holds the {held}s, not a feature")
    return chosen or tuple(name for name in known if name not in ignored)


def needed_features(table: Table, like: Numbers) -> tuple[str, ...]:
    """Features of a reference: the pool's, but for columns that it lacks and that only number the pool's rows.

    Raises
    ------
    InputError
        Naming a column that the reference lacks.
    """
    needed = like.rows.columns
    missing = [name for name in needed if name not in table.header]
    lacked = [name for name in missing if not _number_rows(like, name)]
    if lacked:
        raise InputError(
            f"{table.path}: column {lacked[0]!r} is missing; features files need: {', '.join(needed[:20])}; "
            f"--ignore {','.join(lacked[:20])} leaves it out"
        )
    return tuple(name for name in needed if name not in missing)


def _number_rows(like: Numbers, name: str) -> bool:
    try:
        return bool(running_numbers(like.of((name,)).rows))
    except InputError:  # it holds no numbers at all
        return False


def refuse_texts(table: Table, features: tuple[str, ...]) -> None:
    """Raise InputError where features are texts by their first row: one holds several words, or none a number."""
    row = next((cells for _, cells in table.rows()), None)
    if row is None:
        return
    cells = {name: row[table.header.index(name)].strip() for name in features}
    words = [name for name, cell in cells.items() if cell and not table.is_number(cell)]
    texts = [name for name in words if len(cells[name].split()) > 1 and any(c.isalpha() for c in cells[name])]
    if texts or (words and len(words) == len(features)):
        name = (texts or words)[0]
        raise InputError(
            f"{table.path}: column {name!r}: holds text; --text {name} reads it, --ignore {name} leaves it out"
        )
