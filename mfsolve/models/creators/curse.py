"""The curse of precision: where it strikes, and until when it can be lifted (MODEL 4.2, 4.3)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mfsolve.kernels import stocks as kernels

from .dynamic import check_times, dynamic_market
from .dynamics import CODES, Array, DynamicParameters, Regime, instants, market_row
from .static import require

if TYPE_CHECKING:
    import xarray as xr


class Phase(IntEnum):
    """What becomes of precision over the horizon."""

    SUSTAINED = 0
    DECLINE = 1
    EXIT = 2


def curse_map(
    base: DynamicParameters,
    bias_feedback: ArrayLike,
    elasticity_gap: ArrayLike,
    depreciation: ArrayLike,
    times: ArrayLike,
    regime: Regime = Regime.STRICT_RIGHTS,
    tolerance: float = 0.01,
) -> "xr.Dataset":
    """Phase diagram of the dynamic market over feedback, elasticity gap and depreciation (MODEL 4.2).

    Every market has its own parameters in place of the base's. Precision also
    declines where the initial stock is larger than any regime can keep up: compare with the map under the
    intermediary.

    Parameters
    ----------
    base : DynamicParameters
        Everything else, and the innovators' elasticity, to which the gap is added for imitators.
    bias_feedback, elasticity_gap, depreciation : arrays
        The axes.
    times : array (t,)
        Strictly increasing: where precision is looked at; the last is the horizon.
    tolerance : float
        A fall below (1 - tolerance) of the peak counts as a decline.

    Returns
    -------
    Dataset (bias_feedback, elasticity_gap, depreciation)
        `phase` (`Phase`), `peak_time`, `peak_precision`, `final_precision`, `final_price`, `innovator_share`.
        Innovators exit where their stock falls to the base's `exit_threshold`; supply follows after that as
        if they had left.
    """
    import xarray as xr

    t = check_times(times)
    require(0.0 <= tolerance < 1.0, "tolerance", tolerance, "[0, 1)")
    axes = {
        name: np.atleast_1d(np.asarray(value, dtype=np.float64))
        for name, value in (
            ("bias_feedback", bias_feedback),
            ("elasticity_gap", elasticity_gap),
            ("depreciation", depreciation),
        )
    }
    for name, axis in axes.items():
        low = "(0, inf)" if name == "elasticity_gap" else "[0, inf)"
        good = (axis > 0.0 if name == "elasticity_gap" else axis >= 0.0) & (axis < np.inf)
        require(good.all(), name, float(axis.min()), low)
    grid = np.meshgrid(*axes.values(), indexing="ij")
    alpha, gap, decay = (g.ravel() for g in grid)
    columns = fates(base, alpha, gap, decay, t, regime, tolerance)
    return xr.Dataset(
        {name: (tuple(axes), values.reshape(grid[0].shape)) for name, values in columns.items()},
        coords=axes,
        attrs={
            "regime": str(regime),
            "horizon": float(t[-1]),
            "phases": "0 sustained, 1 decline, 2 innovators exit",
        },
    )


def fates(
    base: DynamicParameters,
    bias_feedback: Array,
    elasticity_gap: Array,
    depreciation: Array,
    times: Array,
    regime: Regime,
    tolerance: float,
) -> dict[str, Array]:
    """What becomes of n markets, each with its own feedback, gap and depreciation (n,): `curse_map`'s variables."""
    markets = np.repeat(market_row(base)[None], bias_feedback.size, axis=0)
    markets[:, kernels.ALPHA], markets[:, kernels.DEP] = bias_feedback, depreciation
    markets[:, kernels.X_C] = base.innovator_elasticity + elasticity_gap
    stocks, exits = np.empty((2, bias_feedback.size, times.size)), np.empty(bias_feedback.size)
    start = (base.innovator_stock, base.imitator_stock, base.exit_threshold)
    if not kernels.follow(markets, *start, CODES[regime], times, 1e-5, 1e-8, stocks, exits):
        raise RuntimeError("integration of the stocks took too many steps")
    gone = np.isfinite(exits)
    stay = (~gone).astype(np.float64)
    precision = np.stack([instants(markets, regime, here, stay).precision for here in np.moveaxis(stocks, 2, 0)])
    final, top = stocks[:, :, -1], precision.max(axis=0)
    declines = precision[-1] < (1.0 - tolerance) * top
    return {
        "phase": np.where(gone, Phase.EXIT, np.where(declines, Phase.DECLINE, Phase.SUSTAINED)),
        "peak_time": times[precision.argmax(axis=0)],
        "peak_precision": top,
        "final_precision": precision[-1],
        "final_price": instants(markets, regime, final, stay).innovator_price,
        "innovator_share": final[0] / np.maximum(final.sum(axis=0), 1e-300),
    }


@dataclass(frozen=True)
class Rescue:
    """From which state on the intermediary comes too late.

    Started at `latest_time` or before, it keeps (or restores) at least the target precision at the horizon;
    the fields give the strict-rights path's state at that time. `latest_time` is inf if it is never too late
    and -inf if it is from the start. `without` and `with_immediate` are precisions at the horizon without it
    and with it from the beginning.
    """

    latest_time: float
    innovator_stock: float
    imitator_stock: float
    precision: float
    target: float
    without: float
    with_immediate: float
    exit_time: float


def point_of_no_return(
    parameters: DynamicParameters,
    horizon: float,
    grace: float,
    target_share: float = 0.9,
    resolution: float = 1e-3,
) -> Rescue:
    """When the intermediary must start at the latest, by bisection on its starting time (MODEL 4.3).

    Strict rights run until the switch, the intermediary for `grace` after it. It succeeds if precision then
    reaches `target_share` of what the intermediary attains started at once and run as long in all.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    require(0.0 < horizon < np.inf, "horizon", horizon, "(0, inf)")
    require(0.0 < grace < np.inf, "grace", grace, "(0, inf)")
    require(0.0 < target_share <= 1.0, "target_share", target_share, "(0, 1]")
    require(0.0 < resolution < 1.0, "resolution", resolution, "(0, 1)")
    p = parameters

    def ending(switch: float) -> float:
        return float(dynamic_market(p, [0.0, switch + grace], switch_time=switch)["precision"][-1])

    immediate = float(dynamic_market(p, [0.0, grace], Regime.INTERMEDIARY)["precision"][-1])
    path = dynamic_market(p, [0.0, horizon])
    target = target_share * immediate
    latest = np.inf
    if ending(0.0) < target:
        latest = -np.inf
    elif ending(horizon) < target:
        low, high = 0.0, horizon
        while high - low > resolution * horizon:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if ending(middle) >= target else (low, middle)
        latest = low
    at = min(max(latest, 0.0), horizon)
    state = dynamic_market(p, [0.0, at] if at > 0.0 else [0.0])
    return Rescue(
        latest_time=latest,
        innovator_stock=float(state["innovator_stock"][-1]),
        imitator_stock=float(state["imitator_stock"][-1]),
        precision=float(state["precision"][-1]),
        target=target,
        without=float(path["precision"][-1]),
        with_immediate=immediate,
        exit_time=float(path.attrs["exit_time"]),
    )
