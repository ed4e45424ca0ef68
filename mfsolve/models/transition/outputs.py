"""Averages over a population of creators at one time: occupations, welfare, incomes, the trough (MODEL 5.2).

Welfare is that of MODEL 5.1, in money, wherever the transition speaks of it: incomes, the consumer surplus of all
works, less the penalty B that falls on everyone. Incomes are profits after the costs of adoption and of labels, the
outside option of those who left, nothing for those who re-skill; levies are paid back and grants raised in equal parts.
Noise is error: neither the taste that would rationalise a logit choice nor a cost of moving skill is counted (`planner`
counts both).
"""

from collections.abc import Mapping
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.transition import choice, occupations

from .parameters import Parameters

if TYPE_CHECKING:
    import xarray as xr

STATE = {
    "human": "share of creators who work by hand",
    "ai": "share of creators who adopted AI",
    "exited": "share of creators who left",
    "reskilling": "share of creators who re-skill",
    "ai_volume": "volume of AI content, D_A",
    "pollution": "pollution penalty B",
    "levy": "levy on a unit of AI volume",
    "damage": "cost that a unit of AI volume imposes on others, at given choices",
    "mean_skill": "mean skill of everybody",
    "human_skill": "mean skill of those who work by hand",
    "welfare": "welfare: incomes and consumer surplus, less pollution",
    "equality": "1 less the Gini coefficient of incomes",
    "income": "mean income, transfers included",
    "charge": "charges on adopters, mean over all creators",
    "served": "mean share of its niche that a creator serves and that pollution affects",
}
TROUGH = {
    "fall": "share of human creators lost at the trough so far",
    "trough_time": "time of the trough so far",
    "recovered": "share of that fall recovered since then",
    "peak_recovered": "largest share of that fall recovered at any time since then",
}
NAMES = STATE | TROUGH
HUMANS = (0, occupations.HUMAN)
EXITS = (1, occupations.EXITED)
TRAINEES = (2, occupations.RESKILLING)


def by_hand(job: NDArray[np.uint8], weight: Floats) -> float:
    """Share of creators who work by hand, of occupations and weights (n,)."""
    return float(total(weight[np.isin(job, HUMANS)]))


def summary(
    parameters: Parameters, row: Floats, D: float, skill: Floats, job: NDArray[np.uint8], weight: Floats
) -> dict[str, float]:
    """Averages over creators at one time (MODEL 5.2).

    Parameters
    ----------
    parameters
        The economy.
    row
        Conditions (choice.CONDITIONS,).
    D
        AI volume.
    skill, job, weight
        Skill, occupation and weight (n,) of creators; the weights sum to 1.

    Returns
    -------
    dict
        The variables STATE. `human_skill` is NaN where nobody works by hand. `damage` is dB/dD (1 + 3/2 served): the
        penalty on everyone, what profits lose, and half of that again, which consumers do.
    """
    income, surplus, served = np.empty(skill.size), np.empty(skill.size), np.empty(skill.size)
    occupations.accounts(parameters.economy, row, D, skill, job, income, surplus, served)
    beta, eta = parameters.market.pollution_weight, parameters.market.pollution_rate
    burden = float(beta * np.log1p(eta * D))
    human = np.isin(job, HUMANS)
    shares = {
        "human": by_hand(job, weight),
        "ai": total(weight[job == occupations.ADOPTER]),
        "exited": total(weight[np.isin(job, EXITS)]),
        "reskilling": total(weight[np.isin(job, TRAINEES)]),
    }
    levy = float(row[choice.TAX] + row[choice.FEE] * D)
    charge = levy * D + float(row[choice.INPUT]) * total((weight * served)[job == occupations.ADOPTER])
    transfer = charge - float(row[choice.GRANT]) * shares["reskilling"]
    earned, met = total(weight * income) + transfer, total(weight * served)
    return shares | {
        "ai_volume": D,
        "pollution": burden,
        "levy": levy,
        "damage": beta * eta / (1.0 + eta * D) * (1.0 + 1.5 * met),
        "mean_skill": total(weight * skill),
        "human_skill": total((weight * skill)[human]) / shares["human"] if shares["human"] > 0.0 else nan,
        "welfare": earned + total(weight * surplus) - burden,
        "equality": 1.0 - gini(income + transfer, weight),
        "income": earned,
        "charge": charge,
        "served": met,
    }


def gini(income: Floats, weight: Floats) -> float:
    """Gini coefficient of incomes (n,) with weights (n,) that sum to 1; NaN where their mean is not positive."""
    order = np.argsort(income, kind="stable")
    x, w = income[order], weight[order]
    rank, mean = np.cumsum(w) - 0.5 * w, total(w * x)
    return float(total(w * x * (2.0 * rank - 1.0)) / mean) if mean > 0.0 else nan


class Trough:
    """The lowest share of human creators along a path, looked for at every step, and the recovery since.

    A fall within rounding, 1e-12 of the first share, is none.
    """

    def __init__(self, human: float) -> None:
        self.first = self.lowest = self.peak = self.now = human
        self.at = 0.0

    def see(self, times: Floats, human: Floats) -> None:
        """Shares (n,) at later times (n,), in their order; none is fine."""
        if times.size == 0:
            return
        k = int(np.argmin(human))
        if human[k] < self.lowest:
            self.lowest, self.at, self.peak = float(human[k]), float(times[k]), float(human[k:].max())
        else:
            self.peak = max(self.peak, float(human.max()))
        self.now = float(human[-1])

    def so_far(self) -> dict[str, float]:
        """The variables TROUGH: fall = (H_0 - min H) / H_0, recovered = (H - min H) / (H_0 - min H); 0 where none."""
        lost = self.first - self.lowest
        if not lost > 1e-12 * self.first:
            return dict.fromkeys(TROUGH, 0.0)
        back = {"recovered": (self.now - self.lowest) / lost, "peak_recovered": (self.peak - self.lowest) / lost}
        return {"fall": lost / self.first, "trough_time": self.at} | back


def path_dataset(
    times: Floats, rows: list[dict[str, float]], names: Mapping[str, str],
    extra: Mapping[str, tuple[tuple[str, ...], Floats]], coordinates: Mapping[str, Floats], **attributes: object,
) -> "xr.Dataset":  # fmt: skip
    """Dataset over the times (n,) of rows of the variables `names`, and further variables with their dimensions."""
    import xarray as xr

    variables: dict[str, tuple[tuple[str, ...], Floats, dict[str, str]]] = {
        name: (("time",), np.array([row[name] for row in rows]), {"units": "1", "long_name": text})
        for name, text in names.items()
    }
    for name, (dims, values) in extra.items():
        variables[name] = (dims, values, {"units": "1", "long_name": name.replace("_", " ")})
    return xr.Dataset(variables, coords={"time": times, **coordinates}, attrs=attributes)
