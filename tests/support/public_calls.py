"""A call of every public function of the models that is accepted."""

import inspect
from typing import Any

import numpy as np
from scipy.stats import norm

from mfsolve.models import (
    agents,
    atlas,
    collapse,
    creators,
    data_deals,
    flow,
    intermediary,
    objections,
    provenance,
    supply_shock,
    transition,
)

LOADING, EFFORT = np.linspace(0.0, 1.0, 5), np.linspace(0.2, 0.4, 5)
TIMES = np.array([0.0, 0.5])
CLOUD = np.linspace(-1.0, 2.0, 12).reshape(2, 6)
COUNTS = np.array([30.0, 20.0, 10.0])
MARKET = creators.static_market(LOADING)
NET = atlas.network(2, [0, 1], [1, 0], [0.5, 0.5], [0.5, 0.5])
LAW = np.array([0.5, 0.3, 0.2])
REPLACE = atlas.WORKFLOWS["replace"]()
SYSTEMS = {"agents": agents, "atlas": atlas, "collapse": collapse, "creators": creators, "data_deals": data_deals,
           "flow": flow, "intermediary": intermediary, "objections": objections, "provenance": provenance,
           "supply_shock": supply_shock, "transition": transition}  # fmt: skip


def of_columns(call, name):
    """A function of a mapping of columns, as one of a column."""
    return lambda values, **rest: call(columns={name: values}, **rest)


def of_axes(call, first, second):
    """A function of two axes (name, values), as one of their values."""
    return lambda a, b, **rest: call(first=(first, a), second=(second, b), **rest)


def of_run(call):
    """A function of an ensemble's run, as one of its seed."""
    return lambda seed, **rest: call(run=atlas.Run(2, range(3), seed), **rest)


TABLE = {
    "agents.simulate": (agents.simulate, {}, {"parameters": agents.Parameters(), "population": agents.Population(creators=5, ai_firms=1, consumers=20, periods=3, landmark=2, reference=2), "scenario": agents.WithoutAi(), "seed": 1}),
    "atlas.density_ensemble": (of_run(atlas.density_ensemble), {}, {"family": atlas.KernelDensity(items=4), "workflow": REPLACE, "seed": 1}),
    "atlas.family_ensemble": (of_run(atlas.family_ensemble), {}, {"family": atlas.ExponentialFamily(items=4), "workflow": REPLACE, "seed": 1}),
    "atlas.gaussian_ensemble": (of_run(atlas.gaussian_ensemble), {}, {"family": atlas.Gaussian(items=4), "workflow": REPLACE, "seed": 1}),
    "atlas.label_ensemble": (of_run(atlas.label_ensemble), {}, {"family": atlas.Labels(candidates=4), "verifier": atlas.Verifier(), "seed": 1}),
    "atlas.lyapunov": (atlas.lyapunov, {"noise": np.array([0.1, 0.2])}, {"network": NET}),
    "atlas.mixed_tokens_closed_form": (atlas.mixed_tokens_closed_form, {"frequencies": LAW}, {"items": 5, "generations": 2, "workflow": atlas.WORKFLOWS["mixed"]()}),
    "atlas.network": (atlas.network, {"target": np.array([0, 1]), "source": np.array([1, 0]), "weight": np.array([0.5, 0.5]), "human": np.array([0.5, 0.5])}, {"models": 2}),
    "atlas.accumulate_tokens_closed_form": (atlas.accumulate_tokens_closed_form, {"frequencies": LAW}, {"items": 5, "generations": 2}),
    "atlas.sampled_closed_form": (atlas.sampled_closed_form, {"sizes": COUNTS}, {}),
    "atlas.simulate_gaussian": (atlas.simulate_gaussian, {}, {"network": NET, "items": 4, "generations": 2, "seed": 1}),
    "atlas.simulate_linear": (atlas.simulate_linear, {}, {"network": NET, "noise": 0.1, "generations": 2, "seed": 1}),
    "atlas.simulate_regression": (atlas.simulate_regression, {}, {"parameters": atlas.RegressionParameters(features=2, items=8), "data": atlas.RegressionData(), "generations": 2, "seed": 1}),
    "atlas.tails_closed_form": (atlas.tails_closed_form, {"frequencies": LAW}, {"first": 4, "second": 5}),
    "atlas.token_ensemble": (of_run(atlas.token_ensemble), {}, {"family": atlas.Tokens(items=4, vocabulary=3), "workflow": REPLACE, "seed": 1}),
    "atlas.replace_tokens_closed_form": (atlas.replace_tokens_closed_form, {"frequencies": LAW, "sizes": COUNTS}, {}),
    "collapse.multiplicity": (of_axes(collapse.multiplicity, "variance_ratio", "cost_curvature"), {"a": TIMES + 0.3, "b": TIMES + 0.1}, {"parameters": collapse.Parameters()}),
    "collapse.economy_table": (of_columns(collapse.economy_table, "erosion"), {"values": TIMES}, {"parameters": collapse.Parameters()}),
    "collapse.scan": (collapse.scan, {"table": collapse.economy_table(collapse.Parameters(), {"erosion": TIMES})}, {}),
    "collapse.simulate": (collapse.simulate, {}, {"parameters": collapse.Parameters(), "policy": "none", "producers": 9, "items": 4, "generations": 2, "seed": 1}),
    "collapse.simulate_many": (collapse.simulate_many, {}, {"parameters": collapse.Parameters(), "policy": "none", "population": collapse.Population(producers=9, items=4, generations=2), "seed": 1, "replicates": range(2)}),
    "creators.blue_weights": (creators.blue_weights, {"loading": LOADING, "effort": EFFORT}, {"bias_variance": 1.0}),
    "creators.critical_bias_variance": (creators.critical_bias_variance, {"loading": LOADING}, {}),
    "creators.curse_map": (creators.curse_map, {"bias_feedback": TIMES, "elasticity_gap": TIMES + 0.5, "depreciation": TIMES + 0.1, "times": TIMES}, {"base": creators.DynamicParameters()}),
    "creators.dynamic_market": (creators.dynamic_market, {"times": TIMES}, {"parameters": creators.DynamicParameters()}),
    "creators.feedback_effects": (creators.feedback_effects, {"bias_feedback": TIMES, "elasticity_gap": TIMES + 0.5, "depreciation": TIMES + 0.1}, {"base": creators.DynamicParameters(), "horizon": 1.0}),
    "creators.finite_market": (creators.finite_market, {}, {"parameters": creators.DynamicParameters(), "schedule": creators.Schedule(1.0, 2), "creators": 8, "seed": 1}),
    "creators.mean_squared_error": (creators.mean_squared_error, {"weight": np.full(5, 0.2), "loading": LOADING, "effort": EFFORT}, {"bias_variance": 1.0}),
    "creators.originality_penalty": (creators.originality_penalty, {"loading": LOADING, "effort_ratio": EFFORT}, {}),
    "creators.pole_bias_variance": (creators.pole_bias_variance, {"loading": LOADING}, {}),
    "creators.price_cap": (creators.price_cap, {"price": EFFORT, "imitator_stock": LOADING, "bias_variance": EFFORT, "innovators_stay": np.ones(5)}, {"parameters": creators.DynamicParameters()}),
    "creators.recursive_precision": (creators.recursive_precision, {"innovator_stock": EFFORT, "imitator_stock": LOADING, "bias_floor": EFFORT, "bias_feedback": LOADING, "innovator_loading": EFFORT, "imitator_loading": EFFORT}, {}),
    "creators.saddle_point": (creators.saddle_point, {"loading": LOADING, "effort": EFFORT}, {"bias_variance": 1.0, "alternatives": 4, "seed": 1}),
    "creators.simulate_estimation": (creators.simulate_estimation, {"loading": LOADING, "effort": EFFORT}, {"bias_variance": 1.0, "questions": 64, "seed": 1}),
    "creators.static_market": (creators.static_market, {"loading": LOADING}, {}),
    "creators.streamed_market": (creators.streamed_market, {}, {"distribution": creators.Uniform(), "creators": 50, "seed": 1}),
    "data_deals.concentration": (data_deals.concentration, {"amounts": COUNTS}, {}),
    "data_deals.lorenz": (data_deals.lorenz, {"amounts": COUNTS}, {}),
    "flow.bures": (flow.bures, {"mean_a": TIMES, "covariance_a": np.eye(2), "mean_b": TIMES, "covariance_b": np.eye(2)}, {}),
    "flow.fokker_planck": (flow.fokker_planck, {"times": TIMES}, {"parameters": flow.Parameters(contamination=0.5, variance_ratio=0.5), "cells": 40}),
    "flow.FlowLevels": (flow.FlowLevels, {}, {"parameters": flow.Parameters(contamination=0.5, variance_ratio=0.5), "time": 0.5, "observable": "variance", "particles": 8, "steps": 2, "seed": 1}),
    "flow.gaussian_moments": (flow.gaussian_moments, {"times": TIMES}, {"parameters": flow.Parameters(contamination=0.5, variance_ratio=0.5)}),
    "flow.jko": (flow.jko, {"times": TIMES}, {"parameters": flow.Parameters(contamination=0.5, variance_ratio=0.5), "quantiles": 40, "tau": 0.25}),
    "flow.quantiles_of_density": (flow.quantiles_of_density, {"x": LOADING, "density": EFFORT}, {}),
    "flow.quantiles_of_sample": (flow.quantiles_of_sample, {"sample": EFFORT}, {}),
    "flow.simulate": (flow.simulate, {"times": TIMES}, {"parameters": flow.Parameters(contamination=0.5, variance_ratio=0.5), "particles": 20, "dt": 0.25, "seed": 1}),
    "flow.sliced_w2": (flow.sliced_w2, {"first": CLOUD, "second": CLOUD + 1.0}, {"directions": 3, "seed": 1}),
    "flow.w2": (flow.w2, {"first": LOADING, "second": EFFORT}, {}),
    "intermediary.audit": (intermediary.audit, {}, {"agreement": intermediary.contract(MARKET, 0.1, 0.0, 0.0, 0.5), "alternatives": 4, "seed": 1}),
    "intermediary.aumann_shapley": (intermediary.aumann_shapley, {"loading": LOADING, "effort": EFFORT}, {"bias_variance": 1.0}),
    "intermediary.contract": (intermediary.contract, {"creator_outside": np.full(5, 0.001)}, {"market": MARKET, "operating_cost": 0.1, "buyer_outside": 0.0, "bargaining_share": 0.5}),
    "intermediary.distortion_spread": (intermediary.distortion_spread, {"effort_ratio": EFFORT}, {}),
    "intermediary.exact_shapley": (intermediary.exact_shapley, {"loading": TIMES, "effort": TIMES + 0.1}, {"count": (3, 2), "bias_variance": 1.0}),
    "intermediary.linear_contract": (intermediary.linear_contract, {"creator_outside": np.full(5, 0.001)}, {"market": MARKET, "operating_cost": 0.1, "buyer_outside": 0.0}),
    "intermediary.participation": (intermediary.participation, {"creator_outside": np.full(5, 0.001)}, {"market": MARKET}),
    "intermediary.random_deal": (intermediary.random_deal, {}, {"seed": 1, "index": 3}),
    "intermediary.shapley": (intermediary.shapley, {"loading": LOADING, "effort": EFFORT}, {"bias_variance": 1.0, "orders": 8, "seed": 1}),
    "provenance.calibrate": (provenance.calibrate, {"log_ratio_human": LOADING, "log_ratio_synthetic": EFFORT}, {}),
    "provenance.ensemble": (provenance.ensemble, {}, {"contamination": 0.3, "content": provenance.GaussianContent(), "items": 30, "sets": 2, "seed": 1}),
    "provenance.estimate": (provenance.estimate, {"log_human": LOADING, "log_synthetic": EFFORT, "weights": EFFORT}, {}),
    "provenance.estimate_from_counts": (provenance.estimate_from_counts, {"pool": COUNTS, "human": COUNTS + 5, "synthetic": COUNTS[::-1].copy()}, {}),
    "provenance.estimate_with_known_generator": (provenance.estimate_with_known_generator, {"pool": COUNTS, "human": COUNTS + 5, "synthetic": np.array([0.2, 0.3, 0.5])}, {}),
    "provenance.example": (provenance.example, {}, {"seed": 1}),
    "provenance.kernel_log_density": (provenance.kernel_log_density, {"points": LOADING, "sample": EFFORT}, {}),
    "provenance.maximum_likelihood": (provenance.maximum_likelihood, {}, {"contamination": 0.3, "content": provenance.GaussianContent(), "items": 30, "sets": 2, "seed": 1}),
    "provenance.minimax_regret": (provenance.minimax_regret, {"items": COUNTS}, {"contamination": 0.3, "content": provenance.GaussianContent(), "curvature": 1.0}),
    "provenance.pmir": (provenance.pmir, {}, {"parameters": collapse.Parameters(), "tolerance": 0.1, "seed": 1}),
    "provenance.quantify": (provenance.quantify, {"pool": np.arange(50) % 7 + 0.5, "human": np.arange(90) % 6 + 0.5, "synthetic": np.arange(90) % 9 + 0.5}, {}),
    "provenance.simulated_information": (provenance.simulated_information, {}, {"contamination": 0.3, "human": norm(), "synthetic": norm(1.0), "draws": 100, "seed": 1}),
    "provenance.stochastic_newton": (provenance.stochastic_newton, {}, {"contamination": 0.3, "content": provenance.GaussianContent(), "items": 30, "sets": 2, "seed": 1}),
    "supply_shock.adoption_ceiling": (of_columns(supply_shock.adoption_ceiling, "ai_quality"), {"values": TIMES + 0.1}, {"parameters": supply_shock.Parameters()}),
    "supply_shock.ai_profit": (supply_shock.ai_profit, {"skill": LOADING, "burden": EFFORT}, {"parameters": supply_shock.Parameters()}),
    "supply_shock.best_quality": (supply_shock.best_quality, {"burden": EFFORT}, {"parameters": supply_shock.Parameters()}),
    "supply_shock.finite_market": (supply_shock.finite_market, {"edges": LOADING}, {"parameters": supply_shock.Parameters(), "producers": 50, "seed": 1}),
    "supply_shock.human_profit": (supply_shock.human_profit, {"skill": LOADING, "burden": EFFORT}, {"parameters": supply_shock.Parameters()}),
    "supply_shock.human_quality": (supply_shock.human_quality, {"skill": LOADING, "burden": EFFORT}, {"parameters": supply_shock.Parameters()}),
    "supply_shock.pollution": (supply_shock.pollution, {"ai_volume": EFFORT}, {"parameters": supply_shock.Parameters()}),
    "supply_shock.scan": (of_columns(supply_shock.scan, "ai_quality"), {"values": TIMES + 0.1}, {"parameters": supply_shock.Parameters()}),
    "supply_shock.threshold_map": (of_axes(supply_shock.threshold_map, "ai_quality", "ai_cost"), {"a": TIMES + 0.1, "b": TIMES + 0.1}, {"parameters": supply_shock.Parameters()}),
    "transition.basins": (transition.basins, {"means": TIMES / 2 + 0.2, "concentrations": TIMES + 2}, {"parameters": transition.Parameters(), "cells": 20, "horizon": 1.0}),
    "transition.mean_field": (transition.mean_field, {"times": TIMES, "initial": np.ones(20)}, {"parameters": transition.Parameters(choice="instant"), "cells": 20}),
    "transition.multiplicity": (transition.multiplicity, {"weights": TIMES + 0.1, "diffusions": TIMES + 0.1}, {"parameters": transition.Parameters(), "cells": 20}),
    "transition.simulate": (transition.simulate, {"times": TIMES}, {"parameters": transition.Parameters(), "creators": 20, "seed": 1}),
    "transition.two_skill_mean_field": (transition.two_skill_mean_field, {"times": TIMES}, {"parameters": transition.TwoSkillParameters(), "cells": 10}),
    "transition.two_skill_simulate": (transition.two_skill_simulate, {"times": TIMES}, {"parameters": transition.TwoSkillParameters(), "creators": 20, "seed": 1}),
}  # fmt: skip

RUN = atlas.Run(2, range(3), 1)
DEALS = [data_deals.DataDeal("R", "A", 2024, "text", data_deals.parse_value("10m"), frozenset())]
ECONOMY, DYNAMIC, SHOCK, SKILL = (
    collapse.Parameters(), creators.DynamicParameters(), supply_shock.Parameters(), transition.Parameters()
)  # fmt: skip
DATA = {"parameters": atlas.RegressionParameters(features=2, items=8), "data": atlas.RegressionData()}
POPULATION = agents.Population(creators=5, ai_firms=1, consumers=20, periods=3, landmark=2, reference=2)

CALLS: dict[str, dict[str, Any]] = {
    "agents.mean_field": {"parameters": agents.Parameters(), "population": POPULATION, "scenario": "without_ai"},
    "atlas.accumulate_limit": {"items": 5},
    "atlas.accumulate_closed_form": {"items": 5, "generations": 2},
    "atlas.closed_classes": {"network": NET},
    "atlas.curation_closed_form": {"generations": 2, "reward_variance": 1.0},
    "atlas.density_ensemble": {"family": atlas.KernelDensity(items=4), "workflow": REPLACE, "run": RUN},
    "atlas.exponential_family_closed_form": {"family": atlas.ExponentialFamily(items=4), "workflow": REPLACE, "generations": 2},
    "atlas.family_ensemble": {"family": atlas.ExponentialFamily(items=4), "workflow": REPLACE, "run": RUN},
    "atlas.gaussian_ensemble": {"family": atlas.Gaussian(items=4), "workflow": REPLACE, "run": RUN},
    "atlas.gaussian_network_closed_form": {"network": NET, "items": 4, "generations": 2},
    "atlas.gaussian_closed_form": {"family": atlas.Gaussian(items=4), "workflow": REPLACE, "generations": 2},
    "atlas.kernel_density_closed_form": {"family": atlas.KernelDensity(items=4), "workflow": REPLACE, "generations": 2},
    "atlas.label_ensemble": {"family": atlas.Labels(candidates=4), "verifier": atlas.Verifier(), "run": RUN},
    "atlas.linear_network_closed_form": {"network": NET, "noise": 0.1, "generations": 2},
    "atlas.mixed_closed_form": {"items": 5, "generations": 2, "workflow": atlas.WORKFLOWS["mixed"]()},
    "atlas.regression_closed_form": {**DATA, "generations": 2},
    "atlas.replace_closed_form": {"items": 5, "generations": 2},
    "atlas.subsample_closed_form": {"items": 5, "generations": 2},
    "atlas.temperature_closed_form": {"items": 5, "generations": 2, "temperature": 0.9},
    "atlas.token_ensemble": {"family": atlas.Tokens(items=4, vocabulary=3), "workflow": REPLACE, "run": RUN},
    "atlas.tokens_closed_form": {"family": atlas.Tokens(items=4, vocabulary=3), "workflow": REPLACE, "generations": 2},
    "atlas.verification_closed_form": {"keep_right": 0.9, "keep_wrong": 0.3},
    "atlas.weighting_closed_form": {"ratio": 1.0, "weight": 0.5},
    "collapse.chi_square": {"generator_variance": 0.5},
    "collapse.collapse_law_coefficient": {"parameters": ECONOMY},
    "collapse.comparative_statics": {"parameters": ECONOMY},
    "collapse.equilibria": {"parameters": ECONOMY},
    "collapse.mean_field": {"parameters": ECONOMY, "generations": 2},
    "collapse.multiplicity": {"parameters": ECONOMY, "first": ("variance_ratio", TIMES + 0.3), "second": ("cost_curvature", TIMES + 0.1)},
    "collapse.optimum": {"parameters": ECONOMY},
    "collapse.planned_subsidies": {"parameters": ECONOMY, "generations": 2},
    "collapse.economy_table": {"parameters": ECONOMY, "columns": {"erosion": TIMES}},
    "creators.capped_price": {"parameters": DYNAMIC, "imitator_bound": 1.0},
    "creators.continuum_market": {"distribution": creators.Uniform()},
    "creators.efforts_fall": {"market": MARKET},
    "creators.even_loadings": {"distribution": creators.Uniform(), "creators": 5},
    "creators.first_failure": {"distribution": creators.Uniform(), "most": 10},
    "creators.first_pole": {"distribution": creators.Uniform(), "most": 10},
    "creators.first_rising": {"distribution": creators.Uniform(), "most": 10},
    "creators.has_pole": {"market": MARKET},
    "creators.heavy_imitators": {"market": MARKET},
    "creators.is_monotone": {"market": MARKET},
    "creators.patient_plan": {"parameters": DYNAMIC, "schedule": creators.Schedule(1.0, 2), "discount": 0.1},
    "creators.point_of_no_return": {"parameters": DYNAMIC, "horizon": 1.0, "grace": 1.0},
    "creators.precision_barrier": {"bias_floor": 0.1, "bias_feedback": 0.1},
    "creators.ratio_limits": {},
    "creators.rest_points": {"parameters": DYNAMIC, "lifetimes": 6.0},
    "creators.stepped_market": {"parameters": DYNAMIC, "schedule": creators.Schedule(1.0, 2)},
    "creators.trap_price": {"parameters": DYNAMIC},
    "data_deals.competitive_share": {"developers": 3},
    "data_deals.disclosure": {"deals": DEALS},
    "data_deals.generator_bounds": {"disclosed": 2.0, "documented": 1.0, "hidden": 3, "cap": 1.0},
    "data_deals.generator_shares": {"given": data_deals.PayAssumptions()},
    "data_deals.grouped": {"deals": DEALS, "by": lambda deal: 1},
    "data_deals.imputed": {"deals": DEALS},
    "data_deals.majority_cap": {"disclosed": 2.0, "documented": 1.0, "hidden": 3},
    "data_deals.parse_value": {"text": "10m"},
    "data_deals.summarise": {"deals": DEALS},
    "data_deals.totals": {"deals": DEALS},
    "flow.stationary_variance": {"contamination": 0.5, "variance_ratio": 0.5},
    "intermediary.linear_pricing": {"market": MARKET},
    "intermediary.shapley_interval": {"values": intermediary.shapley(LOADING, EFFORT, 1.0, orders=8, seed=1), "orders": 8},
    "intermediary.voluntary_membership": {"market": MARKET},
    "objections.mark_strength": {"divergence": 0.5, "verified": 0.5, "curvature": 1.0},
    "objections.stressed": {"parameters": ECONOMY, "stress": objections.Stress(), "generations": 2},
    "objections.stripping": {"mark": 0.5, "value": 1.0, "cost": 1.0},
    "provenance.best_response_map": {"parameters": ECONOMY, "contamination": 0.5},
    "provenance.best_subsidy": {"contamination": 0.5, "content": provenance.GaussianContent(), "curvature": 1.0},
    "provenance.fisher_information": {"contamination": 0.5, "human": norm(), "synthetic": norm(1.0)},
    "provenance.gaussian_information": {"contamination": 0.5, "distance": 1.0},
    "supply_shock.adoption_ceiling": {"parameters": SHOCK, "columns": {"ai_quality": TIMES + 0.1}},
    "supply_shock.elasticities": {"parameters": SHOCK},
    "supply_shock.first_adopters_decline": {"parameters": SHOCK},
    "supply_shock.fixed_points": {"parameters": SHOCK},
    "supply_shock.hollow_share": {"parameters": SHOCK},
    "supply_shock.quality": {"parameters": SHOCK},
    "supply_shock.scan": {"parameters": SHOCK, "columns": {"ai_quality": TIMES + 0.1}},
    "supply_shock.search": {},
    "supply_shock.segments": {"parameters": SHOCK},
    "supply_shock.threshold_map": {"parameters": SHOCK, "first": ("ai_quality", TIMES + 0.1), "second": ("ai_cost", TIMES + 0.1)},
    "supply_shock.thresholds": {"parameters": SHOCK},
    "supply_shock.volume": {"parameters": SHOCK},
    "transition.continuation": {"parameters": SKILL, "lowest": 0.1, "highest": 0.2, "cells": 20},
    "transition.market_under_tax": {"parameters": SKILL, "rate": 0.1, "cells": 20},
    "transition.pigouvian": {"parameters": SKILL, "cells": 20},
    "transition.planner": {"parameters": SKILL, "cells": 20},
    "transition.rest_points": {"parameters": SKILL, "cells": 20},
    "transition.rest_state": {"parameters": SKILL, "cells": 20},
    "transition.second_best": {"parameters": SKILL, "cells": 20},
}  # fmt: skip
"""A call of every public function that `test_callers_objects.TABLE` does not have by its own arguments."""

PUBLIC = {
    f"{room}.{name}": getattr(system, name) for room, system in SYSTEMS.items() for name in system.__all__
    if callable(getattr(system, name)) and not inspect.isclass(getattr(system, name))
}  # fmt: skip
