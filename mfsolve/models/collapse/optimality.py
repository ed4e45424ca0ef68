"""How far the closed forms of subsidy and watermark are from what maximises welfare (MODEL 1.3)."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .content import Gaussian
from .optimal_policy import Program, optimum
from .parameters import Parameters
from .policies import ClosedForm, Watermark

if TYPE_CHECKING:
    import xarray as xr


def variance_of_divergence(divergence: float) -> float:
    """s2 <= 1 with KL(N(0, s2) || N(0, 1)) = (s2 - 1 - ln s2) / 2 nats."""
    from scipy.special import lambertw

    return float(-np.real(lambertw(-np.exp(-1.0 - 2.0 * divergence), 0)))


def optimality_gap(
    divergences: ArrayLike,
    cost_curvatures: ArrayLike,
    verified_shares: ArrayLike,
    parameters: Parameters | None = None,
    *,
    stripping: float = 0.0,
    linear_loss: bool = False,
) -> "xr.Dataset":
    """Closed forms against the numerical optima over (KL, kappa, psi) (MODEL 1.3).

    Parameters
    ----------
    divergences
        KL(q || p) > 0 in nats, vector; q = N(0, s2).
    cost_curvatures
        kappa > 0, vector.
    verified_shares
        psi in [0, 1], vector.
    parameters
        Everything else; default the calibration.
    stripping, linear_loss
        As in `optimum`.

    Returns
    -------
    xarray.Dataset
        Over (`divergence`, `cost_curvature`, `verified_share`): `subsidy_closed`, `subsidy_optimal`, `subsidy_loss`
        (welfare the closed form forgoes), `watermark_closed`, `watermark_optimal`, `watermark_loss`.

    Raises
    ------
    ValueError
        For a value outside its range.
    """
    import xarray as xr

    axes = [np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (divergences, cost_curvatures, verified_shares)]
    if not axes[0].min() > 0.0:
        raise ValueError(f"divergences: {axes[0].min():g} given; allowed: (0, inf)")
    names = (
        "subsidy_closed",
        "subsidy_optimal",
        "subsidy_loss",
        "watermark_closed",
        "watermark_optimal",
        "watermark_loss",
    )
    shape = (axes[0].size, axes[1].size, axes[2].size)
    table: NDArray[np.float64] = np.empty((len(names), *shape))
    base = (parameters or Parameters()).model_dump()
    for place in np.ndindex(shape):
        kl, kappa, psi = (float(a[i]) for a, i in zip(axes, place))
        changed = {"cost_curvature": kappa, "verified_share": psi, "variance_ratio": variance_of_divergence(kl)}
        economy = Parameters(**base | changed)
        program = Program(economy, Gaussian.human(economy), stripping, linear_loss)
        s = ClosedForm().levers(economy, kl).subsidy
        best = optimum(economy, stripping=stripping, linear_loss=linear_loss)
        w = Watermark(stripping=stripping).strength(economy, kl)
        marked = optimum(economy, subsidy=False, watermark=True, stripping=stripping, linear_loss=linear_loss)
        table[(slice(None), *place)] = (
            s, best.levers.subsidy, best.welfare - program.welfare(program.levers(s, 0.0))[0],
            w, marked.watermark, marked.welfare - program.welfare(program.levers(0.0, w))[0],
        )  # fmt: skip
    dims = ("divergence", "cost_curvature", "verified_share")
    return xr.Dataset({n: (dims, t) for n, t in zip(names, table)}, coords=dict(zip(dims, axes)), attrs=base)
