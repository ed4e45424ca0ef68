"""Policies: what the regulator sets each generation, knowing the divergence of the deployed generator (MODEL 1.3)."""

from collections.abc import Mapping

from pydantic import Field

from .content import Content
from .levers import Levers as Levers
from .optimal_policy import optimum
from .parameters import Parameters, Share
from .planner import check_horizon, planned_subsidies
from .policy import Policy as Policy
from .policy import Schedule as Schedule
from .response import closed_form_subsidy


class NoPolicy(Policy):
    """No intervention: s = 0."""


class Fixed(Policy):
    """A constant subsidy, in units of the cost curvature."""

    subsidy: Share = Field(description="subsidy s")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The given subsidy, whatever the divergence."""
        return Levers(self.subsidy, parameters.verified_share)


class ClosedForm(Policy):
    """The closed-form subsidy s* = min(1, KL(q_t || p) / (2 kappa)), with q_t known exactly."""

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The subsidy that solves the reduced program max s KL - kappa s^2."""
        return Levers(closed_form_subsidy(divergence, parameters.cost_curvature), parameters.verified_share)


class Watermark(Policy):
    """A watermark of strength w* = min(1, (1 - psi) KL / (2 kappa psi)), psi the verified share without it.

    It raises the verified share to psi + (1 - psi) w (1 - stripping) and costs kappa psi w^2 per producer.
    """

    stripping: Share = Field(0.0, description="probability that the watermark is stripped")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The watermark that solves max (1 - psi) w KL - kappa psi w^2; with psi = 0 it is free and w = 1."""
        psi, w = parameters.verified_share, self.strength(parameters, divergence)
        verified = psi + (1.0 - psi) * w * (1.0 - self.stripping)
        return Levers(0.0, verified, cost=parameters.cost_curvature * psi * w * w)

    def strength(self, parameters: Parameters, divergence: float) -> float:
        """Strength w* in [0, 1]; `divergence` in nats."""
        psi, kappa = parameters.verified_share, parameters.cost_curvature
        gain, price = (1.0 - psi) * divergence, 2.0 * kappa * psi
        return 1.0 if gain >= price else gain / price


class Disclosure(Policy):
    """Mandatory disclosure: the provenance of every item shows, at a cost per item whatever its origin."""

    item_cost: float = Field(0.05, ge=0.0, description="cost of disclosure per item")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """Full verification, phi = 1; the cost falls on every item, so it lowers welfare but leaves h alone."""
        return Levers(0.0, 1.0, cost=self.item_cost)


class RoyaltyCap(Policy):
    """A levy of min(cap, KL) on the synthetic share."""

    cap: float = Field(0.25, ge=0.0, description="largest levy")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The levy min(cap, KL), a transfer from producers to consumers."""
        return Levers(0.0, parameters.verified_share, levy=min(self.cap, divergence))


class Pmir(Policy):
    """The closed-form subsidy of an estimated q_t: a refit of `items` pool items instead of q_t itself (MODEL 3.3).

    In the mean field the estimate is exact and the policy is `closed_form`.
    """

    items: int = Field(10_000, ge=2, le=2**40, description="pool items inspected per generation")

    @property
    def inspected(self) -> int:
        """Pool items inspected per generation, as given."""
        return self.items

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The closed form at the estimated divergence."""
        return ClosedForm().levers(parameters, divergence)


class Myopic(Policy):
    """The subsidy, or subsidy and watermark, that maximises the welfare of one generation, by numerical search."""

    watermark: bool = Field(False, description="also choose the strength of a watermark")
    stripping: Share = Field(0.0, description="probability that the watermark is stripped")

    def choose(self, parameters: Parameters, content: Content, contamination: float, generation: int = 0) -> Levers:
        """Levers that maximise W, with producers answering at once to the generator of the content seen."""
        return optimum(parameters, content, watermark=self.watermark, stripping=self.stripping).levers

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """Refuse: these levers are not a function of the divergence alone.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("levers: a divergence given; allowed: content, by `choose`")


class Planner(Policy):
    """The path of subsidies that maximises discounted welfare over the horizon in the mean field (MODEL 1.3)."""

    discount: float = Field(1.0, gt=0.0, le=1.0, description="discount factor per generation of welfare")

    def check(self, parameters: Parameters, generations: int) -> None:
        """Refuse a horizon that is too long to plan, and content that has no mean field."""
        check_horizon(parameters, generations)

    def plan(self, parameters: Parameters, generations: int) -> Policy:
        """The planned subsidies, which are carried out whatever happens."""
        return Schedule(subsidies=planned_subsidies(parameters, generations, self.discount))

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """Refuse: a plan is not a function of the divergence.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("policy: 'planner' given, without a horizon; allowed: a path of generations")


class Given(Policy):
    """A given subsidy and levy, for an economy whose equilibria are sought; none of the named policies."""

    subsidy: float | None = Field(None, ge=0.0, le=1.0, description="subsidy s; the closed form if not given")
    levy: float = Field(0.0, ge=0.0, description="levy on synthetic items")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The given subsidy and levy, whatever the divergence."""
        s = ClosedForm().levers(parameters, divergence).subsidy if self.subsidy is None else self.subsidy
        return Levers(s, parameters.verified_share, self.levy)


POLICIES: Mapping[str, type[Policy]] = {
    "none": NoPolicy,
    "fixed": Fixed,
    "closed_form": ClosedForm,
    "watermark": Watermark,
    "disclosure": Disclosure,
    "royalty_cap": RoyaltyCap,
    "pmir": Pmir,
    "myopic": Myopic,
    "planner": Planner,
    "schedule": Schedule,
}


def policy_of(policy: "str | Policy") -> Policy:
    """Policy of a name, with its default settings, or the policy itself.

    Raises
    ------
    ValueError
        For an unknown name, or one whose settings have no default (`fixed` needs a subsidy).
    """
    if isinstance(policy, Policy):
        return policy
    if not isinstance(policy, str) or policy not in POLICIES:
        raise ValueError(f"policy: {policy!r} given; allowed: {', '.join(POLICIES)}, or a Policy")
    try:
        return POLICIES[policy]()
    except ValueError as error:
        raise ValueError(f"policy {policy!r}: {error}; pass collapse.{POLICIES[policy].__name__}(...)") from None
