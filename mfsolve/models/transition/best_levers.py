"""Levers of regimes of governance, each set by one criterion, such as discounted welfare (MODEL 5.2)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.models.result_repr import legible

from .held_volume import AdoptionMap
from .parameters import Parameters
from .pigouvian_tax import prohibitive_tax
from .policies import LEVERS, CongestionFee, Disclosure, InputTax, Licence, Moratorium, Policy, ReskillingSubsidy, Tax

REFINEMENTS = 7


@dataclass(frozen=True)
class LeverRange:
    """Settings of a lever: share^power of the largest, so that evenly spaced shares are finest where it is light.

    `end`, where given, is the setting at a share of 1 in place of the largest.
    """

    largest: float
    power: float
    end: float | None = None

    def setting(self, share: float) -> float:
        """The setting at a share in [0, 1] of the way."""
        return self.end if share == 1.0 and self.end is not None else float(self.largest * share**self.power)


def lever_range(parameters: Parameters, policy: Policy, horizon: float) -> LeverRange:
    """Range of a policy's lever.

    A tax or a licence up to where next to nobody adopts; a tax on inputs up to where they cost the whole market; a fee
    up to where nobody adopts at a hundredth of the largest volume; a grant up to what the most skilled earn by hand
    without AI; a label up to perfect; a moratorium up to half of the horizon, so that its end is seen, or for ever.
    """
    match policy:
        case Tax():
            return LeverRange(prohibitive_tax(parameters), 2.0)
        case Licence():
            return LeverRange(prohibitive_tax(parameters) * AdoptionMap(parameters, None, 8).volume, 2.0)
        case InputTax():
            return LeverRange(max(parameters.market.market_size / parameters.market.ai_cost - 1.0, 1.0), 2.0)
        case CongestionFee():
            return LeverRange(100.0 * prohibitive_tax(parameters) / AdoptionMap(parameters, None, 8).volume, 4.0)
        case ReskillingSubsidy():
            return LeverRange(float(AdoptionMap(parameters, None, 200).at(0.0).worth[0].max()), 1.0)
        case Disclosure():
            return LeverRange(1.0, 1.0)
        case Moratorium():
            return LeverRange(0.5 * horizon, 1.0, 10.0 * horizon)
        case _:
            raise ValueError(f"policy: {policy!r} given; allowed: one with a lever")


@legible
@dataclass(frozen=True, eq=False)
class LeverScan:
    """Outcomes of a policy over its lever, and the setting that is best for discounted welfare."""

    shares: Floats
    settings: Floats
    best: float


def lever_scan(span: LeverRange, score: Callable[[float], float], places: int) -> LeverScan:
    """The setting of greatest score: the best of a scan, of equals the least, then Brent's steps around it.

    Parameters
    ----------
    span
        How far the lever goes.
    score
        What a setting is worth.
    places
        Settings of the scan, >= 3.
    """
    from scipy.optimize import minimize_scalar

    shares = np.linspace(0.0, 1.0, places)
    settings = np.array([span.setting(float(share)) for share in shares])
    scores = [score(float(setting)) for setting in settings]
    k = int(np.argmax(scores))
    found = minimize_scalar(
        lambda share: -score(span.setting(float(share))),
        bounds=(float(shares[max(k - 1, 0)]), float(shares[min(k + 1, places - 1)])),
        method="bounded",
        options={"maxiter": REFINEMENTS},
    )
    best = span.setting(float(found.x)) if -found.fun > scores[k] else float(settings[k])
    return LeverScan(shares, settings, best)


def with_lever(policy: Policy, setting: float) -> Policy:
    """The policy with its lever at a setting."""
    return policy.model_copy(update={LEVERS[type(policy)]: setting})


def lever_at_cost(span: LeverRange, charge: Callable[[float], float], wanted: float, places: int) -> float:
    """The least setting at which adopters are charged `wanted`; where none is, the setting of the largest charge.

    Parameters
    ----------
    span
        How far the lever goes.
    charge
        Charges at a setting, 0 at none; they rise at first, and fall where next to nobody adopts.
    wanted
        Charges, > 0.
    places
        Settings of the scan, >= 3.
    """
    from scipy.optimize import brentq

    shares = np.linspace(0.0, 1.0, places)
    found = np.array([charge(span.setting(float(share))) for share in shares])
    above = np.flatnonzero(found >= wanted)
    if above.size == 0:
        return span.setting(float(shares[np.argmax(found)]))
    first = int(above[0])
    share = brentq(lambda x: charge(span.setting(float(x))) - wanted, shares[first - 1], shares[first], xtol=1e-12)
    return span.setting(float(share))
