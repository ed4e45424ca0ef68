"""The agent-based market of the supply shock (MODEL 5.3): rules, order, and the limit of infinitely many agents.

N_H creators i hold technical and creative skill (T_i, C_i), N_A AI firms share one technology, N_C consumers buy at
most one item a period; the first share tau of consumers want technical quality, the others creative quality.

**Prices** are unit cost plus markup, p_H = (1 + mu) c_H for creators' own work, p_A = (1 + mu) c_A for AI content. An
offer of quality x at price p has weight w = exp(theta x - lambda p - u_0) in the logit; taking none has weight 1.

**One period** t = 1..T, everybody at the same time; what an agent draws belongs to (agent, period, replicate), so there
is no order within a step:

1. AI learns: A_d <- A_d + l_d A_d (1 - A_d / cap_d), d technical or creative, with l_technical > l_creative.
2. Every creator chooses: with chance eps_t = eps_1 decay^(t-1) one of four actions at random, else the first of those
   with the largest Q_i(a): *stay*, *re-skill*, *adopt* AI, *exit*. Whoever is out comes back by any other action.
3. Re-skilling takes a share delta of one skill, of which a share kappa arrives at the other: at creative skill, if the
   creator last sold at least as many items to creative as to technical demand. The marginal value of skill in the
   logit is theta times sales, so this follows the gradient.
4. Offers: *stay* and *re-skill* offer own skill at p_H, *adopt* AI's quality at p_A, as every AI firm does.
5. Every consumer looks at m offers, drawn independently and with repetition: a creator in the market with mass 1, an
   AI firm with mass V. It takes look k with chance w_k / (1 + w_1 + ... + w_m), else none.
6. With s_i items sold and pi the mean profit of creators in the opening period, the reward is r_i = (p - c) s_i / pi
   less the action's cost (re-skilling or adoption), or the income out of the market;
   Q_i(a_i) <- (1 - a) Q_i(a_i) + a (r_i + g max_b Q_i(b)), the maximum being that before the update.

The **opening period** t = 0 has no choices: everybody sells own work, AI is at its initial quality. It sets pi, the
unit of rewards, and everybody starts from Q(a) = r(a) + g / (1 - g), where r = 1 for staying, less the cost for
re-skilling, minus the cost for adopting (nothing sold), the income out of the market for leaving.

**Reported**: counts by action; medians and means over creators in the market; skills less the mean of all at the start;
concentration sum (s / N_C)^2 over sellers, consumers who take none included. The published 0.0174 at the start rules
out shares in sales: 53 sellers have at least 1/53 = 0.0189. Consumer surplus is E ln(1 + sum w) / lambda.

**Infinitely many agents**, in the same proportions: agents meet only through the law of the offers that looks fall on,
which becomes deterministic. What a creator with weights (w_T, w_C) sells is Poisson with mean
sum_d (N_C,d m / M) D_d(w_d), M = creators in the market + V N_A, D_d(w) = E[w / (1 + w + other looks)] an integral over
the Laplace transform of the offers' weights (`kernels.demand`), so creators are independent Markov chains given the
path of these transforms: a nonlinear Markov chain. `mean_field` carries its law by a sample of creators, of error
sample^(-1/2), without consumers. Q-learning does not become deterministic: the law of its states does.

**Defaults.** Costs, qualities and numbers are the paper's; initial AI quality, the share of technical demand and the
looks of a consumer are chosen. The other seventeen are round values near the best point of `mfsolve calibrate
runs/calibrate_agents.toml`, which searches all of them for nine published figures. Nine figures cannot determine
seventeen parameters: other values do as well. Over 256 fresh replicates, in standard deviations of one replicate, the
published figures lie off the medians by: creators at period 40 1.7, at period 80 0.5; survivors 0.0; human share 0.7;
technical skill 0.4, creative 0.4; concentration at the start 0.5, at the end 0.2. The median revenue falls by 81 %, in
none of the replicates by the published 89.2 %. `mfsolve calibrate runs/agents_base.toml` estimates the six of them that
the figures tell apart best.
"""

from .parameters import SCENARIOS, Parameters, Population, Record, Scenario, Shock, WithoutAi
from .path import QUANTITIES, NoOpening
from .simulate import mean_field, simulate

__all__ = [
    "QUANTITIES",
    "SCENARIOS",
    "NoOpening",
    "Parameters",
    "Population",
    "Record",
    "Scenario",
    "Shock",
    "WithoutAi",
    "mean_field",
    "simulate",
]
