"""Slow twin of the agent-based market: one agent after the other, in the words of the rules (MODEL 5.3)."""

import itertools
import math

import numpy as np
from naive import random as naive

STAY, RESKILL, ADOPT, EXIT = range(4)


class Creator:
    def __init__(self, p, key, lane, replicate):
        z = naive.normal_pair(key, np.array([lane]), 0, 0, replicate)
        self.skill = [max(0.0, p.human_technical + p.skill_spread * float(z[0][0])),
                      max(0.0, p.human_creative + p.skill_spread * float(z[1][0]))]  # fmt: skip
        later = p.discount / (1 - p.discount)
        self.q = [1 + later, 1 - p.reskilling_cost + later, later - p.adoption_cost, p.outside_income + later]
        self.action, self.direction = STAY, 0
        self.by_choice = self.reskilled = self.early = False

    def choose(self, words, epsilon):
        best = action = self.q.index(max(self.q))
        if (words[0] + 0.5) / 2**32 < epsilon and self.q[words[1] >> 30] > -math.inf:
            action = words[1] >> 30
        self.by_choice = action == best
        return action

    def reskill(self, p):
        gone = p.reskilling_step * self.skill[1 - self.direction]
        self.skill[1 - self.direction] -= gone
        self.skill[self.direction] += p.reskilling_return * gone

    def learn(self, p, reward, rate):
        best = max(self.q)
        self.q[self.action] = (1 - rate) * self.q[self.action] + rate * (reward + p.discount * best)

    def assess(self, p, unit, sales):
        """Values in a market that stands still; sales(skills), or of AI content sales(None), are what is expected."""
        later = p.discount / (1 - p.discount)
        margin, ai_margin = p.markup * p.human_cost / unit, p.markup * p.ai_cost / unit
        moved = list(self.skill)
        gone = p.reskilling_step * moved[1 - self.direction]
        moved[1 - self.direction] -= gone
        moved[self.direction] += p.reskilling_return * gone
        stay, then = margin * sales(self.skill), margin * sales(moved)
        adopt, leave = ai_margin * sales(None) - p.adoption_cost, p.outside_income
        others = [reward for a, reward in ((ADOPT, adopt), (EXIT, leave)) if self.q[a] > -math.inf]
        now, future = later * max([stay, *others]), later * max([then, *others])
        found = [stay + now, then - p.reskilling_cost + future, adopt + now, leave + now]
        self.q = [value if old > -math.inf else -math.inf for value, old in zip(found, self.q)]


def weight(p, quality, price):
    return float(np.float32(math.exp(p.quality_weight * quality - p.price_sensitivity * price - p.outside_utility)))


def shop(key, step, replicate, lane, kind, offers, firms, visibility, looks):
    """Slot that a consumer buys from, or None; and ln(1 + weights seen). offers: (weight by kind) of every slot."""
    chunk, place = divmod(lane, 256)
    words = [naive.philox(key, (64 * chunk + place % 64, k, step, replicate))[place // 64] for k in range(looks + 1)]
    sellers = len(offers) - firms
    mass = sellers + firms * visibility
    seen = []
    for word in words[:looks]:
        place = (word + 0.5) * (mass / 2**32)
        seen.append(int(place) if place < sellers else sellers + int((place - sellers) / visibility))
    cumulated = list(itertools.accumulate((offers[s][kind] for s in seen), initial=1.0))
    u = (words[looks] + 0.5) / 2**32 * cumulated[-1]
    chosen = sum(u >= c for c in cumulated)
    return (seen[chosen - 1] if chosen else None), math.log(cumulated[-1])


def path(p, creators, firms, consumers, periods, seed, replicate=0, landmark=5, final=False):
    """Rows of what the kernels count and sum, a dict a period, and the creators."""
    keys = {
        name: naive.stream_key(seed, f"agents/{name}")
        for name in ("skill", "action", "technical shopping", "creative shopping")
    }
    people = [Creator(p, keys["skill"], i, replicate) for i in range(creators)]
    ai = [min(p.ai_initial, p.ai_technical), min(p.ai_initial, p.ai_creative)]
    unit, epsilon, rows = 1.0, p.exploration, []
    for t in range(periods + 1):
        row = dict.fromkeys(
            ("back", "left", "own", "adopted", "squares", "firms", "surplus", "earned", "rewards", "reskilled"), 0
        )
        if t > 0:
            for d, (speed, cap) in enumerate(
                [(p.ai_technical_learning, p.ai_technical), (p.ai_creative_learning, p.ai_creative)]
            ):
                ai[d] = ai[d] + speed * ai[d] * (1 - ai[d] / cap)
            for i, one in enumerate(people):
                before, one.action = one.action, one.choose(naive.philox(keys["action"], (i, 0, t, replicate)), epsilon)
                row["back"] += before == EXIT and one.action != EXIT
                row["left"] += before != EXIT and one.action == EXIT
                if one.action == RESKILL:
                    one.reskill(p)
            epsilon *= p.exploration_decay
        present = [one for one in people if one.action != EXIT]
        from_ai = tuple(weight(p, x, p.ai_price) for x in ai)
        offers = [
            from_ai if one.action == ADOPT else tuple(weight(p, x, p.human_price) for x in one.skill) for one in present
        ] + [from_ai] * firms
        sales = np.zeros((len(offers), 2), int)
        technical = round(p.technical_demand * consumers)
        for kind, j in [(0, j) for j in range(technical)] + [(1, j) for j in range(consumers - technical)]:
            key = keys[("technical shopping", "creative shopping")[kind]]
            if offers:
                slot, surplus = shop(key, t, replicate, j, kind, offers, firms, p.ai_visibility, p.consideration)
                row["surplus"] += surplus
                if slot is not None:
                    sales[slot, kind] += 1
        revenue = []
        rewards = {}
        for one, (technical, creative) in zip(present, sales.tolist()):
            sold = technical + creative
            price, cost = (p.ai_price, p.ai_cost) if one.action == ADOPT else (p.human_price, p.human_cost)
            one.reskilled |= one.action == RESKILL and one.by_choice
            row["reskilled"] += one.reskilled and one.action != ADOPT
            paid = {STAY: 0.0, RESKILL: p.reskilling_cost, ADOPT: p.adoption_cost}[one.action]
            rewards[id(one)] = (price - cost) * sold / unit - paid
            revenue.append(price * sold)
            one.direction = int(creative >= technical)
            row["adopted" if one.action == ADOPT else "own"] += sold
            row["squares"] += sold**2
        row["earned"] = math.fsum(rewards.values())
        row["firms"] = int(sales[len(present) :].sum())
        row["firm_squares"] = int((sales[len(present) :].sum(axis=1) ** 2).sum())
        for one in people:
            reward = rewards.get(id(one), p.outside_income)
            row["rewards"] += reward
            if t > 0:
                one.learn(p, reward, p.learning_rate)
            if final and one.action == EXIT and one.by_choice:
                one.q[:EXIT] = [-math.inf] * EXIT
        row["early"] = [sum(one.early for one in some) for some in (present, people)]
        if t == landmark:
            for one in people:
                one.early = one.reskilled
        if t == 0:
            unit = row["rewards"] / creators
        row["actions"] = [sum(one.action == a for one in people) for a in range(4)]
        row["median"] = float(np.median(revenue)) if revenue else 0.0
        row["skills"] = [math.fsum(one.skill[d] for one in present) for d in range(2)]
        rows.append(row)
    return rows, people


def chances(weights, mass, looks):
    """By enumeration of all looks: D of every weight, chance of taking none, mean log surplus."""
    mass = np.asarray(mass) / np.sum(mass)
    taken, none, surplus = np.zeros(len(weights)), 0.0, 0.0
    for seen in itertools.product(range(len(weights)), repeat=looks - 1):
        chance = float(np.prod(mass[list(seen)]))
        others = sum(weights[s] for s in seen)
        taken += chance * np.asarray(weights) / (1.0 + np.asarray(weights) + others)
    for seen in itertools.product(range(len(weights)), repeat=looks):
        chance, total = float(np.prod(mass[list(seen)])), 1.0 + sum(weights[s] for s in seen)
        none += chance / total
        surplus += chance * math.log(total)
    return taken, none, surplus
