"""beta* in closed form, where it is decided by the first adopters (MODEL 5.1)."""

from mfsolve.kernels.supply_shock import market
from mfsolve.models.arguments import instance

from .critical_weights import adoption_ceiling
from .many_economies import economy_rows, solve_markets
from .parameters import Parameters
from .payoffs import ai_profit, human_profit, volume


def first_adopters_decline(parameters: Parameters) -> float:
    """beta* where welfare last rises with the first adopters: closed form (MODEL 5.1).

    At the adoption ceiling AI's profit A touches max(u_0, H) at the skill s_0 where the human profit H meets the
    outside option u_0. A fall of the cost raises A by dA = 1, and with it pollution by dB, which takes l_A dB from A
    and l_H dB from H, l being the share of a niche that buys. With k = H'(s_0) - k1 the two sides of s_0 give

        dB = beta eta v dM,   dM = f(s_0) [(1 - l_A dB) / k1 + (1 - (l_A - l_H) dB) / k]

    new adopters; those who had left bring a surplus G / 2, G being AI's sales profit, the others (G - u_0) / 2
    more than before. beta* is where that only makes good for pollution, dB (1 + 3/2 E[l_H; human]).

    Parameters
    ----------
    parameters : Parameters
        The economy.

    Returns
    -------
    float
        Weight of pollution.

    Raises
    ------
    ValueError
        Where adoption does not begin at s_0 inside (0, 1), or there is no pollution rate.
    """
    from scipy.integrate import quad
    from scipy.stats import beta as skills

    instance("parameters", parameters, Parameters)
    p = parameters.model_copy(update={"ai_cost": float(adoption_ceiling(parameters)[0])})
    before = economy_rows(p, {"ai_available": 0.0})
    start = float(solve_markets(before)[0, market.LOWER])
    size, gamma, alpha = p.market_size, p.human_efficiency, p.human_capacity
    quality = alpha * start
    slope = alpha * (size - quality / (2.0 * gamma)) * (size - 1.5 * quality / gamma) / (4.0 * size)
    steep = slope - p.adoption_skill_cost
    gap = float(ai_profit(p, start, 0.0) - human_profit(p, start, 0.0))
    if not 0.0 < start < 1.0 or not steep > 0.0 or abs(gap) > 1e-9 * size or p.pollution_rate == 0.0:
        raise ValueError("parameters: the first adopters are not those indifferent between exit and human work")
    ceiling = p.ai_cost
    gross = p.outside_option + p.adoption_cost + p.adoption_skill_cost * (1.0 - start)
    loss_ai = (size - ceiling) / (2.0 * size)
    loss_human = (size - quality / (2.0 * gamma)) / (2.0 * size)

    def buyers(s: float) -> float:
        q = min(alpha * s, 2.0 * gamma * size / 3.0)
        return float((size - q / (2.0 * gamma)) / (2.0 * size) * skills.pdf(s, p.skill_a, p.skill_b))

    lost = quad(buyers, start, 1.0, epsabs=0.0, epsrel=1e-12)[0]
    gain = 0.5 * (gross / p.adoption_skill_cost + (gross - p.outside_option) / steep)
    drag = 0.5 * (gross * loss_ai / p.adoption_skill_cost + (gross - p.outside_option) * (loss_ai - loss_human) / steep)
    density = float(skills.pdf(start, p.skill_a, p.skill_b))
    burden = density * gain / (1.0 + 1.5 * lost + density * drag)
    adopters = density * (
        (1.0 - loss_ai * burden) / p.adoption_skill_cost + (1.0 - (loss_ai - loss_human) * burden) / steep
    )
    return burden / (p.pollution_rate * volume(p) * adopters)
