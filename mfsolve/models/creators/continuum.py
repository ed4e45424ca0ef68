"""A law of loadings as a population: every sum over creators an expectation, by quadrature (MODEL 4.1)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mfsolve.arrays import Floats

from .loadings import Beta, Distribution, TwoPoint, Uniform
from .populations import Atoms, Point, Population


@dataclass(frozen=True, eq=False)
class Continuum:
    """The law itself, in place of creators drawn from it; `creators` may be any positive mass."""

    distribution: Distribution
    creators: float

    @cached_property
    def _atoms(self) -> Atoms:
        node, weight = self.distribution.nodes(8)
        return Atoms(node, weight * self.creators)

    @property
    def centre(self) -> float:
        """Weighted mean of the law."""
        return self._atoms.centre

    def powers(self, centre: float) -> Floats:
        """Gauss quadrature, exact for these polynomials."""
        return self._atoms.powers(centre)

    def response(self, point: Point, q: float) -> Floats:
        """Adaptive quadrature either side of the kink at y = 0, powers taken into the weight."""
        if isinstance(self.distribution, TwoPoint):
            return self._atoms.response(point, q)
        return self.creators * piecewise(self.distribution, point, q)

    def thinned(self) -> Population | None:
        """Quadrature needs no first guess."""
        return None


def piecewise(law: Uniform | Beta, point: Point, q: float) -> Floats:
    """E[l |y|^q y], E[l^2 |y|^q], E[|y|^(q+2)] by QUADPACK's algebraic weights, the kink at an end."""
    from scipy.integrate import quad
    from scipy.special import beta

    low, high = (law.low, law.high) if isinstance(law, Uniform) else (0.0, 1.0)
    a, b = (1.0, 1.0) if isinstance(law, Uniform) else (law.a, law.b)
    scale = 1.0 / ((high - low) ** (a + b - 1.0) * float(beta(a, b)))
    A = point.aggregate
    kink = point.centre + point.u / A if A > 0.0 else np.inf
    result = np.zeros(3)
    for row, (power, sign, degree) in enumerate(((q + 1.0, 1, 1), (q, 0, 2), (q + 2.0, 0, 0))):
        total = 0.0
        for left, right in ((low, min(kink, high)), (max(kink, low), high)):
            if right <= left:
                continue
            if not low < kink < high:  # one piece: the law's own weights at both ends

                def whole(x: float, p: float = power, s: int = sign, j: int = degree) -> float:
                    y = point.u - (x - point.centre) * A
                    return float(abs(y) ** p * x**j * (np.sign(y) if s else 1.0))

                part, _ = quad(whole, low, high, weight="alg", wvar=(a - 1.0, b - 1.0), epsrel=1e-13, epsabs=0.0)
                total += part
            elif right == kink:

                def below(x: float, j: int = degree) -> float:
                    return float(x**j * (high - x) ** (b - 1.0))

                part, _ = quad(below, left, right, weight="alg", wvar=(a - 1.0, power), epsrel=1e-13, epsabs=0.0)
                total += part * A**power
            else:

                def above(x: float, j: int = degree) -> float:
                    return float(x**j * (x - low) ** (a - 1.0))

                part, _ = quad(above, left, right, weight="alg", wvar=(power, b - 1.0), epsrel=1e-13, epsabs=0.0)
                total += part * A**power * (-1.0 if sign else 1.0)
        result[row] = total * scale
    return result
