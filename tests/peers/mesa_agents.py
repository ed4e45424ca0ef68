"""The same market in Mesa, as its users write models: agents with methods, activated stage by stage."""

from math import exp
from statistics import median

import mesa

STAY, RESKILL, ADOPT, EXIT = range(4)


class Creator(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        p = model.p
        self.technical = max(0.0, self.random.gauss(p.human_technical, p.skill_spread))
        self.creative = max(0.0, self.random.gauss(p.human_creative, p.skill_spread))
        self.q = p.opening_values().tolist()
        self.action, self.to_creative = STAY, True
        self.sales = [0, 0]

    def choose(self):
        if self.random.random() < self.model.epsilon:
            self.action = self.random.randrange(4)
        else:
            self.action = self.q.index(max(self.q))

    def offer(self):
        model, p = self.model, self.model.p
        if self.action == EXIT:
            return
        if self.action == RESKILL:
            if self.to_creative:
                gone = p.reskilling_step * self.technical
                self.technical, self.creative = self.technical - gone, self.creative + p.reskilling_return * gone
            else:
                gone = p.reskilling_step * self.creative
                self.technical, self.creative = self.technical + p.reskilling_return * gone, self.creative - gone
        if self.action == ADOPT:
            self.weight = model.ai_weight
        else:
            burden = model.burden
            self.weight = (
                exp(p.quality_weight * self.technical - burden), exp(p.quality_weight * self.creative - burden)
            )  # fmt: skip
        self.sales = [0, 0]
        model.sellers.append(self)

    def learn(self):
        model, p = self.model, self.model.p
        if self.action == EXIT:
            reward = p.outside_income
        else:
            sold = sum(self.sales)
            margin = model.ai_margin if self.action == ADOPT else model.human_margin
            cost = p.reskilling_cost if self.action == RESKILL else p.adoption_cost if self.action == ADOPT else 0.0
            reward = margin * sold / model.unit - cost
            self.to_creative = self.sales[1] >= self.sales[0]
        target = reward + p.discount * max(self.q)
        self.q[self.action] += p.learning_rate * (target - self.q[self.action])


class Firm(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.sales = [0, 0]

    def offer(self):
        self.weight = self.model.ai_weight
        self.sales = [0, 0]


class Consumer(mesa.Agent):
    def __init__(self, model, kind):
        super().__init__(model)
        self.kind = kind

    def shop(self):
        model, kind, uniform = self.model, self.kind, self.random.random
        sellers, firms = model.sellers, model.firms
        creators, visibility = len(sellers), model.p.ai_visibility
        mass = creators + visibility * len(firms)
        seen, total = [], 1.0
        for _ in range(model.p.consideration):
            place = uniform() * mass
            seller = sellers[int(place)] if place < creators else firms[int((place - creators) / visibility)]
            total += seller.weight[kind]
            seen.append((total, seller))
        u = uniform() * total
        if u >= 1.0:
            for top, seller in seen:
                if u < top:
                    seller.sales[kind] += 1
                    return


class Market(mesa.Model):
    def __init__(self, p, creators, firms, consumers, seed):
        super().__init__(seed=seed)
        self.p, self.epsilon, self.unit = p, p.exploration, 1.0
        self.quality = [p.ai_initial, p.ai_initial]
        self.burden = p.price_sensitivity * p.human_price + p.outside_utility
        self.human_margin, self.ai_margin = p.markup * p.human_cost, p.markup * p.ai_cost
        self.creators = Creator.create_agents(self, creators)
        self.firms = list(Firm.create_agents(self, firms))
        technical = round(p.technical_demand * consumers)
        self.consumers = Consumer.create_agents(self, consumers, [int(j >= technical) for j in range(consumers)])
        self.rows = []
        self.trade()
        self.unit = self.human_margin * sum(sum(c.sales) for c in self.sellers) / creators
        self.collect()

    def trade(self):
        p = self.p
        burden = p.price_sensitivity * p.ai_price + p.outside_utility
        self.ai_weight = tuple(exp(p.quality_weight * x - burden) for x in self.quality)
        self.sellers = []
        self.creators.do("offer")
        for firm in self.firms:
            firm.offer()
        self.consumers.do("shop")

    def step(self):
        p = self.p
        self.quality = [
            x + speed * x * (1.0 - x / cap)
            for x, speed, cap in zip(
                self.quality, (p.ai_technical_learning, p.ai_creative_learning), (p.ai_technical, p.ai_creative)
            )
        ]
        self.creators.do("choose")
        self.trade()
        self.creators.do("learn")
        self.collect()
        self.epsilon *= p.exploration_decay

    def collect(self):
        p, size = self.p, len(self.creators)
        own = sum(sum(c.sales) for c in self.sellers if c.action != ADOPT)
        adopted = sum(sum(c.sales) for c in self.sellers if c.action == ADOPT)
        sales = own + adopted + sum(sum(f.sales) for f in self.firms)
        revenue = [sum(c.sales) * (p.ai_price if c.action == ADOPT else p.human_price) for c in self.sellers]
        squares = sum(sum(c.sales) ** 2 for c in self.sellers) + sum(sum(f.sales) ** 2 for f in self.firms)
        mean_creative = sum(c.creative for c in self.sellers) / max(1, len(self.sellers))
        self.start = self.start if self.rows else mean_creative
        self.rows.append(
            {
                "surviving": len(self.sellers) / size,
                "median_revenue": median(revenue) if revenue else 0.0,
                "human_share": own / max(1, sales),
                "creator_share": (own + adopted) / max(1, sales),
                "adopting": sum(c.action == ADOPT for c in self.sellers) / size,
                "creative_change": mean_creative - self.start if self.rows else 0.0,
                "concentration": squares / len(self.consumers) ** 2,
                "buying": sales / len(self.consumers),
            }
        )
