"""Parameters of the agent-based market, its populations, and what follows from them (MODEL 5.3)."""

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mfsolve.arrays import Floats
from mfsolve.kernels.agents.market_state import Rules
from mfsolve.kernels.numerics.elementary import exponential
from mfsolve.models.frozen import Frozen

MOST_SELLERS, MOST_CONSUMERS = 2**24, 2**30
"""A look is drawn from 32 bits, so that sellers' chances differ by up to their number times 2^-32; sales are int32."""

HIGHEST_UTILITY = 80.0
LARGEST_NORMAL = 8.5  # of `kernels.normals`
OF_PRICES = ("price_sensitivity", "markup", "outside_utility")
OF_OWN_UTILITY = ("quality_weight", "human_technical", "human_creative", "skill_spread", "human_cost", *OF_PRICES)
OF_AI_UTILITY = ("quality_weight", "ai_technical", "ai_creative", "ai_cost", *OF_PRICES)
"""Settings that the utility of an offer depends on, of creators' own work and of AI content."""


class Parameters(Frozen):
    """The economy: costs and qualities of the paper, and defaults that were searched for its figures (MODEL 5.3.5)."""

    human_technical: float = Field(0.70, ge=0.0, le=5.0, description="mean technical skill of creators at the start")
    human_creative: float = Field(1.00, ge=0.0, le=5.0, description="mean creative skill of creators at the start")
    skill_spread: float = Field(0.074, ge=0.0, le=1.0, description="standard deviation of either skill at the start")
    ai_technical: float = Field(0.95, gt=0.0, le=5.0, description="technical quality to which AI converges")
    ai_creative: float = Field(0.65, gt=0.0, le=5.0, description="creative quality to which AI converges")
    ai_initial: float = Field(0.01, gt=0.0, le=5.0, description="both qualities of AI in the opening period")
    ai_technical_learning: float = Field(0.125, ge=0.0, le=1.0, description="growth of technical quality per period")
    ai_creative_learning: float = Field(0.1, ge=0.0, le=1.0, description="growth of creative quality per period")
    human_cost: float = Field(1.00, gt=0.0, description="unit cost of creators' own work")
    ai_cost: float = Field(0.05, gt=0.0, description="unit cost of AI content")
    markup: float = Field(0.58, gt=0.0, le=100.0, description="price over unit cost, less 1")
    quality_weight: float = Field(13.2, ge=0.0, le=50.0, description="weight of quality in utility, theta")
    price_sensitivity: float = Field(7.1, gt=0.0, le=50.0, description="weight of the price in utility, lambda")
    outside_utility: float = Field(-0.25, ge=-50.0, le=50.0, description="utility of taking no offer, u_0")
    technical_demand: float = Field(0.5, ge=0.0, le=1.0, description="share of consumers who want technical quality")
    consideration: int = Field(4, ge=1, le=63, description="offers that a consumer considers in a period, m")
    ai_visibility: float = Field(5.1, gt=0.0, le=1e6, description="visibility of an AI firm relative to a creator, V")
    learning_rate: float = Field(0.9, gt=0.0, le=1.0, description="step of Q-learning, a")
    discount: float = Field(0.37, ge=0.0, lt=1.0, description="discount factor of Q-learning, g")
    exploration: float = Field(0.016, ge=0.0, le=1.0, description="probability of a random action in period 1")
    exploration_decay: float = Field(
        0.999, gt=0.0, le=1.0, description="factor by which that probability changes per period"
    )
    outside_income: float = Field(0.1, description="income outside the market, in opening profits")
    reskilling_cost: float = Field(0.8, ge=0.0, description="cost of a period's re-skilling, in opening profits")
    reskilling_step: float = Field(0.083, ge=0.0, le=1.0, description="share of a skill lost by re-skilling once")
    reskilling_return: float = Field(0.98, ge=0.0, le=1.0, description="share of that loss that the other skill gains")
    adoption_cost: float = Field(0.03, ge=0.0, description="cost of AI to an adopter per period, in opening profits")

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        """Weights of the logit are held in single precision."""
        own = self.quality_weight * self.highest_skill - self.rules().burden
        for top, names in ((own, OF_OWN_UTILITY), (self.highest_ai_utility, OF_AI_UTILITY)):
            if top > HIGHEST_UTILITY:
                given = ", ".join(f"{name} = {getattr(self, name):g}" for name in names)
                raise ValueError(f"{given}: utilities up to {top:.3g}; allowed: up to {HIGHEST_UTILITY:g}")
        return self

    @property
    def highest_skill(self) -> float:
        """More than any skill a creator can come to have: re-skilling never adds to the sum of both."""
        return self.human_technical + self.human_creative + 2.0 * LARGEST_NORMAL * self.skill_spread

    @property
    def highest_ai_utility(self) -> float:
        """Utility of the best AI offer over that of none."""
        best = self.quality_weight * max(self.ai_technical, self.ai_creative)
        return best - self.price_sensitivity * self.ai_price - self.outside_utility

    @property
    def human_price(self) -> float:
        """Price of creators' own work."""
        return (1.0 + self.markup) * self.human_cost

    @property
    def ai_price(self) -> float:
        """Price of AI content, whoever sells it."""
        return (1.0 + self.markup) * self.ai_cost

    def rules(self) -> Rules:
        """The constants of a market, as kernels take them."""
        return Rules(
            theta=self.quality_weight,
            burden=self.price_sensitivity * self.human_price + self.outside_utility,
            human_price=self.human_price,
            ai_price=self.ai_price,
            human_margin=self.markup * self.human_cost,
            ai_margin=self.markup * self.ai_cost,
            move=self.reskilling_step,
            exchange=self.reskilling_return,
            gamma=self.discount,
            income=self.outside_income,
            reskilling_cost=self.reskilling_cost,
            adoption_cost=self.adoption_cost,
            visibility=self.ai_visibility,
        )

    def opening_values(self) -> Floats:
        """Values Q (4,) at the start: the reward of one period of the action, then the opening profit, 1, for ever."""
        first = np.array([1.0, 1.0 - self.reskilling_cost, -self.adoption_cost, self.outside_income])
        return first + self.discount / (1.0 - self.discount)


class Population(Frozen):
    """Numbers of agents and of periods."""

    creators: int = Field(50, ge=1, le=MOST_SELLERS, description="human creators, N_H")
    ai_firms: int = Field(3, ge=0, le=MOST_SELLERS, description="AI firms, N_A")
    consumers: int = Field(1000, ge=1, le=MOST_CONSUMERS, description="consumers, N_C")
    scale: int = Field(1, ge=1, le=MOST_SELLERS, description="factor by which all three numbers are multiplied")
    periods: int = Field(200, ge=1, le=100_000, description="periods after the opening one, T")
    landmark: int = Field(40, ge=1, le=100_000, description="period up to which re-skilling counts as early")
    reference: int = Field(
        1000, ge=1, le=MOST_SELLERS, description="scale of the population that represents the mean field"
    )

    @model_validator(mode="after")
    def _countable(self) -> Self:
        for name, scale in (("scale", self.scale), ("reference", self.reference)):
            if (self.creators + self.ai_firms) * scale > MOST_SELLERS or self.consumers * scale > MOST_CONSUMERS:
                raise ValueError(f"{name}: {scale} given: at most 2^24 sellers and 2^30 consumers")
        return self


class Record(Frozen):
    """The part of a path that is kept."""

    trajectories: bool = Field(True, description="every period, or the last one only")


class Shock(Frozen):
    """AI firms learn and sell; creators may adopt AI. Mechanisms can be switched off, and choices made otherwise."""

    choice: Literal["learned", "best_response", "fixed"] = Field(
        "learned",
        description="learned: by Q-learning; best_response: to the last period's expected demand; fixed: all stay",
    )
    reskilling: bool = Field(True, description="creators may re-skill")
    adoption: bool = Field(True, description="creators may adopt AI")
    returning: bool = Field(True, description="creators who have left by choice may return")
    learning_rate: float | None = Field(None, gt=0.0, le=1.0, description="step of Q-learning, if not the parameter's")
    discount: float | None = Field(None, ge=0.0, lt=1.0, description="discount factor, if not the parameter's")

    def parameters(self, p: Parameters) -> Parameters:
        """The economy, with the scenario's own learning rate and discount factor."""
        own = {name: value for name in ("learning_rate", "discount") if (value := getattr(self, name)) is not None}
        return Parameters(**{**p.model_dump(), **own}) if own else p

    def allowed(self) -> NDArray[np.bool_]:
        """The actions (4,) that are allowed: stay, re-skill, adopt, exit."""
        free = self.choice != "fixed"
        return np.array([True, free and self.reskilling, free and self.adoption, free])


class WithoutAi(Frozen):
    """No AI: no firms, and nothing to adopt that anybody would take."""

    choice: ClassVar[str] = "learned"
    returning: ClassVar[bool] = True

    def parameters(self, p: Parameters) -> Parameters:
        """The economy as it is."""
        return p

    def allowed(self) -> NDArray[np.bool_]:
        """The actions (4,) that are allowed: all."""
        return np.ones(4, bool)


Scenario = Shock | WithoutAi
SCENARIOS: dict[str, type[Scenario]] = {"shock": Shock, "without_ai": WithoutAi}


def ai_path(p: Parameters, periods: int) -> Floats:
    """AI quality (periods + 1, 2), technical and creative: logistic growth A <- A + l A (1 - A / cap)."""
    learning = np.array([p.ai_technical_learning, p.ai_creative_learning])
    cap = np.array([p.ai_technical, p.ai_creative])
    quality = np.empty((periods + 1, 2))
    quality[0] = np.minimum(p.ai_initial, cap)
    for t in range(periods):
        quality[t + 1] = quality[t] + learning * quality[t] * (1.0 - quality[t] / cap)
    return quality


def ai_weights(p: Parameters, quality: Floats) -> NDArray[np.float32]:
    """Weights of AI offers in the logit, of quality (..., 2), in units of the weight of taking none."""
    burden = p.price_sensitivity * p.ai_price + p.outside_utility
    flat = [exponential(p.quality_weight * float(x) - burden) for x in quality.ravel()]
    return np.array(flat, dtype=np.float32).reshape(quality.shape)
