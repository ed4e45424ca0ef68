"""Inputs of the supply shock's static market (MODEL 5.1)."""

from typing import Annotated

from pydantic import Field

from mfsolve.models.frozen import Frozen

Shape = Annotated[float, Field(ge=1.0, le=100.0)]
MOST = 1e9
"""Largest cost, quality, weight or size: squares and ratios of them are far from the ends of floating-point numbers."""
Positive = Annotated[float, Field(gt=0.0, le=MOST)]
NonNegative = Annotated[float, Field(ge=0.0, le=MOST)]


class Parameters(Frozen):
    """Producers, consumers and the AI technology (MODEL 5.1); `default_search.search` finds the defaults.

    Raises
    ------
    ValueError
        For a value outside its range, naming the argument and the range.
    """

    skill_a: Shape = Field(2.0, description="first shape a of the skill density Beta(a, b)")
    skill_b: Shape = Field(2.0, description="second shape b of the skill density")
    market_size: Positive = Field(1.0, description="tastes for quality are uniform on [0, thbar]")
    pollution_weight: NonNegative = Field(0.0075, description="beta in the penalty B = beta ln(1 + eta D_A)")
    pollution_rate: float = Field(1.0, ge=0.0, le=1e6, description="eta in the penalty B = beta ln(1 + eta D_A)")
    human_capacity: Positive = Field(1.0, description="highest quality per unit of skill, alpha")
    human_efficiency: Positive = Field(2.0, description="gamma in the human unit cost q^2 / (2 gamma)")
    ai_quality: Positive = Field(0.55, description="quality of AI content, qbar")
    ai_cost: float = Field(0.025, ge=1e-9, le=MOST, description="cost of a unit of AI quality, c_A")
    reference_cost: float = Field(0.1, ge=1e-9, le=1e6, description="AI cost at which an adopter's volume is 1, c_ref")
    volume_exponent: float = Field(1.0, ge=0.0, le=5.0, description="x in an adopter's volume (c_ref / c_A)^x")
    adoption_cost: NonNegative = Field(0.0, description="cost of adopting AI at skill 1, k0")
    adoption_skill_cost: Positive = Field(
        0.05,
        description="increase of the adoption cost from skill 1 to skill 0, k1; 0 would make adoption all or nothing",
    )
    outside_option: NonNegative = Field(0.09, description="income of a producer who exits, u_0")
    ai_available: bool = Field(True, description="false for the market before AI")
