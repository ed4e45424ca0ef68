"""Two skills, technical and creative: the retreat from what AI does well, on a grid and by particles (MODEL 5.2).

d mu/dt = div( sigma (grad mu - mu grad ln f) - nu mu grad V ) on the unit square without flux through its walls, V the
logit value of working by hand or by AI in either niche, or of leaving (kernels.niches), f(s_0, s_1) ~
Beta(s_0) Beta(s_1) exp(-budget (s_0 + s_1)^2 / 2): the time for one skill is not there for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.numerics.elementary import TINY
from mfsolve.kernels.numerics.finite_volume import sweep
from mfsolve.kernels.numerics.sums import total
from mfsolve.kernels.transition import choice, niches, skill_flow
from mfsolve.kernels.transition.choice import Economy
from mfsolve.models import supply_shock
from mfsolve.models.arguments import increasing, instance, number, whole
from mfsolve.models.frozen import Frozen

from .outputs import path_dataset
from .parameters import SLOWEST, economy_of
from .policies import technology

if TYPE_CHECKING:
    import xarray as xr

NAMES = {
    "technical_by_hand": "share of creators whose technical work is by hand",
    "creative_by_hand": "share of creators whose creative work is by hand",
    "technical_skill": "mean technical skill of everybody",
    "creative_skill": "mean creative skill of everybody",
    "survivors": "share of creators who do some work by hand",
    "survivors_technical": "mean technical skill of those who do some work by hand",
    "survivors_creative": "mean creative skill of those who do some work by hand",
    "exited": "share of creators who left",
    "technical_volume": "volume of AI content in the technical niche",
    "creative_volume": "volume of AI content in the creative niche",
}


class TwoSkillParameters(Frozen):
    """An economy of creators with a technical and a creative skill; choices are taken at once.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    market: supply_shock.Parameters = Field(
        supply_shock.Parameters(outside_option=0.05),
        description="the static market: a table of parameters of MODEL 5.1",
    )
    technical_weight: float = Field(0.5, gt=0.0, lt=1.0, description="weight of the technical niche in profits, w_0")
    technical_quality: float = Field(0.6, gt=0.0, description="AI quality in technical work at the end of the ramp")
    creative_quality: float = Field(0.45, gt=0.0, description="AI quality in creative work at the end of the ramp")
    budget: float = Field(10.0, ge=0.0, le=1e3, description="how strongly the two skills crowd each other out")
    diffusion: float = Field(2e-3, ge=SLOWEST, le=1e3, description="sigma, diffusion of skill per unit of time")
    learning: float = Field(0.2, ge=0.0, le=1e3, description="nu, speed at which skill climbs the slope of profit")
    temperature: float = Field(4e-3, gt=0.0, le=1e3, description="tau, noise of the choice between options")
    initial_quality: float = Field(0.1, gt=0.0, description="AI quality in both niches at time 0")
    initial_cost: float = Field(0.2, ge=1e-9, le=1e9, description="cost of a unit of AI quality at time 0")
    ramp: float = Field(2.0, ge=0.0, description="time constant of the AI ramp; 0: at its end from the start")

    @property
    def economy(self) -> Economy:
        """Parameters of the static market in the kernels' letters."""
        return economy_of(self.market)


def conditions(p: TwoSkillParameters, times: Floats) -> Floats:
    """Rows (times, 2, choice.CONDITIONS) of conditions for the two niches, AI on its ramp where there is any."""
    left, cost, volume = technology(p.market, p.initial_cost, p.ramp, times)
    rows = np.zeros((times.size, 2, choice.CONDITIONS))
    for k, quality in enumerate((p.technical_quality, p.creative_quality)):
        rows[:, k, choice.QBAR] = quality + (p.initial_quality - quality) * left
        rows[:, k, choice.COST] = cost
        rows[:, k, choice.VOLUME] = volume
        rows[:, k, choice.HIDDEN] = 1.0
        rows[:, k, choice.OPEN] = 1.0 if p.market.ai_available else 0.0
    return rows


class UnitSquare:
    """Cells of the unit square, their reference density, and masses (n, n); rest points without AI."""

    def __init__(self, p: TwoSkillParameters, cells: int) -> None:
        self.p, self.n, self.h = p, cells, 1.0 / cells
        self.x: Floats = np.asarray((np.arange(cells) + 0.5) * self.h, dtype=np.float64)
        first, second = np.meshgrid(self.x, self.x, indexing="ij")
        self.s = np.stack([first.ravel(), second.ravel()])
        a, b = p.market.skill_a, p.market.skill_b
        log_f = (a - 1.0) * np.log(self.s) + (b - 1.0) * np.log(1.0 - self.s)
        self.log_talent = log_f.sum(axis=0) - 0.5 * p.budget * self.s.sum(axis=0) ** 2
        shut = conditions(p, np.zeros(1))[0]
        shut[:, choice.OPEN] = 0.0
        tilt = self.log_talent + p.learning / p.diffusion * self.respond(shut, np.zeros(2))[3]
        mass = np.maximum(np.exp(tilt - tilt.max()), TINY)
        self.mass = (mass / mass.sum()).reshape(cells, cells)

    def respond(self, rows: Floats, D: Floats) -> Floats:
        """Choices (6, n) of `niches.responses` at the cells."""
        out = np.empty((6, self.s.shape[1]))
        niches.responses(D, self.p.economy, rows, self.p.technical_weight, self.p.temperature, self.s, out)
        return out

    def volumes(self, rows: Floats, mass: Floats, D: Floats) -> None:
        """AI volumes D (2,) that the masses bring about, in place from a guess."""
        p = self.p
        niches.ai_volumes(p.economy, rows, p.technical_weight, p.temperature, self.s, np.ravel(mass), D)

    def implicit(self, mass: Floats, dt: float, rows: Floats, D: Floats) -> Floats:
        """Implicit sweeps along either axis, choices and pollution at their old values."""
        p = self.p
        self.volumes(rows, mass, D)
        u = -(self.log_talent + p.learning / p.diffusion * self.respond(rows, D)[3]).reshape(self.n, self.n)
        mass = mass.copy()
        scale, flat = dt * p.diffusion / (self.h * self.h), np.zeros(0)
        sweep(scale, 1.0, u, flat, mass)
        turned = np.ascontiguousarray(mass.T)
        sweep(scale, 1.0, np.ascontiguousarray(u.T), flat, turned)
        return np.ascontiguousarray(turned.T)


def two_skill_mean_field(
    parameters: TwoSkillParameters,
    cells: int = 60,
    times: ArrayLike = (0.0, 5.0, 10.0, 20.0, 40.0),
    *,
    dt: float = 0.25,
) -> xr.Dataset:
    """Solve the flow of two skills on even cells, from the rest point without AI (MODEL 5.2).

    Positive, mass to rounding, second order in the cell width and in dt; the discrete Gibbs density is at rest.

    Parameters
    ----------
    parameters
        The economy.
    cells
        Cells along either skill, in [8, 2^11].
    times
        (n,) increasing, >= 0.
    dt
        Largest time step, > 0.

    Returns
    -------
    Dataset
        Over `time`: the variables of NAMES, density(time, technical, creative), mass(time).

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, TwoSkillParameters)
    at = increasing("times", times)
    square = UnitSquare(parameters, whole("cells", cells, 8, 2**11))
    mass, D, now = square.mass, np.zeros(2), 0.0
    rows: list[dict[str, float]] = []
    densities, masses = [], []
    for time in at.tolist():
        for begin, step in steps_between(now, time, number("dt", dt, "(0, inf)")):
            first, second = conditions(parameters, np.array([begin, begin + 0.5 * step]))
            whole_step = square.implicit(mass, step, first, D)
            half = square.implicit(square.implicit(mass, 0.5 * step, first, D), 0.5 * step, second, D)
            stacked = np.empty_like(mass)
            skill_flow.richardson(whole_step, half, stacked)
            mass = stacked
        now = time
        row = conditions(parameters, np.array([time]))[0]
        square.volumes(row, mass, D)
        rows.append(summary(square.respond(row, D), D, square.s, mass.ravel()))
        densities.append(mass / square.h**2)
        masses.append(total(mass.ravel()))
    extra = {"density": (("time", "technical", "creative"), np.array(densities)), "mass": (("time",), np.array(masses))}
    place = {"technical": square.x, "creative": square.x}
    return path_dataset(at, rows, NAMES, extra, place, solver="grid", cells=cells, dt=dt)


def steps_between(begin: float, end: float, dt: float) -> Iterator[tuple[float, float]]:
    """(beginning, length) of equal steps no longer than dt."""
    if end > begin:
        count = max(1, int(np.ceil((end - begin) / dt - 1e-9)))
        length = (end - begin) / count
        yield from ((begin + k * length, length) for k in range(count))


def summary(answer: Floats, D: Floats, s: Floats, weight: Floats) -> dict[str, float]:
    """Averages over creators of skills s (2, n), masses weight (n,), from `niches.responses` (6, n).

    The skills of those who work by hand are NaN where nobody does.
    """
    technical, creative, stay = answer[:3]
    some = weight * stay * (1.0 - technical * creative)
    survivors = total(some)
    skills = (total(some * s[k]) / survivors if survivors > 0.0 else nan for k in range(2))
    skilled = dict(zip(("survivors_technical", "survivors_creative"), skills))
    return {
        "technical_by_hand": total(weight * stay * (1.0 - technical)),
        "creative_by_hand": total(weight * stay * (1.0 - creative)),
        "technical_skill": total(weight * s[0]),
        "creative_skill": total(weight * s[1]),
        "survivors": survivors,
        **skilled,
        "exited": total(weight * (1.0 - stay)),
        "technical_volume": float(D[0]),
        "creative_volume": float(D[1]),
    }
