"""What is kept of a population of creators at an output time: occupations, welfare, incomes (MODEL 5.2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.kernels import choice, occupations
from mfsolve.kernels.sums import total

from .parameters import Floats, Parameters

if TYPE_CHECKING:
    import xarray as xr

NAMES = {
    "human": "share of creators who work by hand",
    "ai": "share of creators who adopted AI",
    "exited": "share of creators who left",
    "reskilling": "share of creators who re-skill",
    "ai_volume": "volume of AI content, D_A",
    "pollution": "pollution penalty B",
    "mean_skill": "mean skill of everybody",
    "human_skill": "mean skill of those who work by hand",
    "welfare": "welfare: incomes, consumer surplus, less pollution",
    "equality": "1 less the Gini coefficient of incomes",
    "income": "mean income, transfers included",
    "served": "mean share of its niche that a creator serves and pollution falls on",
    "fall": "share of human creators lost at the trough so far",
    "trough_time": "time of the trough so far",
    "recovered": "share of that fall made good since",
}
HUMANS = (0, occupations.HUMAN)
EXITS = (1, occupations.EXITED)
TRAINEES = (2, occupations.RESKILLING)


def summary(
    parameters: Parameters, row: Floats, D: float, skill: Floats, job: NDArray[np.uint8], weight: Floats
) -> dict[str, float]:
    """Averages over creators of the given skill, occupation and weight (n,); the weights sum to 1.

    Welfare is incomes plus the consumer surplus of all works less the pollution that consumers meet; levies are paid
    back and grants raised in equal parts. Equality is 1 less the Gini coefficient of incomes with these transfers.
    """
    income, surplus, served = np.empty(skill.size), np.empty(skill.size), np.empty(skill.size)
    occupations.accounts(parameters.economy, row, D, skill, job, income, surplus, served)
    beta, eta = parameters.economy[6:]
    burden = float(row[choice.HIDDEN] * beta * np.log1p(eta * D))
    human = np.isin(job, HUMANS)
    shares = {
        "human": total(weight[human]),
        "ai": total(weight[job == occupations.ADOPTER]),
        "exited": total(weight[np.isin(job, EXITS)]),
        "reskilling": total(weight[np.isin(job, TRAINEES)]),
    }
    transfer = float(row[choice.TAX] + row[choice.FEE] * D) * D - float(row[choice.GRANT]) * shares["reskilling"]
    earned = total(weight * income) + transfer
    return shares | {
        "ai_volume": D,
        "pollution": burden,
        "mean_skill": total(weight * skill),
        "human_skill": total((weight * skill)[human]) / max(shares["human"], 1e-300),
        "welfare": earned + total(weight * surplus) - burden,
        "equality": 1.0 - gini(income + transfer, weight),
        "income": earned,
        "served": total(weight * served),
    }


def gini(income: Floats, weight: Floats) -> float:
    """Gini coefficient of incomes (n,) with weights (n,) that sum to 1 and a positive mean."""
    order = np.argsort(income, kind="stable")
    x, w = income[order], weight[order]
    rank = np.cumsum(w) - 0.5 * w
    return float(total(w * x * (2.0 * rank - 1.0)) / total(w * x))


def trough(times: Floats, human: Floats) -> dict[str, Floats]:
    """Depth and time of the trough of a path of human creators so far, and the share of the fall made good since.

    All running: at time t they describe the path up to t. fall = (H_0 - min H) / H_0, recovered = (H - min H) /
    (H_0 - min H), 0 while there is no fall.
    """
    lowest = np.minimum.accumulate(human)
    fresh = np.concatenate([[True], human[1:] < lowest[:-1]])
    at = np.maximum.accumulate(np.where(fresh, np.arange(human.size), 0))
    lost = human[0] - lowest
    return {
        "fall": lost / human[0],
        "trough_time": times[at],
        "recovered": (human - lowest) / np.where(lost > 0.0, lost, np.inf),
    }


def labelled(
    times: Floats, rows: list[dict[str, float]], extra: Mapping[str, tuple[tuple[str, ...], Floats]],
    coordinates: Mapping[str, Floats], **attributes: object,
) -> "xr.Dataset":  # fmt: skip
    """Dataset of summaries at the times, the trough, and further variables with their dimensions."""
    import xarray as xr

    arrays = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    arrays |= trough(times, arrays["human"])
    variables: dict[str, tuple[tuple[str, ...], Floats, dict[str, str]]] = {
        name: (("time",), values, {"units": "1", "long_name": NAMES[name]}) for name, values in arrays.items()
    }
    for name, (dims, values) in extra.items():
        variables[name] = (dims, values, {"units": "1", "long_name": NAMES.get(name, name.replace("_", " "))})
    return xr.Dataset(variables, coords={"time": times, **coordinates}, attrs=attributes)
