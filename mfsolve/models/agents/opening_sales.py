"""Sales of the opening period, the unit of all rewards: a bound by which a market is refused (MODEL 5.3.2)."""

import math

from mfsolve.kernels.numerics.elementary import exponential

from .parameters import Parameters, Population, Scenario, WithoutAi

LEAST_SALES = math.log(2.0)
"""Mean items per creator below which, with Poisson sales, more than half of the creators sell nothing."""
LOWER = ("human_cost", "markup", "price_sensitivity", "outside_utility", "ai_visibility", "ai_firms", "creators")
HIGHER = ("quality_weight", "human_technical", "human_creative", "consideration", "consumers")
"""Settings that let creators sell more where they are lower, and where they are higher."""


def most_sales(p: Parameters, size: Population, scenario: Scenario) -> float:
    """Items that a creator sells in the opening period, on average and at most.

    A consumer's looks fall on creators by their part of what is seen, and a look is taken with probability w / (1 + w)
    at most, which is concave in the weight w of the offer: that of the mean weight is not less than its mean.
    """
    firms = 0 if isinstance(scenario, WithoutAi) else size.ai_firms
    looks = p.consideration * size.creators / (size.creators + firms * p.ai_visibility)
    theta, burden = p.quality_weight, p.rules().burden

    def bought(skill: float) -> float:
        spread = 0.5 * (theta * p.skill_spread) ** 2
        weight = exponential(theta * skill + spread - burden) + exponential(-burden)  # skills are cut at 0
        return min(1.0, looks * (1.0 if math.isinf(weight) else weight / (1.0 + weight)))

    share = p.technical_demand
    mean = share * bought(p.human_technical) + (1.0 - share) * bought(p.human_creative)
    return mean * size.consumers / size.creators


def require_opening(p: Parameters, size: Population, scenario: Scenario) -> None:
    """Refuse a market in which most creators sell nothing in the opening period.

    Raises
    ------
    ValueError
        One line that names the settings that are to blame: those on the wrong side of their defaults.
    """
    most = most_sales(p, size, scenario)
    if most > LEAST_SALES:
        return
    usual = {name: field.default for kind in (Parameters, Population) for name, field in kind.model_fields.items()}
    given = dict([*p, *size])
    lower = [name for name in LOWER if given[name] > usual[name]]
    higher = [name for name in HIGHER if given[name] < usual[name]]
    said = ", ".join(f"{name} = {given[name]:g}" for name in lower + higher)
    advice = " and ".join(
        f"a {how} {', '.join(names)}" for how, names in (("lower", lower), ("higher", higher)) if names
    )
    raise ValueError(
        f"{said} given: a creator sells {most:.2g} items at most in the opening period, whose profit is the unit of "
        f"rewards; allowed: more than {LEAST_SALES:.2g}, by {advice}"
    )
