"""Generations of many small markets at once: each step of the loop is one kernel for all of them (MODEL 1.7)."""

from typing import NamedTuple

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import cohorts as groups
from mfsolve.kernels.collapse import many_markets, short_rule
from mfsolve.kernels.random import many_variates as draws

from .functionals import Functionals


class Keys(NamedTuple):
    """Keys (2,) of the draws of a replicate."""

    revision: np.ndarray
    label: np.ndarray
    content: np.ndarray
    inspection: np.ndarray
    inspected: np.ndarray


class Size(NamedTuple):
    """Producers N, items M of each, generations T, dimension d, and the first generation that is kept."""

    producers: float
    items: float
    generations: int
    d: int
    first: int


class MarketPaths:
    """Markets that are carried side by side: replicates from `first` on, and the room that they take.

    After `run`, `out` (outputs, lanes, kept generations) holds what `market.finite_path` returns for each, bit for bit.
    """

    def __init__(
        self, economy: many_markets.Economy, rule: many_markets.Rule, keys: Keys, size: Size, first: int, out: Floats
    ) -> None:
        self.economy, self.rule, self.keys, self.size, self.out = economy, rule, keys, size, out
        self.first = np.uint64(first)
        lanes, d, most = out.shape[1], size.d, size.generations + 2
        state = np.zeros((len(many_markets.Market._fields), lanes))
        self.market = many_markets.Market(*state)
        self.found, self.perceived = state[:2], np.empty((2, lanes))
        self.cohorts = groups.Cohorts(np.empty((lanes, most)), np.empty((lanes, most)), np.ones(lanes, np.int64))
        self.asked, self.room = draws.asked_and_room(lanes * most)
        self.rows = np.empty((out.shape[2], out.shape[0], lanes))
        self.terms = np.empty(many_markets.MOST)
        self.refit = many_markets.refit_line if d == 1 else many_markets.refit
        self.functionals = Functionals(lanes, d)
        self.sums = np.empty((3 + d, lanes))
        self.mean, self.source, self.spare = np.zeros((3, d, lanes))
        self.drawn_from = np.zeros((2, lanes))
        """Contamination of the pool that content was refitted to, and variance of its generator."""
        self.human, self.synthetic = np.empty((2, lanes))
        market = self.market
        market.rho[:], market.variance[:], market.s2[:] = economy.rho, 1.0, economy.delta
        self.drawn_from[1] = economy.delta
        self.cohorts.count[:, 0], self.cohorts.share[:, 0] = size.producers, 1.0 - economy.rho

    def run(self) -> bool:
        """Carry all markets to the last generation; False where the content of one has collapsed to a point."""
        size, market, last = self.size, self.market, self.size.generations
        for t in range(last + 1):
            self._perceive(t)
            self.functionals.write(short_rule.SLOPE, self._pools(market.m, market.s2), self.found)
            many_markets.cohort_share_moments(size.producers, self.cohorts, self.terms, market.h, market.square)
            row = self.rows[max(0, t - size.first)]
            if not many_markets.decide(self.economy, self.rule, (t, size.d), market, row):
                return False
            if t < last:
                self._generation(np.uint64(t + 1))
        self.out[:] = self.rows.transpose(1, 2, 0)
        return True

    def _generation(self, step: np.uint64) -> None:
        """Let producers revise and emit a pool, and refit content to it."""
        size, market = self.size, self.market
        count = groups.ask_revisions(self.cohorts, self.first, market.probability, self.asked)
        draws.binomials(self.keys.revision, step, count, self.asked, self.room)
        groups.found_cohorts(self.cohorts, market.target, self.asked)
        count = groups.ask_labels(self.cohorts, self.first, size.items, self.asked)
        draws.binomials(self.keys.label, step, count, self.asked, self.room)
        everybody = size.producers * size.items
        pools = draws.Pools(self.human, self.synthetic, self.mean, market.s2)
        groups.count_cohort_labels(self.cohorts, everybody, self.asked, pools, market.rho)
        self.functionals.write(short_rule.LOSS, self._pools(market.m, market.s2), self.found)
        self.drawn_from[0], self.drawn_from[1] = market.rho, market.s2
        draws.gaussian_pools(self.keys.content, step, self.first, pools, self.sums)
        self.refit(everybody, self.sums, self.mean, self.spare, (market.m, market.variance))
        self.mean, self.source, self.spare = self.spare, self.mean, self.source
        many_markets.advance(self.economy, market)

    def _perceive(self, t: int) -> None:
        """Work out the divergences that policies read: of the content itself, or of a refit to items inspected."""
        market, base = self.market, self.economy.base
        m, s2 = self._inspected(np.uint64(t)) if self.rule.inspected else (market.m, market.s2)
        if base == many_markets.POOL:
            self.functionals.write(short_rule.LOSS, self._pools(m, s2), self.perceived)
            market.kl[:] = self.perceived[short_rule.LOSS]
        else:
            many_markets.perceive(base, self.size.d, m, s2, market.kl)

    def _inspected(self, step: np.uint64) -> tuple[Floats, Floats]:
        """Refit content to further items of each pool: distance of the mean from 0, and variance of the generator."""
        items, (share, s2), asked = float(self.rule.inspected), self.drawn_from, self.asked
        lanes = share.size
        asked.n[:lanes], asked.p[:lanes], asked.lane[:lanes] = items, 1.0 - share, 0
        asked.replicate[:lanes] = self.first + np.arange(lanes, dtype=np.uint64)
        draws.binomials(self.keys.inspection, step, lanes, asked, self.room)
        self.human[:] = asked.drawn[:lanes]
        self.synthetic[:] = items - self.human
        pools = draws.Pools(self.human, self.synthetic, self.source, s2)
        draws.gaussian_pools(self.keys.inspected, step, self.first, pools, self.sums)
        m, variance = np.empty((2, lanes))
        self.refit(items, self.sums, self.source, self.spare, (m, variance))
        return m, self.economy.delta * variance

    def _pools(self, m: Floats, s2: Floats) -> short_rule.Pools:
        return short_rule.Pools(self.market.rho, m, s2)
