"""Orders with a case on their way to another process: the case is packed, and read once its experiment is known."""

import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

from mfsolve.experiments import load


def packed(order: Any, home: Path) -> tuple[Any, ...]:
    """Take a dataclass with an `experiment` and a `case` apart for pickle (`__reduce__`).

    The case may have settings of a user's own module, which is looked for in the folder `home` on both sides, and comes
    first.
    """
    load(order.experiment, home)
    values = {field.name: getattr(order, field.name) for field in fields(order)}
    return _received, (type(order), str(home), {**values, "case": pickle.dumps(order.case)})


def _received(kind: type, home: str, values: dict[str, Any]) -> Any:
    load(values["experiment"], Path(home))
    return kind(**{**values, "case": pickle.loads(values["case"])})
