"""Welfare of one generation, per unit of producers (MODEL 1.5)."""

from dataclasses import dataclass

from mfsolve.kernels.numerics.elementary import natural_log

from .levers import Levers
from .parameters import Parameters
from .response import ShareMoments


@dataclass(frozen=True)
class Welfare:
    """Welfare W = producers + consumers - collapse - information - policy_cost (MODEL 1.5)."""

    welfare: float
    welfare_producers: float
    welfare_consumers: float
    loss_collapse: float
    loss_information: float
    policy_cost: float


def label_entropy(contamination: float, verified_share: float) -> float:
    """Conditional entropy H(Z | Y) in nats of an item's provenance Z, given what a buyer sees.

    The signal Y reveals the provenance of a share phi of the authentic items and of nothing else (MODEL 1.5).
    """
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
    log_quality: float = 0.0,
) -> Welfare:
    """Decompose the welfare of one generation at given human shares; subsidies and levies are transfers and cancel.

    Parameters
    ----------
    parameters
        The economy.
    levers
        What the policy sets.
    moments
        Human shares and costs over producers.
    premium
        m = nu d/d rho KL(q_rho || p), marginal value of a human item to the firm.
    contamination
        Synthetic share of the pool in [0, 1].
    collapse_loss
        KL(q_rho || p) of the pool in nats.
    log_quality
        Log quality that consumers see: 0 for that of generation 0, or that before this generation's loss.
    """
    verified_value = levers.verified_share * premium * moments.share
    producers = verified_value - moments.cost - parameters.cost_curvature * moments.square
    consumers = -verified_value  # nu ln Q_0 = 0: quality is measured from generation 0
    if log_quality != 0.0:
        consumers += parameters.data_value * log_quality
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
