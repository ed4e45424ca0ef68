"""Folds: parameters at which two equilibria meet and vanish (MODEL 1.4).

They are roots of the best-response map's residual and of its slope. A count of equilibria on a grid places a fold only
as well as the grid separates two close roots; here both equations are solved.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.kernels.collapse import gaussian_pool
from mfsolve.kernels.numerics.special import loss_of_variance
from mfsolve.models.arguments import member
from mfsolve.models.result_repr import legible

from .equilibria import Generator
from .equilibrium_map import COLUMNS, economy_table, scan
from .parameters import Parameters
from .response import closed_form_subsidy, mean_share, rest_variance, target

Span = tuple[str, tuple[float, float]]
SEARCH = (17, 65)
STEP = 1.0 / 512.0
DIFFERENCE = 1e-4
REST_STEP = 1e-3
ROUNDING = 1e-9


@legible
@dataclass(frozen=True)
class Fold:
    """A fold curve over two parameters: rows (contamination, first, second) in ascending contamination.

    `bend` is the second derivative of the residual in the contamination at each row. Where it is positive, the cleaner
    of two stable equilibria meets the unstable one; where it is negative, the dirtier does. At the `cusp` all three
    meet and the curve turns back; NaN where there is none.
    """

    curve: Floats
    bend: Floats
    cusp: Floats

    def branch(self, first: Floats, *, cleaner: bool) -> Floats:
        """Second parameter on a branch at values of the first; NaN beyond the branch."""
        rows = self.curve[(self.bend > 0.0) == cleaner]
        rows = np.vstack([rows, self.cusp]) if np.isfinite(self.cusp).all() else rows
        if not len(rows):
            return np.full(first.shape, np.nan)
        rows = rows[np.argsort(rows[:, 1])]
        return np.asarray(np.interp(first, rows[:, 1], rows[:, 2], left=np.nan, right=np.nan))


def residual_and_slope(
    row: Floats, contamination: float, dimension: int = 1, generator: Generator = Generator.FIXED
) -> tuple[float, float]:
    """Residual BRmap(rho) - rho and its derivative in rho; `row` as in `equilibrium_map.economy_table`.

    With the generator held, the derivative of the premium m is nu I(rho), and that of the mean human share is the share
    of producers inside (0, 1). A generator at rest follows rho too: there the derivative of the target, which is smooth
    even where the share is clipped, is a difference of fourth order.
    """
    rho, (kappa, spread) = contamination, row[[0, 4]]
    aim, rise = _target(row, rho, dimension, generator)
    if generator is Generator.REST:
        h = 0.25 * min(4.0 * REST_STEP, rho, 1.0 - rho)
        f = [_target(row, rho + k * h, dimension, generator)[0] for k in (-2, -1, 1, 2)]
        rise = (8.0 * (f[2] - f[1]) - (f[3] - f[0])) / (12.0 * h)
    share, inside = mean_share(aim, spread / (2.0 * kappa))
    return 1.0 - share - rho, -inside * rise - 1.0


def _target(row: Floats, rho: float, dimension: int, generator: Generator) -> tuple[float, float]:
    """Target human share, and its derivative in rho with the generator held."""
    kappa, s, phi, e, _, levy, delta, nu = map(float, row)
    s2, out = delta, np.empty(3)
    if generator is Generator.REST:
        s2 = rest_variance(rho, delta, delta)
    if np.isnan(s):
        s = closed_form_subsidy(0.5 * dimension * float(loss_of_variance(s2)), kappa)
    gaussian_pool.gaussian_functionals(rho, 0.0, s2, dimension, out)
    detection, premium = phi * (1.0 - rho) ** e, nu * out[1]
    rise = detection * (nu * out[2] - e * premium / (1.0 - rho)) / (2.0 * kappa)
    return target(s, detection * premium + levy, kappa), rise


@legible
@dataclass(frozen=True)
class Plane:
    """A plane of two parameters, by name, of an economy whose other parameters are held."""

    row: Floats
    columns: tuple[str, str]
    ranges: tuple[tuple[float, float], tuple[float, float]]
    dimension: int
    generator: Generator = Generator.FIXED

    def at(self, x: float, y: float) -> Floats:
        """Economy at a point of the plane."""
        moved = self.row.copy()
        moved[[COLUMNS.index(name) for name in self.columns]] = x, y
        return moved

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies in the plane."""
        return all(low <= value <= high for value, (low, high) in zip((x, y), self.ranges))

    def pair(self, rho: float, x: float, y: float) -> Floats:
        """Residual and its slope (2,)."""
        return np.array(residual_and_slope(self.at(x, y), rho, self.dimension, self.generator))

    def system(self, rho: float, x: float, y: float) -> Floats:
        """Residual, its slope and its bend (3,)."""
        below, middle, above = (self.pair(rho + h, x, y) for h in (-DIFFERENCE, 0.0, DIFFERENCE))
        return np.array([*middle, (above[1] - below[1]) / (2.0 * DIFFERENCE)])

    def meet(self, rho: float, x: float, y: float) -> Floats | None:
        """Fold at a given contamination near (x, y), solved for both parameters."""
        return _solve(lambda u: self.pair(rho, u[0], u[1]), np.array([x, y]))

    def meet_at(self, rho: float, x: float, y: float) -> Floats | None:
        """Fold at a given first parameter near (rho, y)."""
        return _solve(lambda u: self.pair(u[0], x, u[1]), np.array([rho, y]))

    def turn(self, rho: float, x: float, y: float) -> Floats | None:
        """Cusp near (rho, x, y)."""
        return _solve(lambda u: self.system(*u), np.array([rho, x, y]))


def _solve(system: Callable[[Floats], Floats], guess: Floats) -> Floats | None:
    from scipy.optimize import root

    with np.errstate(invalid="ignore"):
        found = root(system, guess, tol=1e-12)
        good = bool(np.all(np.abs(system(found.x)) <= ROUNDING))
    return np.asarray(found.x) if good else None


def fold(
    parameters: Parameters,
    first: Span,
    second: Span,
    held: Mapping[str, float] | None = None,
    *,
    generator: Generator | str = Generator.FIXED,
) -> Fold | None:
    """Fold curve in a plane of two parameters (MODEL 1.4).

    Parameters
    ----------
    parameters
        Values of everything that does not vary.
    first, second
        Name, as in `equilibrium_map.multiplicity`, and range of each of the two.
    held
        Subsidy, levy and erosion unless they are one of the two; 0 if not given.
    generator
        The first generator, or the one at rest at each contamination.

    Returns
    -------
    Fold or None
        The curve through the first place where the number of equilibria changes on a grid, solved to 1e-9 at
        contaminations 1/512 apart, as far as the plane reaches; None where the number does not change.

    Raises
    ------
    ValueError
        For an unknown name or a value outside its range.
    """
    names, ranges = (first[0], second[0]), (first[1], second[1])
    row = economy_table(parameters, {name: np.array([value]) for name, value in (held or {}).items()})[0]
    plane = Plane(row, names, ranges, parameters.dimension, member("generator", generator, Generator))
    seed = _seed(plane, parameters, held or {})
    if seed is None:
        return None
    curve = np.array([*_trace(plane, seed, -STEP)[::-1], seed, *_trace(plane, seed, STEP)])
    bend = np.array([plane.system(*place)[2] for place in curve])
    turns = np.flatnonzero(np.diff(np.sign(bend)))
    cusp = plane.turn(*curve[turns[0]]) if turns.size else None
    return Fold(curve, bend, np.full(3, np.nan) if cusp is None else cusp)


def _seed(plane: Plane, parameters: Parameters, held: Mapping[str, float]) -> Floats | None:
    """Place on the curve where the count changes along the second parameter, solved for."""
    x, y = (np.linspace(low, high, size) for size, (low, high) in zip(SEARCH, plane.ranges))
    grid = dict(zip(plane.columns, (a.ravel() for a in np.meshgrid(x, y, indexing="ij"))))
    others = {name: np.full(x.size * y.size, value) for name, value in held.items()}
    found = scan(economy_table(parameters, others | grid), dimension=plane.dimension, generator=plane.generator)
    count = found.count.reshape(x.size, y.size)
    for i, j in np.argwhere(np.diff(count, axis=1)):
        richer = i * y.size + (j if count[i, j] > count[i, j + 1] else j + 1)
        roots = found.contamination[richer][: found.count[richer]]
        k = int(np.argmin(np.diff(roots)))
        solved = plane.meet_at(float(roots[k : k + 2].mean()), x[i], float(y[j : j + 2].mean()))
        if solved is not None and 0.0 < solved[0] < 1.0 and abs(solved[1] - y[j]) < 0.05 * (y[-1] - y[0]):
            return np.array([solved[0], x[i], solved[1]])
    return None


def _trace(plane: Plane, seed: Floats, step: float) -> list[Floats]:
    """Follow the curve from a place on it until it leaves the plane or the contamination leaves (0, 1)."""
    places: list[Floats] = []
    rho, guess = seed[0] + step, seed[1:]
    while DIFFERENCE < rho < 1.0 - DIFFERENCE:
        solved = plane.meet(rho, *guess)
        if solved is None or not plane.holds(*solved):
            break
        places.append(np.array([rho, *solved]))
        rho, guess = rho + step, solved
    return places
