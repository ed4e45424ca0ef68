"""Prices of a buyer who looks ahead: what a unit of data is worth to it over time (MODEL 4.2)."""

from .._jit import inline, kernel
from .stocks import marginal_values, recursive_precision, supply, unit_prices


@inline
def values_at(p, Ko, Kc):
    """Marginal values of both kinds' data."""
    phi = recursive_precision(Ko, Kc, p.v0, p.alpha, p.lam_o, p.lam_c)
    return marginal_values(Ko, Kc, p.v0 + p.alpha * phi, p.alpha, p.lam_o, p.lam_c)


@kernel
def patient_plan(p, start, dt, discount, revenue, sweeps, K, plan):
    """A patient buyer's plan: what a unit of either kind's data is worth to it when bought, into plan (2, steps + 1).

    The buyer maximises sum_t d^t dt (revenue Phi_t - payments), d = 1 / (1 + discount dt), along
    K_{t+1} = K_t + dt (n(P_t) P_t - dep K_t). A unit in stock is worth L_t = revenue dt M_t + d (1 - dep dt) L_{t+1},
    one that is bought q_t = d L_{t+1}, and P_t is the best price at these values. Beyond the last step stocks are taken
    to stay. Forward and backward sweeps alternate, the values moving half of the way each time; K (2, steps + 1) holds
    the stocks. Returns the last change of a value that a sweep made, as a share of the greatest value.
    """
    last = plan.shape[1] - 1
    d = 1.0 / (1.0 + discount * dt)
    kept = d * (1.0 - p.dep * dt)
    mo, mc = values_at(p, start.K_o, start.K_c)
    level = revenue * dt / (1.0 - kept) * d
    for t in range(last + 1):
        plan[0, t], plan[1, t] = level * mo, level * mc
    change = 1.0
    for _ in range(sweeps):
        K[0, 0], K[1, 0] = start.K_o, start.K_c
        for t in range(last):
            po, pc = unit_prices(start.regime, p, 1.0, plan[0, t], plan[1, t])
            new_o, new_c = supply(p.a_o, po, p.x_o, p.r_o) * po, supply(p.a_c, pc, p.x_c, p.r_c) * pc
            K[0, t + 1] = K[0, t] + dt * (new_o - p.dep * K[0, t])
            K[1, t + 1] = K[1, t] + dt * (new_c - p.dep * K[1, t])
        mo, mc = values_at(p, K[0, last], K[1, last])
        Lo, Lc = level / d * mo, level / d * mc
        change, greatest = 0.0, 0.0
        for i in range(last + 1):
            t = last - i
            qo, qc = d * Lo, d * Lc
            change = max(change, abs(qo - plan[0, t]), abs(qc - plan[1, t]))
            greatest = max(greatest, qo, qc)
            plan[0, t], plan[1, t] = 0.5 * (plan[0, t] + qo), 0.5 * (plan[1, t] + qc)
            mo, mc = values_at(p, K[0, t], K[1, t])
            Lo, Lc = revenue * dt * mo + kept * Lo, revenue * dt * mc + kept * Lc
        change = change / greatest if greatest > 0.0 else 0.0
        if change < 1e-12:
            break
    return change
