"""The collapse market under stress, in its mean field: Gaussian content on the line, equal producers (MODEL 7.1)."""

from typing import TYPE_CHECKING

import numpy as np

from mfsolve.arrays import Arrays
from mfsolve.kernels.collapse.gaussian_pool import gaussian_functionals
from mfsolve.kernels.numerics.special import loss_of_variance
from mfsolve.models.arguments import instance, require, whole
from mfsolve.models.collapse.market import bounded_quality
from mfsolve.models.collapse.parameters import Family, Parameters, SubsidyBase
from mfsolve.models.collapse.workflows import require_replace
from mfsolve.models.quantities import UNIT, Quantity, dataset

from .levers import IDLE, evading, levers, outside_share, profit
from .stress import Instrument, Reference, Stress

if TYPE_CHECKING:
    import xarray as xr

PATH = ("generation",)
QUANTITIES = {
    "contamination": Quantity(PATH, "synthetic share of the pool's items"),
    "human_share": Quantity(PATH, "human share of production, mean over producers", support=UNIT),
    "subsidy": Quantity(PATH, "subsidy, in units of the cost curvature"),
    "levy": Quantity(PATH, "levy on synthetic items"),
    "verified_share": Quantity(PATH, "share of authentic items with verifiable provenance", support=UNIT),
    "stripped": Quantity(PATH, "share of marks that are stripped", support=UNIT),
    "evasion": Quantity(PATH, "fraction of the way that synthetic items are moved towards human content", support=UNIT),
    "outside": Quantity(PATH, "share of producers outside the jurisdiction", support=UNIT),
    "divergence": Quantity(PATH, "KL divergence of synthetic items from the regulator's human content", "nats"),
    "human_variance": Quantity(PATH, "variance of human content", "human variance at generation 0"),
    "pool_variance": Quantity(PATH, "pool's fitted variance", "human variance at generation 0"),
    "w2_drift": Quantity(PATH, "W2 distance of content to human content of generation 0", "human standard deviations"),
    "collapse_loss": Quantity(PATH, "KL divergence of the pool from human content of generation 0", "nats"),
    "log_quality": Quantity(PATH, "log quality relative to generation 0"),
    "curvature": Quantity(PATH, "curvature of the cost of authentic production"),
    "outlay": Quantity(PATH, "subsidies paid since generation 0, per producer"),
}


def pool_loss(contamination: float, human: float, synthetic: float, scratch: np.ndarray) -> tuple[float, float]:
    """KL(pool || N(0, 1)) in nats of the pool (1 - rho) N(0, human) + rho N(0, synthetic), and its slope in rho.

    KL(pool || N(0, human)) by quadrature, and E_pool ln(N(0, human) / N(0, 1)), which is linear in rho (MODEL 7.1).
    """
    gaussian_functionals(contamination, 0.0, synthetic / human, 1, scratch)
    loss, slope = float(scratch[0]), float(scratch[1])
    if human == 1.0:
        return loss, slope
    excess = synthetic - human
    tilt = 0.5 * (1.0 - 1.0 / human)
    shift = 0.5 * float(loss_of_variance(human))  # of pure human content
    return loss + shift + tilt * contamination * excess, slope + tilt * excess


def share_of_items(human_share: float, volume: float) -> float:
    """Synthetic share of items V (1 - h) / (h + V (1 - h)) of producers with human share h (MODEL 7.7)."""
    synthetic = volume * (1.0 - human_share)
    return synthetic / (human_share + synthetic)


def human_share_of(contamination: float, volume: float) -> float:
    """Human share of production that makes a contamination of items: the inverse of `share_of_items`."""
    human = volume * (1.0 - contamination)
    return human / (human + contamination)


def path(parameters: Parameters, stress: Stress, generations: int, intervene: bool = True) -> Arrays:
    """Every quantity at generations 0..T; `intervene`: whether the instrument is used at all (MODEL 7.1)."""
    p, kappa0, scratch = parameters, parameters.cost_curvature, np.empty(3)
    rho, human, fitted, stock = p.initial_contamination, 1.0, 1.0, stress.capacity
    share = human_share_of(rho, stress.volume)
    losses = loss = outlay = 0.0
    kept: dict[str, list[float]] = {name: [] for name in QUANTITIES}
    for t in range(generations + 1):
        kappa = kappa0 if stock is None or stress.capacity is None else kappa0 * stress.capacity / max(stock, 1e-9)
        economy = p if kappa == kappa0 else p.model_copy(update={"cost_curvature": kappa})
        generator = p.variance_ratio * fitted
        taxed = intervene and stress.instrument is Instrument.LEVY and stress.evasion_cost is not None
        evasion = evading(generator / human, stress.evasion_cost or 1.0) if taxed else stress.evasion
        synthetic = generator + evasion * (human - generator)
        base = human if stress.reference is Reference.CURRENT else 1.0
        divergence = 0.5 * float(loss_of_variance(synthetic / base))
        at = levers(economy, stress, divergence) if intervene else IDLE._replace(verified=p.verified_share)
        premium = p.data_value * pool_loss(rho, human, synthetic, scratch)[1] if at.verified > 0.0 else 0.0
        gain = 2.0 * kappa * at.subsidy + at.verified * premium + at.levy
        gap = profit(at.verified * premium, kappa, 0.0) - profit(gain, kappa, at.levy)
        outside = outside_share(stress, gap)
        outlay += 2.0 * kappa * at.subsidy * share * (1.0 - outside)
        quality = bounded_quality(-p.quality_elasticity * losses, p.quality_floor)
        row = (
            rho, share, at.subsidy, at.levy, at.verified, at.stripped, evasion, outside, divergence, human, fitted,
            abs(1.0 - float(np.sqrt(fitted))), loss, quality, kappa, outlay,
        )  # fmt: skip
        for name, value in zip(QUANTITIES, row):
            kept[name].append(value)
        if t == generations:
            break
        home, abroad = (min(1.0, max(0.0, x / (2.0 * kappa))) for x in (gain, at.verified * premium))
        revising = min(1.0, p.innovation + p.imitation * rho)
        share += revising * ((1.0 - outside) * home + outside * abroad - share)
        if stock is not None:
            share = min(share, stock)
            stock = min(stock - share + stress.renewal, stress.capacity or stock)
        rho = share_of_items(share, stress.volume)
        loss = pool_loss(rho, human, synthetic, scratch)[0]
        losses += loss
        fitted = (1.0 - rho) * human + rho * synthetic
        human += stress.drift * (synthetic - human)
    return {name: np.array(values) for name, values in kept.items()}


def check(parameters: Parameters) -> None:
    """Refuse economies whose content or producers this market does not have.

    Raises
    ------
    ValueError
        For content that is not one-dimensional Gaussian, another reading of KL, another
        workflow than `"replace"`, and producers who differ in cost.
    """
    gaussian = parameters.content is Family.GAUSSIAN and parameters.dimension == 1
    require(gaussian, "parameters.content", parameters.content.value, "Gaussian content in one dimension")
    require_replace(parameters)
    base = parameters.subsidy_base
    require(base is SubsidyBase.GENERATOR, "parameters.subsidy_base", base.value, "'generator'")
    spread = parameters.cost_spread
    require(spread == 0.0, "parameters.cost_spread", spread, "0: producers are equal in a stressed market")


def stressed(parameters: Parameters, stress: Stress, generations: int = 10, *, intervene: bool = True) -> "xr.Dataset":
    """Path of the collapse market under stress (MODEL 7.1).

    Parameters
    ----------
    parameters
        The economy: one-dimensional Gaussian content, equal producers.
    stress
        What it has to bear, and the instrument.
    generations
        T in [1, 65535].
    intervene
        Whether the instrument is used; without it the same market runs free.

    Returns
    -------
    xarray.Dataset
        Variables along `generation` = 0..T. Where nothing is stressed they are those of `collapse.mean_field`.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    instance("parameters", parameters, Parameters)
    instance("stress", stress, Stress)
    check(parameters)
    length = whole("generations", generations, 1, 65_535)
    arrays = path(parameters, stress, length, intervene)
    return dataset(QUANTITIES, {"generation": np.arange(length + 1)}, arrays)
