"""Outputs of contracts by kind: what every kind has, and what is measured of one alone (MODEL 4.3)."""

from mfsolve.experiments.experiment import Output
from mfsolve.models.quantities import SIGNED, UNIT

PARTIES = {
    "creators_kept": Output((), "whether every creator gets at least the outside option", support=UNIT),
    "buyer_kept": Output((), "whether the buyer gets at least the outside option", support=UNIT),
    "buyer_payoff": Output((), "the buyer's payoff over welfare under the planner"),
    "buyer_gross": Output((), "the buyer's payoff before operating cost, over welfare under the planner"),
    "originality_penalty": Output(
        (), "rank correlation of effort ratio and loading: above 0 originality is penalised", support=SIGNED
    ),
    "penalised": Output((), "whether the rank correlation of effort ratio and loading is above 0", support=UNIT),
    "distortion_spread": Output((), "1 - least / greatest effort ratio to the planner's efforts"),
    "welfare_ratio": Output((), "welfare of the efforts called forth, over the planner's"),
}
TARIFF = {
    "incentive_kept": Output(
        (), "whether no creator gains by another effort, nor welfare by one creator's", support=UNIT
    ),
    "budget_kept": Output((), "whether fee, payments for the efforts chosen and operating cost balance", support=UNIT),
    **PARTIES,
}
BARGAIN = {
    **TARIFF,
    "stated_kept": Output((), "whether payoffs, surplus and weights are as the contract states them", support=UNIT),
    "subsidy_tilt": Output((), "rank correlation of base payment above the outside option and loading", support=SIGNED),
    "gain_tilt": Output(
        (), "rank correlation of what a creator gains above the outside option and loading", support=SIGNED
    ),
    "relative_tilt": Output(
        (),
        "rank correlation of the share of the surplus, over earnings under strict rights, and loading",
        support=SIGNED,
    ),
    "compared": Output((), "whether there are creators of different loadings", support=UNIT),
    "base_favours": Output((), "whether base payments above the outside option favour the original", support=UNIT),
    "gain_favours": Output((), "whether gains above the outside option favour the original", support=UNIT),
    "relative_favours": Output((), "whether gains over earnings under strict rights favour the original", support=UNIT),
    "most_original_subsidised": Output(
        (),
        "whether, of creators who differ, the most original has a base payment above the outside option",
        support=UNIT,
    ),
    "heaviest_subsidised": Output(
        (), "whether the creator with the greatest loading has a base payment above the outside option", support=UNIT
    ),
    "negative_weight": Output((), "whether some creator's weight in the division is negative", support=UNIT),
    "nash_tested": Output((), "whether there is a Nash product: no weight is negative", support=UNIT),
    "nash_beaten": Output(
        (), "whether there is a Nash product, and a feasible division has a greater one", support=UNIT
    ),
}
OWN_TARIFF = {
    **TARIFF,
    "creators_gain": Output((), "what creators get above their outside options, over the planner's welfare"),
    "surplus_taken": Output((), "whether creators are left no more than their outside options", support=UNIT),
    "upfront": Output((), "share of creators who pay before they earn", support=UNIT),
    "all_sign": Output((), "whether all accept what is offered by outside options known with an error", support=UNIT),
    "welfare_signed": Output((), "welfare of those who accept, at the planner's efforts, over the planner's"),
}
ALONE = {
    **PARTIES,
    "taking_part": Output((), "share of creators who sell, each having an outside option", support=UNIT),
    "precision_kept": Output((), "precision of those who sell, over that of all creators' taking part"),
}
MEMBERS = {
    "members": Output((), "share of creators who join", support=UNIT),
    "all_stay": Output((), "whether nobody gains by leaving where all are members", support=UNIT),
    "loading_gap": Output((), "mean loading of outsiders less that of members, 0 without either"),
    "welfare_ratio": Output((), "welfare of the efforts called forth, over the planner's"),
}
PRICES = {
    **TARIFF,
    "innovators_nothing": Output((), "whether nothing is left to the buyer where nobody has a loading", support=UNIT),
    "common_left": Output((), "whether A^2 / v is left to the buyer before operating cost", support=UNIT),
    "marginal_alone": Output(
        (),
        "whether marginal costs as unit prices call forth the planner's efforts, and a tenth more or less do not",
        support=UNIT,
    ),
    "unpaid_idle": Output((), "whether creators whose content is free for all make no effort", support=UNIT),
}
