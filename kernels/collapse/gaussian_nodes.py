"""Gaussian content as the nodes of a rule, and integrals over items with two independent parts (MODEL 3.1)."""

import numpy as np

from .._jit import kernel
from ..numerics.elementary import TINY, exp
from ..numerics.sums import fold
from .gaussian_pool import LANES
from .gaussian_rules import (
    axis_rule,
    gap_of,
    is_radial,
    node_at,
    pair_of,
    parts_of,
    reach_of,
    ring_at,
    ring_rule,
    share_of_part,
)


@kernel
def content_nodes(rho, m, s2, d, steps, ratio, p, q):
    """Nodes of a rule with `steps` steps a unit: ln(q / p), masses under p and q (n,); returns their number n.

    Writes no more than there is room for: ask for n with empty arrays first.
    """
    pair = pair_of(m, s2, d)
    reach = reach_of(rho)
    parts = parts_of(pair)
    rings = ring_rule(pair, steps, reach)
    count = 0
    for part in range(parts):
        at_q, n_y = axis_rule(part, parts, pair, steps, reach)
        step = 1.0 if is_radial(pair) else 1.0 / steps
        for row in range(rings.count):
            ring = ring_at(row, rings, pair)
            for i in range(-n_y, n_y + 1):
                a, b, lr = node_at(i / steps, at_q, pair, ring)
                own = step * share_of_part(part, parts, lr)
                if max(a, b) * own > 1e-40 * rho:  # less than rounding, whatever it is a share of
                    if count < ratio.size:
                        ratio[count] = lr
                        p[count] = own * a
                        q[count] = own * b
                    count += 1
    return count


@kernel
def joint_information(rho, ratio, p, q, other_ratio, other_p, other_q):
    """Fisher information I(rho), 0 < rho < 1, of an item with two independent parts, each given by nodes.

    Nodes as `content_nodes` writes them: ln(q / p), masses under p and q (n,).
    """
    info = np.zeros(LANES)
    for j in range(other_ratio.size):
        for start in range(0, ratio.size, LANES):
            for i in range(min(LANES, ratio.size - start)):
                lr = ratio[start + i] + other_ratio[j]
                top = max(lr, 0.0)
                gap = gap_of(lr)
                most = q[start + i] * other_q[j] if lr > 0.0 else p[start + i] * other_p[j]
                pool = (1.0 - rho) * exp(-top) + rho * exp(lr - top)
                info[i] += most * (gap * gap) / max(pool, TINY)
    return fold(info)


@kernel
def joint_distance(first, second, ratio, p, q, other_ratio, other_p, other_q):
    """Squared Hellinger distance int (sqrt a - sqrt b)^2 / 2 of one item at two contaminations.

    The item has two independent parts, given by nodes as in `joint_information`.
    """
    total = np.zeros(LANES)
    for j in range(other_ratio.size):
        for start in range(0, ratio.size, LANES):
            for i in range(min(LANES, ratio.size - start)):
                lr = ratio[start + i] + other_ratio[j]
                top = max(lr, 0.0)
                most = q[start + i] * other_q[j] if lr > 0.0 else p[start + i] * other_p[j]
                a = np.sqrt((1.0 - first) * exp(-top) + first * exp(lr - top))
                b = np.sqrt((1.0 - second) * exp(-top) + second * exp(lr - top))
                total[i] += 0.5 * most * (a - b) * (a - b)
    return fold(total)
