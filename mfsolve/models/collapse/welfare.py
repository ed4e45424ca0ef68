"""Welfare of one generation, per unit of producers (MODEL 1.5)."""

from dataclasses import dataclass

from mfsolve.kernels.numerics.elementary import natural_log

from .levers import Levers
from .parameters import Parameters


@dataclass(frozen=True)
class ShareMoments:
    """Moments over producers of the human share h and the cost disadvantage c: E[h], E[h^2], E[c h]."""

    share: float
    square: float
    cost: float


@dataclass(frozen=True)
class Welfare:
    """W = producers + consumers - collapse - information - policy_cost."""

    welfare: float
    welfare_producers: float
    welfare_consumers: float
    loss_collapse: float
    loss_information: float
    policy_cost: float


def label_entropy(contamination: float, verified_share: float) -> float:
    """H(Z | Y) in nats: Y reveals the provenance Z of a share phi of the authentic items, of nothing else."""
    unrevealed = 1.0 - (1.0 - contamination) * verified_share
    if unrevealed <= 0.0:
        return 0.0
    synthetic = min(1.0, contamination / unrevealed)
    return unrevealed * -sum(x * float(natural_log(x)) for x in (synthetic, 1.0 - synthetic) if x > 0.0)


def decompose(
    parameters: Parameters,
    levers: Levers,
    moments: ShareMoments,
    premium: float,
    contamination: float,
    collapse_loss: float,
) -> Welfare:
    """Welfare and its parts, at the market's own shares; subsidies and levies are transfers and cancel."""
    verified_value = levers.verified_share * premium * moments.share
    producers = verified_value - moments.cost - parameters.cost_curvature * moments.square
    consumers = -verified_value  # nu ln Q_0 = 0: quality is measured from generation 0
    collapse = parameters.data_value * collapse_loss
    information = parameters.information_cost * label_entropy(contamination, levers.verified_share)
    return Welfare(
        welfare=producers + consumers - collapse - information - levers.cost,
        welfare_producers=producers,
        welfare_consumers=consumers,
        loss_collapse=collapse,
        loss_information=information,
        policy_cost=levers.cost,
    )
