"""The rows of the table of peers, system by system, in files of their own."""

from importlib import import_module

from benchmarks.row import Row

ROOMS = (
    "normals", "collapse", "equilibria", "flow", "expectations", "provenance", "documents", "creators", "supply_shock",
    "agents", "calibration", "replicates", "many_replicates",
)  # fmt: skip
"""Files with rows, in the table's order."""


def load(*rooms: str) -> dict[str, tuple[str, Row]]:
    """Rows of these files, of all if none is named, by name, with their file: a row needs nothing of the others."""
    return {row.name: (room, row) for room in rooms or ROOMS for row in import_module(f"benchmarks.rows.{room}").ROWS}
