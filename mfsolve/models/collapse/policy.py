"""A policy: the rule that a market's generations follow, and one that is set in advance (MODEL 1.3)."""

from pydantic import Field

from mfsolve.models.frozen import Frozen

from .content import Content
from .levers import Levers
from .parameters import Parameters, Share
from .subsidy_base import perceived_divergence


class Policy(Frozen):
    """A rule from the divergence KL(q_t || p) to the levers of a generation."""

    @property
    def inspected(self) -> int:
        """Pool items that the regulator inspects in a generation; 0 where it knows the content exactly."""
        return 0

    def plan(self, parameters: Parameters, generations: int) -> "Policy":
        """The policy that is carried out over a horizon of T generations: the rule itself, unless it plans ahead."""
        return self

    def check(self, parameters: Parameters, generations: int) -> None:
        """Refuse a horizon of T generations, or an economy, that the policy cannot serve; ValueError says why."""

    def choose(self, parameters: Parameters, content: Content, contamination: float, generation: int = 0) -> Levers:
        """Levers of a generation, chosen from the content as the regulator sees it and the pool's contamination."""
        return self.levers(parameters, perceived_divergence(parameters, content, contamination))

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """Levers of a generation, chosen from the divergence in nats."""
        return Levers(0.0, parameters.verified_share)


class Schedule(Policy):
    """Subsidies set in advance, one a generation; the last one holds from then on."""

    subsidies: tuple[Share, ...] = Field(min_length=1, description="subsidies s_0, s_1, ... of the generations")

    def choose(self, parameters: Parameters, content: Content, contamination: float, generation: int = 0) -> Levers:
        """The subsidy set for this generation, whatever the content."""
        return Levers(self.subsidies[min(generation, len(self.subsidies) - 1)], parameters.verified_share)

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The subsidy of generation 0, whatever the divergence."""
        return Levers(self.subsidies[0], parameters.verified_share)
