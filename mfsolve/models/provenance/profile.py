"""Likelihood of a pool's contamination with both sources known from counted references only (MODEL 3.2).

References of a few hundred items are noisy, and the pool is compared with that noise: a likelihood that takes them at
their word is biased, by about (1 - rho) (cells - 1) / (items of the human reference times information). Here the
frequencies p and q of the sources are estimated together with the contamination, from all three samples, and the
likelihood is that of the best p and q at each contamination: its maximum has no such bias, and its ratio holds the
references' noise.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mfsolve.models.provenance.checks import Floats

NO_ITEM = 1e-6  # of a cell that a reference has not seen: keeps its frequency positive, and moves nothing
GRID = 11
TOLERANCE = 1e-8


@dataclass(frozen=True)
class Profile:
    """Counts of pool, human and synthetic items per cell (k,), each with a positive sum."""

    pool: Floats
    human: Floats
    synthetic: Floats

    def sources(self, contamination: float) -> tuple[Floats, Floats]:
        """The frequencies p, q (k,) that make all three samples likeliest at a contamination.

        With multipliers L and M of sum p = sum q = 1 and s = o / pi, the stationary point of a cell is
        p = a / (L - (1 - rho) s), q = b / (M - rho s), s the smaller root of a quadratic. L + M is the number of all
        items: one equation is left, sum p = 1.
        """
        from scipy.optimize import brentq

        rho = contamination
        a, b, o = np.maximum(self.human, NO_ITEM), np.maximum(self.synthetic, NO_ITEM), self.pool
        if rho in (0.0, 1.0):
            p, q = (a + o, b) if rho == 0.0 else (a, b + o)
            return p / p.sum(), q / q.sum()
        total = a.sum() + b.sum() + o.sum()

        def stationary(multiplier: float) -> tuple[Floats, Floats]:
            left, right = multiplier / (1.0 - rho), (total - multiplier) / rho
            linear, constant = o * (left + right) + a * right + b * left, o * left * right
            s = 2.0 * constant / (linear + np.sqrt(np.maximum(linear**2 - 4.0 * (o + a + b) * constant, 0.0)))
            return a / (left - s) / (1.0 - rho), b / (right - s) / rho

        def excess(multiplier: float) -> float:
            return float(stationary(multiplier)[0].sum()) - 1.0

        low, high = float(a.sum()), float(a.sum() + o.sum())  # human items of references and pool: of none, of all
        if excess(low) <= 0.0 or excess(high) >= 0.0:  # by rounding
            root = low if excess(low) <= 0.0 else high
        else:
            root = brentq(excess, low, high, xtol=1e-9 * total)
        p, q = stationary(root)
        return p / p.sum(), q / q.sum()  # what the root's tolerance leaves

    def log_likelihood(self, contamination: float) -> float:
        """At the best sources, less that of the three samples' own frequencies."""
        p, q = self.sources(contamination)
        pool = (1.0 - contamination) * p + contamination * q
        return float(sum(_terms(c, f) for c, f in ((self.pool, pool), (self.human, p), (self.synthetic, q))))

    @cached_property
    def best(self) -> tuple[float, float]:
        """Contamination in [0, 1] of the largest likelihood, and its logarithm; several maxima are no trap."""
        from scipy.optimize import minimize_scalar

        x = np.linspace(0.0, 1.0, GRID)
        y = [self.log_likelihood(float(rho)) for rho in x]
        i = int(np.argmax(y))
        bounds = (float(x[max(i - 1, 0)]), float(x[min(i + 1, GRID - 1)]))
        top = minimize_scalar(
            lambda rho: -self.log_likelihood(float(rho)), bounds=bounds, method="bounded", options={"xatol": TOLERANCE}
        )
        return (float(x[i]), y[i]) if y[i] >= -top.fun else (float(top.x), -float(top.fun))

    def interval(self, level: float) -> tuple[float, float]:
        """Contaminations whose deviance is below the chi-square quantile, about the maximum."""
        from scipy.optimize import brentq
        from scipy.special import chdtri

        rho, top = self.best
        least = top - 0.5 * float(chdtri(1, 1.0 - level))

        def end(side: float) -> float:
            if rho == side or self.log_likelihood(side) >= least:
                return side
            ends = min(rho, side), max(rho, side)
            return float(brentq(lambda x: self.log_likelihood(x) - least, *ends, xtol=TOLERANCE))

        return end(0.0), end(1.0)

    def same_source(self) -> float:
        """p-value of the hypothesis that both references are samples of one source (likelihood ratio)."""
        from scipy.special import chdtrc

        a, b = self.human, self.synthetic
        both = (a + b) / (a.sum() + b.sum())
        ratio = -_terms(a, both) - _terms(b, both)
        return float(chdtrc(max(1, int(np.count_nonzero(both)) - 1), 2.0 * ratio))


def _terms(counts: Floats, frequencies: Floats) -> float:
    """Log likelihood of counts less its largest value: a small number, however many items there are."""
    seen = counts > 0.0
    own = counts[seen] / counts.sum()
    return float(np.sum(counts[seen] * np.log(frequencies[seen] / own)))
