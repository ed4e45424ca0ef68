"""The intermediary: contracts compared on random markets, or on one of your own (MODEL 4.3)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
from pydantic import Field

from mfsolve.arrays import Arrays, Floats
from mfsolve.experiments.experiment import Arm, Case, Experiment, Outputs, Views
from mfsolve.kernels.numerics.sums import total
from mfsolve.models.creators.aggregate_root import powers
from mfsolve.models.creators.effort_search import SEARCHED
from mfsolve.models.creators.loadings import Loading
from mfsolve.models.creators.originality import originality_penalty
from mfsolve.models.creators.static_market import check_scalars, static_market
from mfsolve.models.frozen import Frozen
from mfsolve.models.intermediary.audit import audit, precision, random, searched_responses
from mfsolve.models.intermediary.contract import Contract, distortion_spread, distortions_left, linear_contract
from mfsolve.models.intermediary.contract import contract as contract_of
from mfsolve.models.intermediary.membership import Threat, participation, voluntary_membership
from mfsolve.models.intermediary.random_markets import Deal, random_deal

from ._contract_outputs import ALONE, BARGAIN, MEMBERS, OWN_TARIFF, PRICES
from ._payment_tilts import rents, tilts


class Markets(Frozen):
    """Markets and their parties' demands. Whatever is not given is drawn for every market.

    Demands of the parties are drawn as shares of what the planner's efforts yield, so that there is a contract. They
    can be given, in units of precision, for a market that is given whole.
    """

    most_creators: int = Field(40, ge=1, le=1000, description="largest number of creators of a drawn market")
    loading: tuple[Loading, ...] | None = Field(
        None, min_length=1, description="loadings of the creators, finite, >= 0"
    )
    bias_variance: float | None = Field(None, gt=0.0, le=1e12, description="variance of the common factor, v")
    cost_exponent: float | None = Field(None, ge=1.001, le=1e3, description="g of the cost k e^g / g")
    cost_scale: float | None = Field(None, ge=1e-12, le=1e12, description="k of the cost k e^g / g")
    operating_cost: float | None = Field(None, ge=0.0, description="of the intermediary, F_op")
    buyer_outside: float | None = Field(None, ge=0.0, description="what the buyer gets elsewhere, u_B")
    creator_outside: float | None = Field(None, ge=0.0, description="what every creator gets elsewhere, u_i")
    bargaining_share: float | None = Field(None, ge=0.0, le=1.0, description="creators' share of the surplus, beta")


class Trials(Frozen):
    """Alternatives that contracts are tried against."""

    alternatives: int = Field(16, ge=2, le=10**5, description="other efforts of every creator, and other divisions")


class TwoPart(Frozen):
    """The paper's two-part tariff: unit prices at the planner's marginal costs, base payments by weight."""

    floored: bool = Field(False, description="negative weights count as 0")


class Linear(Frozen):
    """Linear prices alone that call forth the planner's efforts."""

    threat: Threat | None = Field(
        None,
        description="what the parties have without a deal, which costs nothing to operate: market, as under strict "
        "rights, or nothing; default: outside options and operating cost as drawn",
    )


class BuyerTariff(Frozen):
    """No intermediary: the buyer's own two-part tariff, which leaves creators their outside options."""

    outside_error: float = Field(
        0.0, ge=0.0, le=0.99,
        description="the buyer takes outside options for up to this share less or more than they are, uniformly",
    )  # fmt: skip


class Voluntary(Frozen):
    """The two-part tariff for those who join; whoever stays out sells at the buyer's own prices."""

    threat: Threat = Field(
        Threat.MARKET, description="what the parties have without a deal: market, as under strict rights, or nothing"
    )
    floored: bool = Field(False, description="negative weights count as 0")


class StrictRights(Frozen):
    """No intermediary: the buyer's own linear prices."""


Draw = Callable[[Case, int, int, int], Arrays]
WHOLE = ("loading", "bias_variance", "cost_exponent", "cost_scale")
DEMANDS = ("operating_cost", "buyer_outside", "creator_outside")


def check(case: Case) -> None:
    """Refuse demands without a whole market, costs that cannot be solved, and a market without a contract."""
    p = case.parameters
    given = [name for name in DEMANDS if getattr(p, name) is not None]
    drawn = [name for name in WHOLE if getattr(p, name) is None]
    if given and drawn:
        raise ValueError(f"{given[0]}: {getattr(p, given[0])} given; allowed: with {', '.join(WHOLE)} given as well")
    for scale in (0.3, 3.0) if p.cost_scale is None else (p.cost_scale,):
        check_scalars(1.0, p.cost_exponent or 1.2, scale)
    if p.loading is not None:
        if drawn:
            raise ValueError(f"loading: given; allowed: with {', '.join(WHOLE[1:])} given as well")
        own_deal(p).contract()  # refuses demands that exceed what the market yields


@lru_cache(maxsize=8)
def own_deal(p: Markets) -> Deal:
    """The deal of a market that is given whole; demands that are not given are 0, the bargaining share a half."""
    market = static_market(p.loading or (), p.bias_variance or 0.0, p.cost_exponent or 0.0, p.cost_scale or 0.0)
    outside = np.full(market.loading.size, p.creator_outside or 0.0)
    share = 0.5 if p.bargaining_share is None else p.bargaining_share
    return Deal(market, p.operating_cost or 0.0, p.buyer_outside or 0.0, outside, share)


def deal_of(p: Markets, seed: int, replicate: int) -> Deal:
    """The market of a replicate."""
    if p.loading is not None:
        return own_deal(p)
    drawn = random_deal(seed, replicate, p.most_creators, p.bias_variance, p.cost_exponent, p.cost_scale)
    if p.bargaining_share is None:
        return drawn
    return Deal(drawn.market, drawn.operating_cost, drawn.buyer_outside, drawn.creator_outside, p.bargaining_share)


def draw_two_part(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The two-part tariff of a replicate's market, its promises measured."""
    agreement = deal_of(case.parameters, seed, replicate).contract(case.arm.floored)
    return numbers(BARGAIN, audited(agreement, case.population.alternatives, seed, replicate) | tilts(agreement))


def draw_linear(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Linear prices for a replicate's market, their promises measured."""
    deal = deal_of(case.parameters, seed, replicate)
    agreement = linear_contract(deal.market, *demands(deal, case.arm.threat))
    found = audited(agreement, case.population.alternatives, seed, replicate)
    found |= {"marginal_alone": found["incentive_kept"] and no_other_prices(agreement)}
    return numbers(PRICES, found | left_over(agreement))


def demands(deal: Deal, threat: Threat | None) -> tuple[float, float, Floats]:
    """Operating cost and outside options of buyer and creators (n,): the deal's own, or those of a threat."""
    m = deal.market
    if threat is None:
        return deal.operating_cost, deal.buyer_outside, deal.creator_outside
    if threat is Threat.NOTHING:
        return 0.0, 0.0, np.zeros_like(m.loading)
    return 0.0, m.profit, rents(m)


def draw_strict_rights(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """A replicate's market without an intermediary."""
    return numbers(ALONE, without_contract(deal_of(case.parameters, seed, replicate)))


def draw_buyer_tariff(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """The buyer's own two-part tariff for a replicate's market: nobody operates anything, the buyer has all surplus."""
    deal = deal_of(case.parameters, seed, replicate)
    agreement = contract_of(deal.market, 0.0, 0.0, deal.creator_outside, 0.0)
    gained = float(total(agreement.creator_payoff - deal.creator_outside))
    found = audited(agreement, case.population.alternatives, seed, replicate)
    found |= {
        "creators_gain": gained / deal.market.welfare_planner,
        "upfront": float((agreement.base_payment < 0.0).mean()),
    }
    found |= {"surplus_taken": leaves_nothing(agreement)} | signed(deal, case.arm.outside_error, seed, replicate)
    return numbers(OWN_TARIFF, found)


def draw_voluntary(case: Case, seed: int, replicate: int, threads: int) -> Arrays:
    """Members of an intermediary without operating cost, on a replicate's market."""
    deal = deal_of(case.parameters, seed, replicate)
    found = voluntary_membership(deal.market, 0.0, deal.bargaining_share, case.arm.threat, case.arm.floored)
    return numbers(MEMBERS, {
        "members": found.share, "all_stay": found.all_stay, "loading_gap": found.loading_gap,
        "welfare_ratio": found.welfare_ratio,
    })  # fmt: skip


def numbers(outputs: Outputs, found: Mapping[str, float]) -> Arrays:
    """Values of the outputs."""
    return {name: np.array(float(found[name])) for name in outputs}


def without_contract(deal: Deal) -> dict[str, float]:
    """Payoffs and distortions under the buyer's own prices."""
    m = deal.market
    penalty = originality_penalty(m.loading, m.effort_ratio)
    present = participation(m, deal.creator_outside)
    return {
        "creators_kept": bool((rents(m) >= deal.creator_outside).all()),
        "buyer_kept": m.profit >= deal.buyer_outside,
        "buyer_payoff": m.profit / m.welfare_planner,
        "buyer_gross": m.profit / m.welfare_planner,
        "originality_penalty": penalty,
        "penalised": penalty > 0.0,
        "distortion_spread": distortion_spread(m.effort_ratio),
        "taking_part": present.share,
        "precision_kept": present.precision_kept,
        "welfare_ratio": m.welfare_market / m.welfare_planner,
    }


def leaves_nothing(agreement: Contract) -> bool:
    """True if creators gain nothing above their outside options by the efforts that a search finds best for them."""
    m, chosen = agreement.market, searched_responses(agreement)
    gain = agreement.payment(chosen) - m.cost_scale / m.cost_exponent * powers(chosen, m.cost_exponent)
    scale = float(total(agreement.unit_price * m.effort_planner + np.abs(agreement.base_payment)))
    return bool(np.abs(gain - agreement.creator_outside).max() <= SEARCHED * scale)


def signed(deal: Deal, error: float, seed: int, replicate: int) -> dict[str, float]:
    """Acceptance of the buyer's own tariff: what it leaves is what the buyer takes for a creator's outside option."""
    m = deal.market
    believed = 1.0 + error * (2.0 * random(seed, "intermediary.believed", replicate, m.loading.size) - 1.0)
    accept = (believed >= 1.0) | (deal.creator_outside == 0.0)
    effort = np.where(accept, m.effort_planner, 0.0)
    cost = m.cost_scale / m.cost_exponent * float(total(powers(effort, m.cost_exponent)))
    return {"all_sign": bool(accept.all()), "welfare_signed": (precision(m, effort) - cost) / m.welfare_planner}


def no_other_prices(agreement: Contract) -> bool:
    """True if unit prices a tenth higher or lower make every creator choose another effort than the planner's."""
    planned = agreement.market.effort_planner
    for factor in (0.9, 1.1):
        chosen = searched_responses(replace(agreement, unit_price=factor * agreement.unit_price))
        if (np.abs(chosen - planned) <= SEARCHED * planned)[planned > 0.0].any():
            return False
    return True


def left_over(agreement: Contract) -> dict[str, float]:
    """Tests of what linear prices leave the buyer of this market, and of the same one without any loading.

    Creators choose efforts by search; precision, payments and A are taken at these, from their definitions.
    """
    market = agreement.market
    nobody = static_market(np.zeros_like(market.loading), market.bias_variance, market.cost_exponent, market.cost_scale)
    found = {}
    for name, terms, shared in (("innovators_nothing", linear_contract(nobody), 0.0), ("common_left", agreement, 1.0)):
        m, e = terms.market, searched_responses(terms)
        paid = float(total(terms.payment(e)))
        aggregate = float(total(m.loading * e)) / (1.0 / m.bias_variance + float(total(m.loading**2 * e)))
        left = precision(m, e) - paid - shared * aggregate**2 / m.bias_variance
        found[name] = float(abs(left) <= SEARCHED * (float(total(e)) + paid))
    unpaid = searched_responses(replace(agreement, unit_price=0.0 * agreement.unit_price))
    return found | {"unpaid_idle": float(total(unpaid) <= SEARCHED * total(market.effort_planner))}


def audited(agreement: Contract, alternatives: int, seed: int, replicate: int) -> dict[str, float]:
    """Promises of a contract, each kept or not, and the efforts that it calls forth."""
    m = agreement.market
    found = audit(agreement, alternatives, seed, replicate)
    moved = SEARCHED * (agreement.licensing_fee + float(total(agreement.unit_price * m.effort_planner)))
    e = agreement.best_response()
    penalty, spread = distortions_left(agreement)
    cost = m.cost_scale / m.cost_exponent * float(total(powers(e, m.cost_exponent)))
    return {
        "incentive_kept": max(found.incentive, found.planner) <= found.rounding,
        "budget_kept": found.budget <= found.rounding and found.response <= moved,
        "creators_kept": found.creator <= found.rounding,
        "buyer_kept": found.buyer <= found.rounding,
        "stated_kept": max(found.stated, found.weight) <= found.rounding,
        "buyer_payoff": agreement.buyer_payoff / m.welfare_planner,
        "buyer_gross": (agreement.buyer_payoff + agreement.operating_cost) / m.welfare_planner,
        "originality_penalty": penalty,
        "penalised": penalty > 0.0,
        "distortion_spread": spread,
        "welfare_ratio": (precision(m, e) - cost) / m.welfare_planner,
        "negative_weight": bool((agreement.weight < 0.0).any()),
        "nash_tested": not np.isnan(found.nash),
        "nash_beaten": found.nash > found.rounding,
    }


def contract(settings: type[Frozen], outputs: Outputs, draw: Draw) -> Arm:
    """An arm of markets under one kind of contract."""
    return Arm(settings=settings, draw=draw, drawn=lambda case: outputs, check=check)


EXPERIMENT = Experiment(
    name="intermediary",
    title="intermediary: contracts on random markets, their promises measured",
    parameters=Markets,
    arms={
        "two_part": contract(TwoPart, BARGAIN, draw_two_part),
        "linear": contract(Linear, PRICES, draw_linear),
        "strict_rights": contract(StrictRights, ALONE, draw_strict_rights),
        "buyer_tariff": contract(BuyerTariff, OWN_TARIFF, draw_buyer_tariff),
        "voluntary": contract(Voluntary, MEMBERS, draw_voluntary),
    },
    population=Trials,
    section="contracts",
    word="contract",
    views=Views(tradeoff=("originality_penalty", "buyer_kept", "creators_kept")),
    toy={"population.alternatives": 8},
)
