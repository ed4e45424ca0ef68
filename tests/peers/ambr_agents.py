"""The same market in ambr: creators are rows of its columns, and a period is a step on whole columns."""

import ambr
import numpy as np
from peers import columns as rules


class Columns(ambr.Model):
    """Creators with two skills, four values, an action and a focus."""

    def setup(self):
        p, n = self.p["economy"], self.p["creators"]
        technical = np.maximum(0.0, self.rng.normal(p.human_technical, p.skill_spread, n))
        creative = np.maximum(0.0, self.rng.normal(p.human_creative, p.skill_spread, n))
        values = {f"q{a}": np.full(n, value) for a, value in enumerate(p.opening_values())}
        self.add_agents(
            n, technical=technical, creative=creative, **values, action=np.zeros(n, np.int32), to_creative=np.ones(n, bool),
        )  # fmt: skip
        self.schedule, self.unit, self.seen = rules.Schedule(p), 1.0, []
        technical = round(p.technical_demand * self.p["consumers"])
        self.kind = (np.arange(self.p["consumers"]) >= technical).astype(int)
        skill, action, _ = self.state()
        sold = self.trade(skill, action)
        self.unit = p.markup * p.human_cost * sold.sum() / n

    def state(self):
        """Skills (n, 2), actions and focus."""
        agents = self.agents
        skill = np.stack([agents.technical.to_numpy(), agents.creative.to_numpy()], axis=1)
        return skill, agents.action.to_numpy(), agents.to_creative.to_numpy()

    def trade(self, skill, action):
        """Offer and shop; the focus follows the sales, which are returned for creators."""
        p, n, firms = self.p["economy"], self.p["creators"], self.p["firms"]
        sellers = rules.offers(np, p, skill, action, np.array(self.schedule.weights()), firms)
        lots = self.rng.random((self.kind.size, p.consideration + 1))
        slot = rules.bought(np, p, sellers, self.kind, lots)
        sales = np.stack(
            [np.bincount(slot[(self.kind == k) & (slot >= 0)], minlength=n + firms) for k in (0, 1)], axis=1
        )
        self.seen.append(rules.observed(np, action, skill, sales.sum(axis=1), self.kind.size))
        inside = action != rules.EXIT
        self.agents.to_creative = np.where(inside, sales[:n, 1] >= sales[:n, 0], self.agents.to_creative.to_numpy())
        return sales[:n].sum(axis=1)

    def step_vectorized(self):
        p = self.p["economy"]
        self.schedule.advance()
        skill, _, focus = self.state()
        q = np.stack([getattr(self.agents, f"q{a}").to_numpy() for a in range(4)], axis=1)
        action = rules.chosen(np, q, self.rng.random((len(q), 2)), self.schedule.epsilon)
        skill = rules.reskilled(np, p, skill, action, focus)
        self.agents.set(action=action, technical=skill[:, 0], creative=skill[:, 1])
        q = rules.learned(np, p, q, action, self.trade(skill, action), self.unit)
        self.agents.set(**{f"q{a}": q[:, a] for a in range(4)})
        self.schedule.epsilon *= p.exploration_decay


class Market:
    """As the benchmark steps it."""

    def __init__(self, p, creators, firms, consumers, seed):
        self._model = Columns(
            {"economy": p, "creators": creators, "firms": firms, "consumers": consumers, "seed": seed}
        )  # fmt: skip

    def step(self):
        self._model.run_step()

    @property
    def rows(self):
        start = self._model.seen[0]["creative"]
        return [{**row, "creative_change": row["creative"] - start} for row in self._model.seen]
