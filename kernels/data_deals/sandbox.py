"""The sandbox: small trials of every source, and bundles under a budget (MODEL 6.4).

For a target theta + c b, source i errs by gap_i b + eps with gap_i = lambda_i - c: its loss on n items is
gap^2 v + 1/n.
"""

import numpy as np

from .._jit import inline, kernel
from ..intermediary.shapley import join
from ..random.normals import normal_pair

ZERO, ONE = np.uint64(0), np.uint64(1)


@kernel
def trials(key, replicate, first, gap, deviation, sizes, loss, cross):
    """Run trials of sources: mean squared errors loss (n, J) at each size, and cross (n,) = sum of error times b.

    Trial t draws b = deviation[t] once for all sources; items of source `first` + i are drawn for it alone.
    """
    T = deviation.size
    for i in range(gap.size):
        cross[i] = 0.0
        lane = np.uint64(first + i)
        for j in range(sizes.size):
            scale = 1.0 / np.sqrt(sizes[j])
            squares = 0.0
            spare = 0.0
            for t in range(T):
                if t % 2 == 0:
                    z, spare = normal_pair(key[0], key[1], lane, np.uint64(t >> 1), np.uint64(j), replicate)
                else:
                    z = spare
                error = gap[i] * deviation[t] + scale * z
                squares += error * error
                cross[i] += error * deviation[t]
            loss[i, j] = squares / T


@inline
def bundle_value(gap, effort, price, mask, floor, budget):
    """Precision of the bundle whose bits are set; -1 where it costs more than the budget."""
    S, B, C, spent = 0.0, 0.0, floor, 0.0
    for i in range(gap.size):
        if (mask >> i) & 1:
            own = gap[i] * effort[i]
            S += effort[i]
            B += own
            C += gap[i] * own
            spent += price[i]
    return S - B * B / C if spent <= budget else -1.0


@kernel
def best_bundle(gap, effort, price, floor, budget):
    """Greatest precision of any bundle within the budget, by trying all 2^n."""
    best = 0.0
    for mask in range(1 << gap.size):
        best = max(best, bundle_value(gap, effort, price, mask, floor, budget))
    return best


@kernel
def greedy_bundle(gap, effort, price, floor, budget, chosen):
    """Add, as long as the budget allows, the source of the greatest contribution per price: chosen (n,) 0 or 1."""
    B, C, left = 0.0, floor, budget
    chosen[:] = 0
    while True:
        best, which = 0.0, -1
        for i in range(gap.size):
            if chosen[i] == 0 and price[i] <= left:
                gain = join(gap[i], effort[i], B, C).gain / price[i]
                if gain > best:
                    best, which = gain, i
        if which < 0:
            return
        chosen[which] = 1
        own = gap[which] * effort[which]
        B += own
        C += gap[which] * own
        left -= price[which]


@kernel
def fill_in_order(order, price, budget, chosen):
    """Take sources in an order as long as each fits into what is left of the budget: chosen (n,) 0 or 1."""
    left = budget
    chosen[:] = 0
    for i in order:
        if price[i] <= left:
            chosen[i] = 1
            left -= price[i]
