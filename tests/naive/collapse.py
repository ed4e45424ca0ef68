"""Slow twin of the collapse market's mean field: MODEL 1.1 line by line, on the twins of `collapse_content`."""

import math
from itertools import pairwise

import numpy as np
from naive.collapse_content import categorical_functionals, gaussian_functionals, temper
from scipy import integrate


def best_response(p, target):
    """E[h], E[h^2], E[c h] over the costs, by Gauss-Legendre between the kinks."""

    def share(c):
        return np.clip(target - c / (2 * p.cost_curvature), 0.0, 1.0)

    if p.cost_spread == 0:
        return np.array([share(0), share(0) ** 2, 0.0])
    kinks = [2 * p.cost_curvature * (target - x) for x in (0, 1)]
    edges = sorted({-p.cost_spread, p.cost_spread, *(c for c in kinks if abs(c) < p.cost_spread)})
    powers = (share, lambda c: share(c) ** 2, lambda c: c * share(c))
    sums = [sum(integrate.fixed_quad(f, a, b, n=5)[0] for a, b in pairwise(edges)) for f in powers]
    return np.array(sums) / (2 * p.cost_spread)


def levers(policy, p, kl, setting):
    """(subsidy, phi, levy, cost) of a policy by its name; MODEL 1.3."""
    psi, kappa = p.verified_share, p.cost_curvature
    if policy == "watermark":
        w = min(1.0, (1 - psi) * kl / (2 * kappa * psi)) if psi else 1.0
        return 0.0, psi + (1 - psi) * w * (1 - setting), 0.0, kappa * psi * w * w
    return {
        "none": (0.0, psi, 0.0, 0.0),
        "fixed": (setting, psi, 0.0, 0.0),
        "closed_form": (min(1.0, kl / (2 * kappa)), psi, 0.0, 0.0),
        "disclosure": (0.0, 1.0, 0.0, setting),
        "royalty_cap": (0.0, psi, min(setting, kl), 0.0),
    }[policy]


def market(p, policy, generations, setting=0.0):
    """Mean field of MODEL 1.1, line by line: one row a generation."""
    zipf = np.arange(1.0, p.vocabulary + 1) ** -p.zipf_exponent
    human = zipf / zipf.sum()
    gaussian = p.content == "gaussian"
    rho, v, fitted, ln_q, loss, x = p.initial_contamination, 1.0, human, 0.0, 0.0, 0.0
    h = np.array([1 - rho, (1 - rho) ** 2, 0.0])
    rows = []
    for _ in range(generations + 1):
        s2, q = p.variance_ratio * v, temper(fitted, p.variance_ratio)

        def functionals(rho, s2=s2, q=q):
            return (
                gaussian_functionals(rho, 0.0, s2, p.dimension, adaptive=False)
                if gaussian
                else categorical_functionals(rho, human, q)
            )

        kl = 0.5 * p.dimension * (s2 - 1 - math.log(s2)) if gaussian else functionals(0.0)[3]
        subsidy, phi, levy, cost = levers(policy, p, kl, setting)
        premium = p.data_value * functionals(rho)[1]
        unknown = rho + (1 - rho) * (1 - phi)
        entropy = -sum(x * math.log(x / unknown) for x in (rho, (1 - rho) * (1 - phi)) if x > 0)
        part = [
            phi * premium * h[0] - h[2] - p.cost_curvature * h[1],
            -phi * premium * h[0],
            p.data_value * loss,
            p.information_cost * entropy,
        ]
        row = {"contamination": rho, "subsidy": subsidy, "verified_share": phi, "divergence": kl, "premium": premium}
        row |= {
            "collapse_loss": loss,
            "log_quality": ln_q,
            "quality": math.exp(ln_q),
            "exposure": x,
            "policy_cost": cost,
        }
        row |= dict(zip(("welfare_producers", "welfare_consumers", "loss_collapse", "loss_information"), part))
        row |= {"welfare": part[0] + part[1] - part[2] - part[3] - cost}
        w2 = math.sqrt(p.dimension) * abs(1 - math.sqrt(v))
        row |= (
            {"pool_variance": v, "w2_drift": w2}
            if gaussian
            else {"entropy": categorical_functionals(0, human, fitted)[5]}
        )
        rows.append(row)
        move = min(1.0, p.innovation + p.imitation * rho)
        h = h + move * (best_response(p, subsidy + (phi * premium + levy) / (2 * p.cost_curvature)) - h)
        rho = 1 - h[0]
        loss = functionals(rho)[0]
        ln_q -= p.quality_elasticity * loss
        x += rho * rho
        v, fitted = 1 - rho + rho * s2, (1 - rho) * human + rho * q
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
