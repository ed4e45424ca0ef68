"""The papers' claims as testable records: what is said, where, and which estimate of which study measures it."""

from dataclasses import dataclass

COLLAPSE = "The Economics of Model Collapse (2026)"
SHOCK = "Generative AI as a Non-Convex Supply Shock (2026)"


@dataclass(frozen=True)
class Claim:
    """A claim of a paper.

    `estimate` names a row of the shipped study `study`; the figure that is claimed stands in that study file, once.
    """

    id: str
    paper: str
    section: str
    statement: str
    study: str
    estimate: str


CLAIMS = (
    Claim(
        "collapse.contamination.none", COLLAPSE, "1.6",
        "without policy, contamination reaches 0.78 at generation 10",
        "headline", "contamination at generation 10, no policy",
    ),
    Claim(
        "collapse.contamination.policy", COLLAPSE, "1.6",
        "the closed-form subsidy holds contamination at 0.41 at generation 10",
        "headline", "contamination at generation 10, policy",
    ),
    Claim(
        "collapse.drift.none", COLLAPSE, "1.6", "without policy, W2 drift is 0.318 at generation 10",
        "headline", "W2 drift at generation 10, no policy",
    ),
    Claim(
        "collapse.drift.policy", COLLAPSE, "1.6", "with the policy, W2 drift is 0.142 at generation 10",
        "headline", "W2 drift at generation 10, policy",
    ),
    Claim(
        "collapse.quality_gain", COLLAPSE, "1.6", "the policy raises quality at generation 10 by 23.1 %",
        "headline", "quality gain of the policy at generation 10",
    ),
    Claim(
        "collapse.law.slope", COLLAPSE, "1.6", "lost log quality on cumulated contamination squared has slope 0.181",
        "headline", "collapse-law slope, per replicate",
    ),
    Claim(
        "collapse.law.structural", COLLAPSE, "1.6", "that slope equals the structural value 0.183",
        "headline", "collapse-law slope against the structural value",
    ),
    Claim(
        "collapse.law.fit", COLLAPSE, "1.6", "the collapse law explains 0.962 of the variance",
        "headline", "R^2 of the collapse law",
    ),
    Claim(
        "collapse.law.limit", COLLAPSE, "1.1", "at constant, small contamination the slope is c I(0)/2",
        "collapse_law", "slope against c I(0)/2, within 5 %",
    ),
    Claim(
        "collapse.population_limit", COLLAPSE, "1.7", "finite populations approach the mean field at rate N^(-1/2)",
        "population_limit", "order of contamination, no policy",
    ),
    Claim(
        "collapse.policy.subsidy", COLLAPSE, "1.6", "the optimal subsidy gains 0.031 of welfare",
        "policies", "welfare gain, closed form",
    ),
    Claim(
        "collapse.policy.disclosure", COLLAPSE, "1.6", "mandatory disclosure gains 0.024 of welfare",
        "policies", "welfare gain, disclosure",
    ),
    Claim(
        "collapse.policy.royalty_cap", COLLAPSE, "1.6", "a royalty cap gains 0.012 of welfare",
        "policies", "welfare gain, royalty cap",
    ),
    Claim(
        "flow.lazy_limit", COLLAPSE, "2", "the flow is the small-step limit of lazy retraining, to first order",
        "lazy_retraining", "order of the variance's distance to the flow",
    ),
    Claim(
        "flow.sampling", COLLAPSE, "2", "observables of N particles err as N^(-1/2)",
        "sampling_order", "order of the mean",
    ),
    Claim(
        "flow.empirical_measure", COLLAPSE, "2", "E W2^2 of the empirical measure is O(1/N) up to logarithms",
        "empirical_measure", "order of E W2^2",
    ),
    Claim(
        "flow.weak_order", COLLAPSE, "2", "the weak order in dt of Euler-Maruyama is 1",
        "weak_order", "weak order of Euler, second moment",
    ),
    Claim(
        "flow.three_solvers", SHOCK, "2", "particles, grid and JKO solve one flow",
        "three_solvers", "W2 drift, JKO, within 5 %",
    ),
    Claim(
        "flow.multilevel", COLLAPSE, "8", "multilevel Monte Carlo costs O(eps^-2)",
        "multilevel", "order of the cost, multilevel",
    ),
)  # fmt: skip
