"""The rules of the market on columns, with NumPy or jax.numpy: what the columnar peers share."""

from typing import Any, NamedTuple

STAY, RESKILL, ADOPT, EXIT = range(4)


class Sellers(NamedTuple):
    """Weights (n + firms, 2) of offers, the creators in the market first to last (n,), and how many they are."""

    weight: Any
    index: Any
    present: Any


def chosen(xp: Any, q: Any, lots: Any, epsilon: Any) -> Any:
    """Actions (...,): the best, or by chance any; q (..., 4), lots (..., 2) uniform."""
    by_chance = xp.minimum((4 * lots[..., 1]).astype("int32"), 3)
    return xp.where(lots[..., 0] < epsilon, by_chance, q.argmax(-1).astype("int32"))


def reskilled(xp: Any, p: Any, skill: Any, action: Any, to_creative: Any) -> Any:
    """Skills (..., 2) after this period's re-skilling, technical first."""
    technical, creative = skill[..., 0], skill[..., 1]
    gone = p.reskilling_step * xp.where(to_creative, technical, creative)
    gained = p.reskilling_return * gone
    moved = xp.stack(
        [technical + xp.where(to_creative, -gone, gained), creative + xp.where(to_creative, gained, -gone)], axis=-1
    )
    return xp.where((action == RESKILL)[..., None], moved, skill)


def offers(xp: Any, p: Any, skill: Any, action: Any, ai: Any, firms: int) -> Sellers:
    """Offers of creators and firms; ai (2,) is the weight of AI content."""
    burden = p.price_sensitivity * p.human_price + p.outside_utility
    own = xp.exp(p.quality_weight * skill - burden)
    weight = xp.where((action == ADOPT)[:, None], ai, own)
    present = action != EXIT
    index = xp.argsort(~present, stable=True)  # those in the market keep their order
    return Sellers(xp.concatenate([weight, xp.broadcast_to(ai, (firms, 2))]), index, present.sum())


def bought(xp: Any, p: Any, sellers: Sellers, kind: Any, lots: Any) -> Any:
    """Slot that each consumer buys from (k,), -1 for none; lots (k, looks + 1) uniform, kind (k,) of demand."""
    n, firms = sellers.index.size, sellers.weight.shape[0] - sellers.index.size
    place = lots[:, :-1] * (sellers.present + p.ai_visibility * firms)
    slot = xp.clip(place.astype("int32"), 0, n - 1)
    firm = xp.clip(((place - sellers.present) / p.ai_visibility).astype("int32"), 0, firms - 1)
    seen = xp.where(place < sellers.present, sellers.index[slot], n + firm)
    total = 1.0 + xp.cumsum(sellers.weight[seen, kind[:, None]], axis=1)
    u = lots[:, -1] * total[:, -1]
    first = (u[:, None] >= total).sum(axis=1)
    taken = xp.take_along_axis(seen, xp.clip(first, 0, seen.shape[1] - 1)[:, None], axis=1)[:, 0]
    return xp.where(u < 1.0, -1, taken)


def learned(xp: Any, p: Any, q: Any, action: Any, sold: Any, unit: Any) -> Any:
    """Values (..., 4) after this period's reward; sold (...,) items."""
    margin = xp.where(action == ADOPT, p.markup * p.ai_cost, p.markup * p.human_cost)
    cost = xp.where(action == RESKILL, p.reskilling_cost, xp.where(action == ADOPT, p.adoption_cost, 0.0))
    reward = xp.where(action == EXIT, p.outside_income, margin * sold / unit - cost)
    target = reward + p.discount * q.max(-1)
    own = xp.arange(4) == action[..., None]
    return xp.where(own, q + p.learning_rate * (target[..., None] - q), q)


def observed(xp: Any, action: Any, skill: Any, sales: Any, consumers: int) -> dict[str, Any]:
    """What is compared, of a period; sales (n + firms,)."""
    n = action.size
    present, adopting, sold = action != EXIT, action == ADOPT, sales[:n]
    total, own = sales.sum(), (sold * ~adopting).sum()
    return {
        "surviving": present.mean(), "human_share": own / total, "creator_share": sold.sum() / total,
        "adopting": adopting.mean(), "buying": total / consumers,
        "creative": (skill[:, 1] * present).sum() / present.sum(),
    }  # fmt: skip


class Schedule:
    """What changes from period to period for all: qualities and weights of AI, and the chance of a random action."""

    def __init__(self, p: Any) -> None:
        self.p, self.epsilon, self.quality = p, p.exploration, [p.ai_initial, p.ai_initial]

    def weights(self) -> list[float]:
        """Weights (2,) of AI content."""
        from math import exp

        p = self.p
        burden = p.price_sensitivity * p.ai_price + p.outside_utility
        return [exp(p.quality_weight * x - burden) for x in self.quality]

    def advance(self) -> None:
        """To the next period."""
        p = self.p
        rates = zip((p.ai_technical_learning, p.ai_creative_learning), (p.ai_technical, p.ai_creative))
        self.quality = [x + speed * x * (1.0 - x / cap) for x, (speed, cap) in zip(self.quality, rates)]
