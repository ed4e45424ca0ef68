"""Stored numbers of a user's own model that are NaN or infinite, where its outputs do not say what that means."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mfsolve.study.storage.stored_replicates import StoredReplicates


def undefined(directory: StoredReplicates) -> list[dict[str, Any]]:
    """Outputs with such numbers: name, how many of how many, over all points of the study.

    The experiments of the house are audited where they are written; of theirs there are none.
    """
    study = directory.study
    if study.experiment.home is None:
        return []
    found: dict[str, list[int]] = {}
    for point in study.points:
        for name, output in study.experiment.outputs(point.case).items():
            if output.undefined:
                continue
            count = found.setdefault(name, [0, 0])
            for (values,) in directory.blocks(point, [name]):
                with np.errstate(all="ignore"):
                    whole = bool(np.isfinite(values.sum()))  # one pass where all are finite
                count[0] += 0 if whole else int(np.sum(~np.isfinite(values)))
                count[1] += values.size
    return [{"quantity": name, "count": count, "of": total} for name, (count, total) in found.items() if count]


def lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line on each of these outputs."""
    said = "stored numbers are NaN or infinite; where that means something: Output(undefined=...)"
    return [f"{one['quantity']}: {one['count']} of {one['of']} {said}" for one in found]
