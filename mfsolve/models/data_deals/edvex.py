"""Regimes of paying for data on one population of creators, with entry and the long run (MODEL 6.4)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfsolve.arrays import Floats
from mfsolve.kernels.data_deals import regimes as kernels
from mfsolve.kernels.numerics.sums import merge_rows, total
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.arguments import seed_word
from mfsolve.models.creators.loadings import Beta
from mfsolve.models.creators.static_market import static_market
from mfsolve.models.creators.streamed_market import drawn_loadings
from mfsolve.models.intermediary.attribution import diagonal
from mfsolve.models.parallel import BLOCK, blocks, run_blocks

from .exchange_economy import DealRegime, EconomyParameters, Payment, Sale

UPFRONT_SALE = Sale()
"""Creators alone, paid when they sell."""
CLASSES = ("innovators", "imitators", "aggregators", "developers")
ROWS = ("precision", "participation", "generators", "synthetic", "welfare", *CLASSES)


@dataclass
class Stock:
    """Sums K, sum lambda e, sum lambda^2 e of the data in use, and the variance of the factor that they share."""

    whole: float
    first: float
    second: float
    v: float

    @property
    def aggregate(self) -> float:
        """A = K_1 / (1/v + K_2)."""
        return self.first / (1.0 / self.v + self.second)

    @property
    def precision(self) -> float:
        """Phi = K_0 - K_1^2 / (1/v + K_2)."""
        return self.whole - self.first * self.aggregate


@dataclass(frozen=True)
class DealPopulation:
    """Loadings and outside options (n,) of the creators, and the counters of a replicate."""

    loading: Floats
    outside: Floats
    key: NDArray[np.uint64]
    replicate: np.uint64


def deal_population(p: EconomyParameters, creators: int, seed: int, replicate: int) -> DealPopulation:
    """Draw creators: loadings from a Beta law, outside options uniform."""
    word = seed_word("replicate", replicate, 32)
    seed_word("seed", seed, 64)
    loading = drawn_loadings(Beta(a=p.innovation, b=p.imitation), creators, seed, replicate)
    outside = np.empty(creators)
    zero = np.uint64(0)
    uniforms(stream_key(seed, "data_deals.outside"), zero, zero, word, zero, outside)
    return DealPopulation(loading, p.most_outside * outside, stream_key(seed, "data_deals.periods"), word)


def starting_stock(p: EconomyParameters, loading: Floats) -> Stock:
    """Data in use before: the rest of strict rights with every creator in, without feedback (MODEL 4.1)."""
    n = loading.size
    market = static_market(loading, p.bias_variance, 2.0, p.cost_scale * p.depreciation / p.life * n).market
    effort = market.efforts(loading)
    sums = [float(total(np.ascontiguousarray(loading**j * effort))) for j in range(3)]
    return Stock(sums[0], sums[1], sums[2], p.bias_variance)


def posted(p: EconomyParameters, stock: Stock, once: bool = False, **given: float) -> kernels.Terms:
    """Terms of a period: nothing is paid but what is given."""
    terms = {"scale": 0.0, "flat": 0.0, "rent": 1.0, "lump": 0.0, "first": 0.0, "second": 0.0, **given}
    return kernels.Terms(A=stock.aggregate, k=p.cost_scale, life=p.life, once=once, **terms)


def free_for_all(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """Terms under which nothing is paid."""
    return posted(p, stock)


def buyout(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """Each creator sells once, at the monopsonist's price less the aggregator's margin."""
    return posted(p, stock, scale=0.5 * p.life * (1.0 - p.margin), once=True)


def repeated_buyout(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """The same price for the work of every period."""
    return posted(p, stock, scale=0.5 * p.life * (1.0 - p.margin))


def revenue_share(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """A price per unit of volume that pays out the share: p^2 (active / k + synthetic) = share licence Phi."""
    volume = active / p.cost_scale + admitted
    paid = p.revenue_share * p.licence * max(stock.precision, 0.0)
    return posted(p, stock, flat=np.sqrt(paid / volume) if volume > 0.0 else 0.0)


def strict_rights(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """Half of the marginal value is paid: the monopsonist's price."""
    return posted(p, stock, scale=0.5 * p.life)


def intermediary(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """Prices are marginal values; creators net their Aumann-Shapley share of the surplus they are left."""
    first, second = diagonal(stock.v * stock.first, stock.v * stock.second)
    share = p.bargaining_share * (1.0 - p.fee)
    return posted(p, stock, scale=p.life, rent=0.0, lump=share, first=first, second=second)


def edvex(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """Developers bid (J - 1)/J of the marginal value; lineage leads r of it to its source, the exchange keeps a fee."""
    return posted(p, stock, scale=p.life * p.passed_on)


def edvex_shares(p: EconomyParameters, stock: Stock, active: float, admitted: float) -> kernels.Terms:
    """The same bids, paid as data are used: creators count on today's share, discounted at their own rate."""
    return posted(p, stock, scale=p.passed_on / (p.depreciation + p.patience))


TERMS: dict[DealRegime, Callable[[EconomyParameters, Stock, float, float], kernels.Terms]] = {
    DealRegime.FREE_FOR_ALL: free_for_all, DealRegime.BUYOUT: buyout, DealRegime.REVENUE_SHARE: revenue_share,
    DealRegime.STRICT_RIGHTS: strict_rights, DealRegime.INTERMEDIARY: intermediary, DealRegime.EDVEX: edvex,
}  # fmt: skip


def simulate_regime(
    regime: DealRegime,
    p: EconomyParameters,
    creators: int,
    periods: int,
    seed: int,
    replicate: int = 0,
    sale: Sale = UPFRONT_SALE,
    threads: int = 1,
) -> dict[str, Floats]:
    """Run a population under a regime (MODEL 6.4).

    Parameters
    ----------
    regime : DealRegime
    p : EconomyParameters
    creators, periods : int
    seed, replicate : int
        Everything drawn is a function of both.
    sale : Sale
        Whether synthetic sellers, whose content has the loading 1, are admitted; when EDVEX pays; whether buy-outs are
        of one work for good or of the work of every period.
    threads : int
        Threads; the results do not depend on it.

    Returns
    -------
    dict
        Rows (periods + 1,) by name, per unit mass of creators: precision, participation, what generators are paid,
        synthetic effort, welfare, and the payoff of each class in the period.
    """
    people = deal_population(p, creators, seed, replicate)
    stock = starting_stock(p, people.loading)
    state = np.full(creators, kernels.IN, dtype=np.uint8)
    shares = Shares(p) if regime is DealRegime.EDVEX and sale.payment is Payment.SHARE else None
    rule = TERMS[regime] if shares is None else edvex_shares
    if regime is DealRegime.BUYOUT and sale.repeated:
        rule = repeated_buyout
    out = np.zeros((periods + 1, len(ROWS)))
    out[0, :2] = stock.precision, 1.0
    for t in range(1, periods + 1):
        admitted = p.synthetic_supply * (p.unseen if regime is DealRegime.EDVEX else 1.0) if sale.synthetic else 0.0
        terms = rule(p, stock, float(out[t - 1, 1]), admitted)
        chance = 1.0 if terms.once and t == 1 else p.reconsidering
        flow = one_period(people, terms, chance, t, state, threads) / creators
        price = terms.scale * (1.0 - terms.A) ** 2 + terms.flat
        made = admitted * price
        kept = 1.0 - p.depreciation
        stock = Stock(
            kept * stock.whole + flow[kernels.EFFORT] + made, kept * stock.first + flow[kernels.FIRST] + made,
            kept * stock.second + flow[kernels.SECOND] + made, p.bias_variance + p.bias_feedback * stock.precision,
        )  # fmt: skip
        sold = made * price if shares is None else shares.paid(flow, made, terms.A)
        out[t] = accounts(regime, p, stock, flow, made, sold)
    return dict(zip(ROWS, out.T.copy()))


class Shares:
    """Data that earn a share (MODEL 6.4): from the period after their sale on, as long as they are in use."""

    def __init__(self, p: EconomyParameters) -> None:
        self.p = p
        self.earning = np.zeros((3, 3))
        """Sums of e, lambda e, lambda^2 e by seller: innovators, imitators, synthetic sellers."""

    def paid(self, flow: Floats, made: float, A: float) -> float:
        """Replace in a period's flow the pay that was counted on by the pay for use; what synthetic sellers get."""
        innovative = slice(kernels.INNOVATIVE, kernels.INNOVATIVE + 3)
        promised = flow[kernels.INNOVATIVE + 3], flow[kernels.PAID] - flow[kernels.INNOVATIVE + 3]
        received = self.p.passed_on * self.earning @ np.array([1.0, -2.0 * A, A * A])
        sold = flow[kernels.EFFORT : kernels.SECOND + 1]
        new = np.stack([flow[innovative], sold - flow[innovative], np.full(3, made)])
        self.earning = (1.0 - self.p.depreciation) * self.earning + new
        flow[kernels.INNOVATORS] += received[0] - promised[0]
        flow[kernels.IMITATORS] += received[1] - promised[1]
        flow[kernels.PAID] = received[0] + received[1]
        return float(received[2])


def one_period(
    people: DealPopulation, terms: kernels.Terms, chance: float, step: int, state: NDArray[np.uint8], threads: int
) -> Floats:
    """Sums over creators of a period, block by block; renews their state."""
    rows = np.zeros((len(blocks(people.loading.size)), kernels.SUMS))

    def work(index: int, start: int, stop: int) -> None:
        draws = kernels.Draws(people.key, people.replicate, np.uint64(step), start, chance)
        part = slice(start, stop)
        kernels.period(draws, terms, people.loading[part], people.outside[part], state[part], rows[index])

    run_blocks(work, people.loading.size, threads, BLOCK)
    merge_rows(rows)
    return np.asarray(rows[0])


def accounts(
    regime: DealRegime, p: EconomyParameters, stock: Stock, flow: Floats, made: float, sold: float
) -> tuple[float, ...]:
    """Split a period's value: precision, participation, pay, synthetic effort, welfare, payoffs by class.

    Synthetic content costs nothing to make, and what its sellers are paid, `sold`, is part of welfare.
    """
    paid = float(flow[kernels.PAID])
    if regime is DealRegime.BUYOUT:
        gross = (paid + sold) / (1.0 - p.margin)
        broker = p.margin * gross
    elif regime is DealRegime.REVENUE_SHARE:
        gross = p.licence * max(stock.precision, 0.0)
        broker = gross - paid - sold
    elif regime is DealRegime.EDVEX:
        gross = (paid + sold) / (p.lineage * (1.0 - p.fee))
        broker = p.fee * gross
    elif regime is DealRegime.INTERMEDIARY:
        net = paid - float(flow[kernels.COST])
        broker = net * p.fee / (1.0 - p.fee)
        gross = paid + sold + broker
    else:
        gross, broker = paid + sold, 0.0
    innovators, imitators = float(flow[kernels.INNOVATORS]), float(flow[kernels.IMITATORS])
    developers = stock.precision - gross
    misled = gross - paid - sold - broker  # paid to whom lineage takes for the source
    welfare = innovators + imitators + broker + developers + misled + sold
    return (
        stock.precision, float(flow[kernels.ACTIVE]), paid, made, welfare,
        innovators, imitators, broker, developers,
    )  # fmt: skip


def discounted(path: Floats, rate: float) -> float:
    """Sum over periods 1, 2, ... of a payoff, discounted by (1 + rate)^-t."""
    weight = np.cumprod(np.full(path.size - 1, 1.0 / (1.0 + rate)))
    return float(total(path[1:] * weight))
