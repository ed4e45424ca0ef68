"""Agents of the supply shock: creators who learn by Q-learning, consumers who look at a few offers (MODEL 5.3).

Creators are lanes; those in the market have slots 0..n-1 in the order of their lanes, and AI firms have the slots
behind. A draw belongs to (lane, block, period, replicate), so that nobody's turn comes first. Sales are counts: their
sum is the same whichever thread counted them.
"""

import numpy as np

from .._jit import inline, inner, kernel
from ..numerics.elementary import TWO_52, exp, float_of, log
from ..numerics.median import median
from ..numerics.sums import LANES, fold
from ..random.normals import normal_pair
from ..random.philox import philox
from .market_state import (
    ACTION,
    ADOPT,
    ADOPTED,
    BACK,
    CHOSEN,
    CREATIVE,
    CREATIVE_SKILL,
    EARLY,
    EARLY_ALL,
    EARLY_INSIDE,
    EARNED,
    EXIT,
    FIRM_SALES,
    FIRM_SQUARES,
    LEFT,
    MEDIAN,
    OWN,
    OWN_RESKILLED,
    RESKILL,
    RESKILLED,
    REWARDS,
    SQUARES,
    STAY,
    SURPLUS,
    TECHNICAL,
    Now,
    Sellers,
    Stream,
)

NEITHER = np.uint8(0)
WORD = 2.0**-32
CHUNK = 256  # consumers whose looks stay in the first-level cache
QUARTER = CHUNK // 4
ZERO = np.uint64(0)
TOP_2 = np.uint64(30)


@inline
def number(word):
    """The middle of a 32-bit word's interval, as float64: branch-free on every x86-64."""
    return float_of(word | TWO_52) - 4503599627370495.5  # 2^52 - 1/2


@kernel
def endow(key, replicate, lane, technical, creative, spread, t, c):
    """Skills t, c (n,) of creators: independent normals about the two means, not below 0."""
    for i in range(t.size):
        z0, z1 = normal_pair(key[0], key[1], lane + np.uint64(i), ZERO, ZERO, replicate)
        t[i] = max(0.0, technical + spread * z0)
        c[i] = max(0.0, creative + spread * z1)


@kernel
def choose(stream, epsilon, creators, counts):
    """Epsilon-greedy actions, written into the low bits of the creators' states.

    counts[0..3] += creators by action, counts[BACK] += those who come back, counts[LEFT] += those who leave. Of equal
    values the first action is taken; one whose value is -inf is not allowed, and the best is taken instead.
    """
    state, q = creators.state, creators.q
    k0, k1, lane, step, replicate = stream.key[0], stream.key[1], stream.lane, stream.step, stream.replicate
    for i in range(state.size):
        w0, w1, _, _ = philox(k0, k1, lane + np.uint64(i), ZERO, step, replicate)
        best = 0
        for a in range(1, 4):
            best = a if q[i, a] > q[i, best] else best
        action = np.int64(w1 >> TOP_2) if number(w0) * WORD < epsilon else best
        action = best if q[i, action] == -np.inf else action
        was_out = (state[i] & ACTION) == EXIT
        counts[action] += 1
        counts[BACK] += was_out and action != EXIT
        counts[LEFT] += not was_out and action == EXIT
        by_choice = CHOSEN if action == best else NEITHER
        state[i] = (state[i] & (CREATIVE | RESKILLED | EARLY)) | np.uint8(action) | by_choice


@kernel
def offer(rules, ai_technical, ai_creative, creators, w_technical, w_creative):
    """Re-skill, then put the offers of creators in the market into slots, from the first one given on.

    An offer's weight is exp(theta * skill - burden), in single precision and in units of that of taking none; adopters
    offer what AI firms do, of weights ai_technical and ai_creative. Re-skilling takes `move` of one skill, of which
    `exchange` arrives at the other, the one that the creator last sold more of.
    """
    state, t, c = creators.state, creators.t, creators.c
    slot = 0
    for i in range(state.size):
        action = state[i] & ACTION
        if action == RESKILL:
            if state[i] & CREATIVE:
                gone = rules.move * t[i]
                t[i] -= gone
                c[i] += rules.exchange * gone
            else:
                gone = rules.move * c[i]
                c[i] -= gone
                t[i] += rules.exchange * gone
        if action == ADOPT:
            w_technical[slot] = ai_technical
            w_creative[slot] = ai_creative
        elif action != EXIT:
            w_technical[slot] = exp(rules.theta * t[i] - rules.burden)
            w_creative[slot] = exp(rules.theta * c[i] - rules.burden)
        slot += action != EXIT


@kernel
def shop(stream, consumers, sellers, weight, sales):
    """Consumers lane..lane + consumers - 1 look at a few offers each and take one, or none, by multinomial logit.

    A look falls on each creator with mass 1 and on each AI firm with mass `visibility`, independently; weight
    (>= creators + firms,) float32 holds the offers' weights, that of taking none is 1. sales (>= creators + firms + 1,)
    is added to; the place behind the last seller counts those who take none.
    Returns the sum over consumers of ln(1 + sum of weights seen). The stream's lane is a multiple of CHUNK.

    Four consumers share a block of random words: those of chunk c at places i, i + 64, i + 128, i + 192 take words 0..3
    of lane 64 c + i; block k < looks is look k, block `looks` the choice.
    """
    creators, firms, visibility, looks = sellers
    if creators + firms == 0:
        sales[0] += consumers
        return 0.0
    k0, k1, lane, step, replicate = stream.key[0], stream.key[1], stream.lane, stream.step, stream.replicate
    scale = (creators + firms * visibility) * WORD
    edge = np.float64(creators)
    per_firm = 1.0 / visibility
    last = np.float64(creators + firms - 1)
    nobody = np.uint32(creators + firms)
    x = np.empty(CHUNK)
    slots = np.empty((looks, CHUNK), np.uint32)
    seen = np.empty((looks + 1, CHUNK))
    seen[0] = 1.0
    chosen = np.empty(CHUNK, np.uint32)
    surplus = np.zeros(QUARTER)
    for start in range(0, consumers, CHUNK):
        n = min(CHUNK, consumers - start)
        base = (lane + np.uint64(start)) >> np.uint64(2)
        for k in range(looks + 1):
            for i in range(QUARTER):
                w0, w1, w2, w3 = philox(k0, k1, base + np.uint64(i), np.uint64(k), step, replicate)
                x[i] = number(w0)
                x[i + QUARTER] = number(w1)
                x[i + 2 * QUARTER] = number(w2)
                x[i + 3 * QUARTER] = number(w3)
            if k == looks:
                break
            slot, before, total = slots[k], seen[k], seen[k + 1]
            for i in range(CHUNK):
                place = x[i] * scale
                firm = edge + np.floor((place - edge) * per_firm)
                slot[i] = np.uint32(np.int32(min(place if place < edge else firm, last)))
            for i in range(CHUNK):
                total[i] = before[i] + weight[slot[i]]
        total = seen[looks]
        for i in range(CHUNK):
            x[i] = x[i] * WORD * total[i]
            chosen[i] = nobody
        for k in range(looks, 0, -1):
            top, slot = seen[k], slots[k - 1]
            for i in range(CHUNK):
                chosen[i] = slot[i] if x[i] < top[i] else chosen[i]
        for i in range(CHUNK):
            chosen[i] = nobody if x[i] < 1.0 else chosen[i]
        for i in range(n):
            sales[chosen[i]] += 1
        for i in range(n, CHUNK):
            total[i] = 1.0
        for i in range(QUARTER):  # a product of four sums of weights in single precision is a float64
            product = (total[i] * total[i + QUARTER]) * (total[i + 2 * QUARTER] * total[i + 3 * QUARTER])
            surplus[i] += log(product)
    return fold(surplus)


@kernel
def learn(rules, now, creators, bought_technical, bought_creative, revenue, counts, sums):
    """Rewards r, and Q <- (1 - alpha) Q + alpha (r + gamma max Q).

    bought_technical, bought_creative and revenue (slots,) are those of creators in the market, from their first slot
    on. Writes revenue, adds to counts[OWN], counts[ADOPTED] (sales), counts[SQUARES] (squared sales),
    counts[OWN_RESKILLED] (those who sell their own work and have re-skilled by choice), counts[EARLY_INSIDE] and
    counts[EARLY_ALL] (those who had at the landmark: in the market, all). With rules.final who leaves by choice can do
    nothing else any more. Sets sums[TECHNICAL], sums[CREATIVE_SKILL], sums[EARNED] (rewards) over creators in the
    market and sums[REWARDS] over all.
    """
    state, t, c, q = creators
    alpha = now.alpha
    lanes = np.zeros((4, LANES))
    human_margin, ai_margin = rules.human_margin / now.unit, rules.ai_margin / now.unit
    slot = 0
    for i in range(state.size):
        action = state[i] & ACTION
        lane = i % LANES
        by_choice = state[i] & CHOSEN
        if action == RESKILL and by_choice:
            state[i] |= RESKILLED
        early = (state[i] & EARLY) != NEITHER
        counts[EARLY_ALL] += early
        counts[EARLY_INSIDE] += early and action != EXIT
        if action == EXIT:
            r = rules.income
        else:
            technical, creative = np.int64(bought_technical[slot]), np.int64(bought_creative[slot])
            sold = technical + creative
            if action == ADOPT:
                r = ai_margin * sold - rules.adoption_cost
                revenue[slot] = rules.ai_price * sold
                counts[ADOPTED] += sold
            else:
                r = human_margin * sold - (rules.reskilling_cost if action == RESKILL else 0.0)
                revenue[slot] = rules.human_price * sold
                counts[OWN] += sold
                counts[OWN_RESKILLED] += (state[i] & RESKILLED) != NEITHER
            state[i] = action | (state[i] & (RESKILLED | EARLY)) | (CREATIVE if creative >= technical else NEITHER)
            counts[SQUARES] += sold * sold
            lanes[TECHNICAL, lane] += t[i]
            lanes[CREATIVE_SKILL, lane] += c[i]
            lanes[EARNED, lane] += r
            slot += 1
        lanes[REWARDS, lane] += r
        top = max(max(q[i, 0], q[i, 1]), max(q[i, 2], q[i, 3]))
        q[i, action] = (1.0 - alpha) * q[i, action] + alpha * (r + rules.gamma * top)
        if rules.final and action == EXIT and by_choice:
            q[i, :EXIT] = -np.inf
    for k in range(4):
        sums[k] = fold(lanes[k])


@kernel
def tally_firms(sales, counts):
    """counts[FIRM_SALES], counts[FIRM_SQUARES] += sums of sales (firms,) and of their squares."""
    for i in range(sales.size):
        sold = np.int64(sales[i])
        counts[FIRM_SALES] += sold
        counts[FIRM_SQUARES] += sold * sold


@inner
def period(rules, keys, now, demand, creators, books, counts, sums):
    """One market period of a population of one block: choose, offer, shop, learn (MODEL 5.3).

    Adds to counts (14,), sets sums (6,). In the opening period, step 0, nobody chooses.
    """
    step, replicate, ai_weight, firms = now.step, now.replicate, now.ai_weight, demand.firms
    weight, sales = books.weight, books.sales
    if step != ZERO:
        choose(Stream(keys.action, step, replicate, ZERO), now.epsilon, creators, counts)
    else:
        counts[STAY] += creators.state.size
    n = creators.state.size - counts[EXIT]
    for f in range(n, n + firms):
        weight[0, f], weight[1, f] = ai_weight[0], ai_weight[1]
    offer(rules, ai_weight[0], ai_weight[1], creators, weight[0], weight[1])
    sales[:, : n + firms + 1] = 0
    sellers = Sellers(n, firms, rules.visibility, demand.looks)
    technical = Stream(keys.technical, step, replicate, ZERO)
    creative = Stream(keys.creative, step, replicate, ZERO)
    sums[SURPLUS] = shop(technical, demand.technical, sellers, weight[0], sales[0]) + shop(
        creative, demand.consumers - demand.technical, sellers, weight[1], sales[1]
    )
    learn(rules, now, creators, sales[0], sales[1], books.revenue, counts, sums)
    for i in range(firms):
        sales[0, n + i] += sales[1, n + i]
    tally_firms(sales[0, n : n + firms], counts)
    sums[MEDIAN] = median(books.revenue[:n]) if n > 0 else 0.0


@kernel
def periods(rules, keys, schedule, demand, creators, books, counts, sums):
    """Periods in a row of a population of one block; counts (n, 14) and sums (n, 6), a row each."""
    for i in range(counts.shape[0]):
        step = np.uint64(schedule.first + i)
        now = Now(step, schedule.replicate, schedule.epsilon[i], schedule.unit, schedule.alpha, schedule.ai_weight[i])
        period(rules, keys, now, demand, creators, books, counts[i], sums[i])
