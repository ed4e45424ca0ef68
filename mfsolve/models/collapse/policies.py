"""Policies: what the regulator sets each generation, knowing the divergence of the deployed generator (MODEL 1.3)."""

from collections.abc import Mapping

from pydantic import Field

from mfsolve.models.frozen import Frozen

from .content import Content
from .levers import Levers
from .optimal_policy import optimum
from .parameters import Parameters, Share


class Policy(Frozen):
    """A rule from the divergence KL(q_t || p) to the levers of a generation."""

    @property
    def inspected(self) -> int:
        """Pool items the regulator looks at in a generation; 0: it knows the content exactly."""
        return 0

    def choose(self, parameters: Parameters, content: Content) -> Levers:
        """Levers of a generation, from the content as the regulator sees it."""
        return self.levers(parameters, content.divergence())

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """Levers of a generation; `divergence` in nats."""
        return Levers(0.0, parameters.verified_share)


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
        """The optimum of the reduced program max s KL - kappa s^2."""
        return Levers(min(1.0, divergence / (2.0 * parameters.cost_curvature)), parameters.verified_share)


class Watermark(Policy):
    """A watermark of strength w* = min(1, (1 - psi) KL / (2 kappa psi)), psi the verified share without it.

    It raises the verified share to psi + (1 - psi) w (1 - stripping) and costs kappa psi w^2 per producer.
    """

    stripping: Share = Field(0.0, description="probability that the watermark is stripped")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The optimum of max (1 - psi) w KL - kappa psi w^2; with psi = 0 the watermark is free and w = 1."""
        psi, w = parameters.verified_share, self.strength(parameters, divergence)
        verified = psi + (1.0 - psi) * w * (1.0 - self.stripping)
        return Levers(0.0, verified, cost=parameters.cost_curvature * psi * w * w)

    def strength(self, parameters: Parameters, divergence: float) -> float:
        """w*; `divergence` in nats."""
        psi, kappa = parameters.verified_share, parameters.cost_curvature
        gain, price = (1.0 - psi) * divergence, 2.0 * kappa * psi
        return 1.0 if gain >= price else gain / price


class Disclosure(Policy):
    """Mandatory disclosure: every item's provenance shows, at a cost per item, whatever its origin."""

    item_cost: float = Field(0.05, ge=0.0, description="cost of disclosure per item")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """phi = 1; the cost falls on every item, so it moves welfare but not the choice of h."""
        return Levers(0.0, 1.0, cost=self.item_cost)


class RoyaltyCap(Policy):
    """A levy of min(cap, KL) on the synthetic share."""

    cap: float = Field(0.25, ge=0.0, description="largest levy")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """The levy; it is a transfer."""
        return Levers(0.0, parameters.verified_share, levy=min(self.cap, divergence))


class Pmir(Policy):
    """The closed-form subsidy with q_t estimated: the refit of `items` pool items instead of q_t itself (MODEL 3.3).

    In the mean field nothing is left to chance and it is `closed_form`.
    """

    items: int = Field(10_000, ge=2, le=2**40, description="pool items inspected per generation")

    @property
    def inspected(self) -> int:
        """The given number."""
        return self.items

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """`closed_form` of the divergence as it is seen."""
        return ClosedForm().levers(parameters, divergence)


class Optimal(Policy):
    """The subsidy, or subsidy and watermark, that maximises welfare of the generation, by numerical search."""

    watermark: bool = Field(False, description="choose a watermark's strength too")
    stripping: Share = Field(0.0, description="probability that the watermark is stripped")

    def choose(self, parameters: Parameters, content: Content) -> Levers:
        """The maximum of W, producers answering at once to the generator of the content seen."""
        return optimum(parameters, content, watermark=self.watermark, stripping=self.stripping).levers

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """Not a function of the divergence alone.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("levers: a divergence given; allowed: content, by `choose`")


class Given(Policy):
    """Subsidy and levy of an economy whose equilibria are sought: a state of affairs, not one of the named rules."""

    subsidy: float | None = Field(None, ge=0.0, le=1.0, description="subsidy s; the closed form if not given")
    levy: float = Field(0.0, ge=0.0, description="levy on synthetic items")

    def levers(self, parameters: Parameters, divergence: float) -> Levers:
        """As given, whatever the divergence."""
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
    "optimal": Optimal,
}


def policy_of(policy: "str | Policy") -> Policy:
    """A policy by name with its default settings, or the policy itself.

    Raises
    ------
    ValueError
        For an unknown name, or one whose settings have no default (`fixed` needs a subsidy).
    """
    if isinstance(policy, Policy):
        return policy
    if policy not in POLICIES:
        raise ValueError(f"policy: {policy!r} given; allowed: {', '.join(POLICIES)}, or a Policy")
    try:
        return POLICIES[policy]()
    except ValueError as error:
        raise ValueError(f"policy {policy!r}: {error}; pass collapse.{POLICIES[policy].__name__}(...)") from None
