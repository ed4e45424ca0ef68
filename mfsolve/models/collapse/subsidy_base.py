"""Readings of the divergence KL(q || p) that closed-form policies are paid by (MODEL 1.3)."""

from .content import Categorical, Content, Gaussian
from .parameters import Parameters, SubsidyBase


def perceived_divergence(parameters: Parameters, content: Content, contamination: float) -> float:
    """KL(q || p) in nats as the economy's policies read it (MODEL 1.3).

    Parameters
    ----------
    parameters
        The economy; `subsidy_base` is the reading: `"generator"` KL(q_t || p) of the deployed generator, `"pool"`
        KL(q_rho || p) of the contaminated pool, `"reverse"` KL(p || q_t), which is infinite where a token has died.
    content
        Fitted content, whose generator is deployed.
    contamination
        Synthetic share rho of the pool in [0, 1].

    Raises
    ------
    ValueError
        For the reverse reading of empirical content.
    """
    if parameters.subsidy_base is SubsidyBase.POOL:
        return content.mixture(contamination)[0]
    if parameters.subsidy_base is SubsidyBase.REVERSE:
        if not isinstance(content, Gaussian | Categorical):
            raise ValueError("subsidy_base: 'reverse' given; allowed: 'generator', 'pool', for empirical content")
        return content.reverse_divergence()
    return content.divergence()


def require_generator_base(parameters: Parameters) -> None:
    """Refuse other readings of the divergence where only the generator's is built in.

    Raises
    ------
    ValueError
        For a `subsidy_base` other than `"generator"`.
    """
    if parameters.subsidy_base is not SubsidyBase.GENERATOR:
        raise ValueError(f"subsidy_base: {parameters.subsidy_base.value!r} given; allowed: 'generator'")
