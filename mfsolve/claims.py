"""The papers' claims as testable records: what is said, where, and which estimate of which study measures it."""

from dataclasses import dataclass

COLLAPSE = "The Economics of Model Collapse (2026)"
CREATORS = "Market Design for AI: Beyond the Copyright Binary (2026)"
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
        "collapse.subsidy.reduced", COLLAPSE, "1.3", "KL / (2 kappa) is the best subsidy where loss is linear",
        "optimality_gap", "closed-form subsidy over the optimal one, in the case it is derived for",
    ),
    Claim(
        "collapse.subsidy.optimal", COLLAPSE, "1.3", "the closed-form subsidy maximises welfare",
        "optimality_gap", "closed-form subsidy above the optimal one, at the calibration",
    ),
    Claim(
        "collapse.watermark.optimal", COLLAPSE, "1.3", "the closed-form watermark maximises welfare",
        "optimality_gap_watermark", "closed-form watermark above the optimal one, at the calibration",
    ),
    Claim(
        "collapse.unique", COLLAPSE, "1.4", "there is one equilibrium (SDCE)",
        "uniqueness", "share with several equilibria, base case",
    ),
    Claim(
        "collapse.unique.at_rest", COLLAPSE, "1.4", "there is one equilibrium with the generator at rest",
        "uniqueness", "share with several equilibria, closed form, generator at rest",
    ),
    Claim(
        "collapse.unique.eroding", COLLAPSE, "1.4", "there is one equilibrium also where detection erodes",
        "uniqueness", "share with several equilibria, detection erodes, no policy",
    ),
    Claim(
        "provenance.cramer_rao", COLLAPSE, "3.1", "maximum likelihood attains the Cramer-Rao bound",
        "cramer_rao", "MLE: variance x n I, 16 000 items",
    ),
    Claim(
        "provenance.contents", COLLAPSE, "3.1", "it attains it whatever the content, and with a watermark",
        "cramer_rao_contents", "MLE: efficiency constant, 4000 items",
    ),
    Claim(
        "provenance.bound", COLLAPSE, "3.3", "PMIR's estimate has a variance of at least 1 / (n I)",
        "pmir_rate", "PMIR: n I Var(rho_hat) is at least 1",
    ),
    Claim(
        "provenance.rate", COLLAPSE, "3.3", "items to an epsilon-SDCE grow as epsilon^-2 in the limit",
        "pmir_rate", "PMIR: exponent of items in epsilon, from 4000 items a round on",
    ),
    Claim(
        "provenance.rate.few", COLLAPSE, "3.3", "items to an epsilon-SDCE grow as epsilon^-2 from 250 items a round on",
        "pmir_rate", "PMIR: exponent of items in epsilon, from 250 items a round on",
    ),
    Claim(
        "provenance.rate.rounds", COLLAPSE, "3.3", "items to an epsilon-SDCE in T rounds at once are linear in log T",
        "pmir_rate", "PMIR: curvature of the prefactor in ln T",
    ),
    Claim(
        "provenance.stop", COLLAPSE, "3.3", "PMIR stops at an epsilon-SDCE with a probability of at least 0.95",
        "pmir_stopping", "share of stops at an epsilon-SDCE, confidence 0.95",
    ),
    Claim(
        "provenance.stop.economies", COLLAPSE, "3.3", "it does so whatever the economy",
        "pmir_economies", "share of wrong stops",
    ),
    Claim(
        "provenance.regret", COLLAPSE, "3.3", "PMIR's regret against the rule that knows the generator falls as 1 / n",
        "pmir_regret", "order of that regret in the number of items",
    ),
    Claim(
        "provenance.optimum", COLLAPSE, "3.3", "PMIR implements the optimum as the items grow",
        "pmir_regret", "regret per generation against the subsidy that maximises welfare",
    ),
    Claim(
        "provenance.impossible", COLLAPSE, "3.4", "no rule's regret is below the two-point bound: not PMIR's either",
        "impossibility", "regret over the lower bound, 1000 items",
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
    Claim(
        "shock.cutoffs", SHOCK, "5.1", "producers divide into exit, AI and human in order of skill, by two cutoffs",
        "segmentation", "economies ordered exit, AI, human",
    ),
    Claim(
        "shock.segments", SHOCK, "5.1",
        "by default all three segments are there, each with 15 % of producers, and an empty interval above AI quality",
        "segmentation", "smallest of the three segments with a hollow, default economy",
    ),
    Claim(
        "shock.segments.around", SHOCK, "5.1", "so they are in economies within 20 % of the default one",
        "segmentation", "economies with three segments and a hollow",
    ),
    Claim(
        "shock.hollow", SHOCK, "5.1", "no content is left between AI quality and the lowest human quality",
        "segmentation", "share in the hollow, after AI",
    ),
    Claim(
        "shock.bimodal", SHOCK, "5.1", "quality is bimodal after AI",
        "segmentation", "valley of quality, after AI",
    ),
    Claim(
        "shock.one_fixed_point", SHOCK, "5.1", "the AI volume is the one root of a decreasing map",
        "segmentation", "economies with several fixed points",
    ),
    Claim(
        "shock.limit", SHOCK, "5.1", "finite populations approach the continuum at rate N^(-1/2)",
        "segmentation_limit", "order of the AI share",
    ),
    Claim(
        "shock.monotone", SHOCK, "5.1", "without pollution welfare rises as AI gets cheaper",
        "pollution_welfare", "economies where unpolluted gains are monotone",
    ),
    Claim(
        "shock.beta_star", SHOCK, "5.1",
        "beta* is where the first adopters' surplus just makes good for their pollution",
        "pollution_welfare", "beta*",
    ),
    Claim(
        "shock.inverted_u", SHOCK, "5.1",
        "by default welfare rises and then falls as AI gets cheaper, at every weight between onset and beta*",
        "pollution_welfare", "weights between onset and beta* with an inverted U",
    ),
    Claim(
        "shock.inverted_u.around", SHOCK, "5.1",
        "so it does, at a moderate weight, in economies within 20 % of the default one",
        "pollution_welfare", "economies with adopters that have an inverted U at a moderate weight",
    ),
    Claim(
        "shock.decline", SHOCK, "5.1", "beyond beta* cheaper AI never raises welfare",
        "pollution_welfare", "economies with adopters that decline beyond beta*",
    ),
    Claim(
        "shock.transition.fall", SHOCK, "5.2", "as AI quality ramps up human creators fall in number",
        "transition", "human creators fall: share lost at the trough, particles",
    ),
    Claim(
        "shock.transition.recovery", SHOCK, "5.2", "part of that fall is made good later, not all of it",
        "transition", "part of the fall is made good by time 200, particles",
    ),
    Claim(
        "shock.transition.limit", SHOCK, "5.2", "particles approach the grid at rate N^(-1/2)",
        "transition_limit", "order of the share who work by hand",
    ),
    Claim(
        "shock.retreat.technical", SHOCK, "5.2", "those who still work by hand are less technical than creators were",
        "retreat", "those who work by hand lose technical skill, particles",
    ),
    Claim(
        "shock.retreat.creative", SHOCK, "5.2", "those who still work by hand are more creative than creators were",
        "retreat", "those who work by hand gain creative skill, particles",
    ),
    Claim(
        "shock.rest.unique", SHOCK, "5.2", "by default the skill density has one rest point",
        "static_limit", "rest points, sigma = 1e-5, as written",
    ),
    Claim(
        "shock.rest.unique.dear", SHOCK, "5.2", "it has one also where AI is dear and better than human work",
        "quantal_response", "rest points at sigma = 0.004",
    ),
    Claim(
        "shock.rest.index", SHOCK, "5.2", "stable rest points are one more than the others",
        "quantal_response", "stable rest points less the others",
    ),
    Claim(
        "shock.rest.static", SHOCK, "5.2", "the rest point tends to the static equilibrium as sigma -> 0",
        "static_limit", "adopters, sigma = 1e-5, as written",
    ),
    Claim(
        "shock.rest.static.talent", SHOCK, "5.2",
        "with skill held to talent it tends there as sigma grows, by the square of the temperature of choices",
        "static_limit", "order in temperature, sigma = 1e3, talent",
    ),
    Claim(
        "shock.trilemma", SHOCK, "5.2", "no regime of governance is first in efficiency, equity and sustainability",
        "policy_regimes", "economies in which some regime is first in all three aims",
    ),
    Claim(
        "shock.agents.creators", SHOCK, "5.3", "about 10 of 50 creators are left after periods 40 to 80",
        "agents_base", "creators in the market at period 80",
    ),
    Claim(
        "shock.agents.survivors", SHOCK, "5.3", "about 18 % of creators survive",
        "agents_base", "creators who survive, share",
    ),
    Claim(
        "shock.agents.revenue", SHOCK, "5.3", "median revenue of creators falls by 89.2 %",
        "agents_base", "median revenue, change, median over replicates",
    ),
    Claim(
        "shock.agents.human_share", SHOCK, "5.3", "16.4 % of final sales are human",
        "agents_base", "human share of sales",
    ),
    Claim(
        "shock.agents.technical", SHOCK, "5.3", "survivors give up 0.120 of technical skill",
        "agents_base", "survivors' technical skill, change",
    ),
    Claim(
        "shock.agents.creative", SHOCK, "5.3", "survivors gain 0.148 of creative skill",
        "agents_base", "survivors' creative skill, change",
    ),
    Claim(
        "shock.agents.concentration", SHOCK, "5.3", "concentration rises from 0.0174 to 0.1462",
        "agents_base", "concentration at the end",
    ),
    Claim(
        "shock.agents.limit", SHOCK, "5.3", "agents approach the mean field at rate N^(-1/2)",
        "agents_scale", "order of the survivors' share",
    ),
    Claim(
        "creators.precision_gap", CREATORS, "4.1", "Prop. 3: the market's precision is below the planner's",
        "originality_penalty", "Prop. 3: precision below the planner's, uniform loadings",
    ),
    Claim(
        "creators.innovator", CREATORS, "4.1", "Prop. 4: an innovator's effort is half of what the planner wants",
        "originality_penalty", "Prop. 4: effort of an innovator, market / planner",
    ),
    Claim(
        "creators.imitator", CREATORS, "4.1", "Prop. 4: among many alike an imitator's effort ratio tends to 2^(-1/3)",
        "originality_limits", "order in N of one imitator's ratio, alike imitators",
    ),
    Claim(
        "creators.monotone", CREATORS, "4.1", "Prop. 4: the effort ratio rises with the loading",
        "originality_penalty", "Prop. 4: effort ratio rises with the loading, uniform loadings",
    ),
    Claim(
        "creators.cramer_rao", CREATORS, "4.1", "the estimate attains the Cramér-Rao bound",
        "originality_penalty", "Cramer-Rao: mean squared error x Phi, uniform loadings",
    ),
    Claim(
        "creators.minimax", CREATORS, "4.1", "Lemma 12: the estimate is minimax over biases of bounded variance",
        "originality_penalty", "Lemma 12: no searched adversary and no searched weights do better",
    ),
    Claim(
        "creators.continuum", CREATORS, "4.1", "large markets approach the continuum limit at rate N^(-1/2)",
        "billion_creators", "order of A of the market, uniform loadings",
    ),
    Claim(
        "creators.price_cap", CREATORS, "4.2", "Prop. 5: the price stays below (1 + mu r) / (1 + r)",
        "curse_of_precision", "Prop. 5: the price keeps to its cap at every time",
    ),
    Claim(
        "creators.price_cap.reach", CREATORS, "4.2", "Prop. 5's bound with innovators who share the bias",
        "price_cap", "the price keeps to its cap at every time",
    ),
    Claim(
        "creators.price_trap", CREATORS, "4.2",
        "Prop. 5: the cap falls to the trap P = 1 / (1 + r(P)) as imitators' data abound, at order 2 in their stock",
        "price_trap", "order in the stock at which the cap falls to the trap",
    ),
    Claim(
        "creators.curse", CREATORS, "4.2", "under strict rights precision peaks and then declines",
        "curse_of_precision", "curse: precision peaks and declines under strict rights",
    ),
    Claim(
        "creators.barrier", CREATORS, "4.2", "Prop. 6: without innovators precision stays below a barrier",
        "precision_barrier", "precision over the barrier, fixed stock",
    ),
    Claim(
        "creators.fluid_limit", CREATORS, "4.2", "finite populations approach the fluid limit at rate N^(-1/2)",
        "fluid_limit", "order of precision, strict rights",
    ),
    Claim(
        "creators.rescue", CREATORS, "4.3", "the intermediary prevents the collapse",
        "curse_of_precision", "the intermediary prevents it: precision declines",
    ),
    Claim(
        "creators.incentives", CREATORS, "4.3", "the two-part tariff is incentive compatible",
        "intermediary", "incentive compatible",
    ),
    Claim(
        "creators.budget", CREATORS, "4.3", "the intermediary's budget balances",
        "intermediary", "budget balanced",
    ),
    Claim(
        "creators.rationality.creators", CREATORS, "4.3", "the contract is individually rational for every creator",
        "intermediary", "individually rational for every creator",
    ),
    Claim(
        "creators.rationality.buyer", CREATORS, "4.3", "the contract is individually rational for the buyer",
        "intermediary", "individually rational for the buyer",
    ),
    Claim(
        "creators.bargaining", CREATORS, "4.3",
        "no other feasible division has a greater Nash product, where no weight is negative",
        "intermediary", "another division has a greater Nash product",
    ),
    Claim(
        "creators.linear_pricing", CREATORS, "4.3",
        "without common bias linear prices leave the buyer with nothing before operating cost",
        "intermediary", "linear prices, innovators only: the buyer has nothing before operating cost",
    ),
    Claim(
        "creators.linear_pricing.bias", CREATORS, "4.3",
        "with common bias linear prices leave the buyer with A^2 / v before operating cost",
        "intermediary", "linear prices: the buyer has A^2 / v before operating cost",
    ),
)  # fmt: skip
