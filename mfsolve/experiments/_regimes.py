"""Regimes of the dynamic creator market: who sets prices, and from when on (MODEL 4.2, 4.3)."""

from dataclasses import replace
from functools import lru_cache

from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.experiments.experiment import Arm
from mfsolve.models.creators.finite_market import NO_PLAN, Schedule
from mfsolve.models.creators.patient_buyer import Revenue, patient_plan
from mfsolve.models.creators.recursive_precision import DynamicParameters, Regime
from mfsolve.models.frozen import Frozen


class Rule(Frozen):
    """A rule that says who sets prices, and from when on."""

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        raise NotImplementedError

    def direct(self) -> Regime:
        """The regime that rules throughout, for models in which none takes over later."""
        regime, switch = self.sequence()
        return Regime.INTERMEDIARY if switch is not None else regime

    def plan(self, parameters: DynamicParameters, schedule: Schedule) -> Floats:
        """Values of data to a buyer who plans (2, steps + 1); empty where marginal values of the moment count."""
        return NO_PLAN


class FreeForAll(Rule):
    """Nobody is paid for data."""

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.FREE_FOR_ALL, None


class StrictRights(Rule):
    """The buyer pays one price, the best for the profit of the moment."""

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.STRICT_RIGHTS, None


class Discriminating(Rule):
    """The buyer pays each kind a price of its own, the best for the profit of the moment."""

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.DISCRIMINATING, None


class Intermediary(Rule):
    """Each kind is paid the marginal value of its data."""

    starts: float = Field(0.0, ge=0.0, description="when the intermediary takes over from strict rights")

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.STRICT_RIGHTS, self.starts


class Patient(Rule):
    """The buyer pays what is best for its discounted profit over the horizon."""

    discount: float = Field(0.05, gt=0.0, le=1e6, description="the buyer's discount rate")
    revenue: Revenue = Field(
        Revenue.GROWTH, description="growth: the buyer earns the growth of precision, level: precision itself"
    )
    discriminates: bool = Field(False, description="each kind has a price of its own")

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.DISCRIMINATING if self.discriminates else Regime.STRICT_RIGHTS, None

    def plan(self, parameters: DynamicParameters, schedule: Schedule) -> Floats:
        """Values of a unit of either kind's data to the buyer when it is bought, (2, steps + 1)."""
        return planned(self, parameters, schedule)


@lru_cache(maxsize=64)
def planned(rule: Patient, parameters: DynamicParameters, schedule: Schedule) -> Floats:
    """The plan of a patient buyer, which is the same in every replicate."""
    return patient_plan(parameters, schedule, rule.discount, rule.revenue)


REGIMES: dict[str, type[Rule]] = {
    "strict_rights": StrictRights,
    "intermediary": Intermediary,
    "free_for_all": FreeForAll,
    "discriminating": Discriminating,
    "patient": Patient,
}
"""Regimes by their names in study files."""


def arms_of(shared: Arm, *names: str) -> dict[str, Arm]:
    """One arm for each of these regimes, alike but for its settings."""
    return {name: replace(shared, settings=REGIMES[name]) for name in names}
