"""Inputs of the transition: the static market, how skill moves, frictions, the AI ramp (MODEL 5.2)."""

from typing import Any, Literal

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.transition.choice import Economy, Grid, Motion
from mfsolve.models import supply_shock
from mfsolve.models.frozen import Frozen

MOST_CELLS = 2**14
SLOWEST = 1e-12
"""Least diffusion: below it the rates between cells leave the floating-point range."""


class Parameters(Frozen):
    """An economy in transition (MODEL 5.2).

    Skill s of everybody follows d mu/dt = d/ds( sigma (d mu/ds - mu d ln f/ds) - nu mu dV/ds ) without flux at 0 and 1,
    V the profit of the best option, smoothed by a logit of temperature tau; f is the density of talent (Beta, as in the
    static market) or uniform, which is the equation as MODEL 5.2 writes it. Rest points are mu ~ f exp(nu V / sigma).

    With `choice = "instant"` occupations follow profits at once; with `"frictional"` they are states: creators discover
    AI at a rate, revise their occupation at a rate, and go back to human work through re-skilling alone, which
    takes time, pays nothing, and raises skill at rate training (1 - s).

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    market: supply_shock.Parameters = Field(
        supply_shock.Parameters(),
        description="the static market, with AI at the end of the ramp: a table of parameters of MODEL 5.1",
    )
    choice: Literal["frictional", "instant"] = Field(
        "frictional", description="frictional: occupations are states with rates; instant: they follow profits at once"
    )
    reference: Literal["talent", "uniform"] = Field(
        "talent", description="density that skill relaxes to without incentives: Beta(a, b) of the market, or uniform"
    )
    diffusion: float = Field(2e-4, ge=SLOWEST, le=1e3, description="sigma, diffusion of skill per unit of time")
    learning: float = Field(1e-3, ge=0.0, le=1e3, description="nu, speed at which skill climbs the slope of profit")
    temperature: float = Field(1e-3, gt=0.0, le=1e3, description="tau, noise of the choice between options")
    revision: float = Field(1.0, gt=0.0, le=1e3, description="rate at which a creator revises the occupation")
    discovery: float = Field(0.3, ge=0.0, le=1e3, description="rate at which a creator discovers AI (search)")
    lag: float = Field(3.0, gt=0.0, le=1e3, description="mean time that re-skilling takes")
    training: float = Field(0.05, ge=0.0, le=1e3, description="rate at which 1 - s falls while re-skilling")
    discount_rate: float = Field(0.02, ge=0.0, le=10.0, description="rate at which creators discount")
    initial_quality: float = Field(0.1, gt=0.0, le=1e9, description="AI quality at time 0")
    initial_cost: float = Field(0.2, gt=0.0, le=1e9, description="cost of a unit of AI quality at time 0")
    ramp: float = Field(2.0, ge=0.0, le=1e9, description="time constant of the AI ramp; 0: at its end from the start")

    @property
    def economy(self) -> Economy:
        """Parameters of the static market in the kernels' letters."""
        return economy_of(self.market)

    @property
    def motion(self) -> Motion:
        """Parameters of skill and occupations over time in the kernels' letters."""
        return Motion(
            self.diffusion, self.learning, self.temperature, self.training, self.discount_rate, self.revision,
            self.discovery, self.lag,
        )  # fmt: skip

    @property
    def shape(self) -> tuple[float, float]:
        """Shapes (a, b) of the reference density."""
        return (self.market.skill_a, self.market.skill_b) if self.reference == "talent" else (1.0, 1.0)

    def changed(self, **values: Any) -> "Parameters":
        """The same economy but for some parameters."""
        return Parameters(**({name: getattr(self, name) for name in type(self).model_fields} | values))


def economy_of(m: supply_shock.Parameters) -> Economy:
    """Parameters of a static market in the kernels' letters."""
    return Economy(
        m.market_size, m.human_capacity, m.human_efficiency, m.adoption_cost, m.adoption_skill_cost,
        m.outside_option, m.pollution_weight, m.pollution_rate,
    )  # fmt: skip


def skill_grid(parameters: Parameters, cells: int) -> Grid:
    """Even cells of skill and the log reference density at their centres, which has mass 1 on the grid."""
    h = 1.0 / cells
    s: Floats = np.asarray((np.arange(cells) + 0.5) * h, dtype=np.float64)
    a, b = parameters.shape
    log_density = (a - 1.0) * np.log(s) + (b - 1.0) * np.log(1.0 - s)
    top = log_density.max()
    return Grid(s, h, np.asarray(log_density - top - np.log(np.sum(np.exp(log_density - top)) * h)))
