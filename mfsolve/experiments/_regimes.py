"""Regimes of the dynamic creator market: who sets prices, and from when on (MODEL 4.2, 4.3)."""

from pydantic import Field

from mfsolve.models.creators.recursive_precision import Regime
from mfsolve.models.frozen import Frozen


class FreeForAll(Frozen):
    """Nobody is paid for data."""

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.FREE_FOR_ALL, None


class StrictRights(Frozen):
    """The buyer pays one price, the best for the profit of the moment."""

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.STRICT_RIGHTS, None


class Intermediary(Frozen):
    """Each kind is paid the marginal value of its data."""

    starts: float = Field(0.0, ge=0.0, description="when the intermediary takes over from strict rights")

    def sequence(self) -> tuple[Regime, float | None]:
        """The regime at the start, and the time at which the intermediary takes over, if ever."""
        return Regime.STRICT_RIGHTS, self.starts
