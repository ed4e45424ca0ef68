"""Objects of callers: NumPy integers as seeds, arrays with masks, arrays that they use again, and labels of pandas.

Every public function of a system that takes an array or a seed stands in `TABLE`, or the first test fails.
"""

import inspect
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from mfsolve.arrays import aligned, same_labels
from mfsolve.inference import combined_means, convergence, intervals, ratios, regression
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
    "atlas.lyapunov": (atlas.lyapunov, {"noise": np.array([0.1, 0.2])}, {"net": NET}),
    "atlas.mixed_tokens_oracle": (atlas.mixed_tokens_oracle, {"frequencies": LAW}, {"items": 5, "generations": 2, "workflow": atlas.WORKFLOWS["mixed"]()}),
    "atlas.network": (atlas.network, {"target": np.array([0, 1]), "source": np.array([1, 0]), "weight": np.array([0.5, 0.5]), "human": np.array([0.5, 0.5])}, {"models": 2}),
    "atlas.accumulate_tokens_oracle": (atlas.accumulate_tokens_oracle, {"frequencies": LAW}, {"items": 5, "generations": 2}),
    "atlas.sampled_oracle": (atlas.sampled_oracle, {"sizes": COUNTS}, {}),
    "atlas.simulate_gaussian": (atlas.simulate_gaussian, {}, {"net": NET, "items": 4, "generations": 2, "seed": 1}),
    "atlas.simulate_linear": (atlas.simulate_linear, {}, {"net": NET, "noise": 0.1, "generations": 2, "seed": 1}),
    "atlas.simulate_regression": (atlas.simulate_regression, {}, {"parameters": atlas.RegressionParameters(features=2, items=8), "data": atlas.RegressionData(), "generations": 2, "seed": 1}),
    "atlas.tails_oracle": (atlas.tails_oracle, {"frequencies": LAW}, {"first": 4, "second": 5}),
    "atlas.token_ensemble": (of_run(atlas.token_ensemble), {}, {"family": atlas.Tokens(items=4, vocabulary=3), "workflow": REPLACE, "seed": 1}),
    "atlas.replace_tokens_oracle": (atlas.replace_tokens_oracle, {"frequencies": LAW, "sizes": COUNTS}, {}),
    "collapse.multiplicity": (of_axes(collapse.multiplicity, "variance_ratio", "cost_curvature"), {"a": TIMES + 0.3, "b": TIMES + 0.1}, {"parameters": collapse.Parameters()}),
    "collapse.points": (of_columns(collapse.points, "erosion"), {"values": TIMES}, {"parameters": collapse.Parameters()}),
    "collapse.scan": (collapse.scan, {"table": collapse.points(collapse.Parameters(), {"erosion": TIMES})}, {}),
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
    "flow.of_density": (flow.of_density, {"x": LOADING, "density": EFFORT}, {}),
    "flow.of_sample": (flow.of_sample, {"sample": EFFORT}, {}),
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
    "provenance.ensemble": (provenance.ensemble, {}, {"contamination": 0.3, "content": provenance.Content(), "items": 30, "sets": 2, "seed": 1}),
    "provenance.estimate": (provenance.estimate, {"log_human": LOADING, "log_synthetic": EFFORT, "weights": EFFORT}, {}),
    "provenance.estimate_from_counts": (provenance.estimate_from_counts, {"pool": COUNTS, "human": COUNTS + 5, "synthetic": COUNTS[::-1].copy()}, {}),
    "provenance.estimate_with_known_generator": (provenance.estimate_with_known_generator, {"pool": COUNTS, "human": COUNTS + 5, "synthetic": np.array([0.2, 0.3, 0.5])}, {}),
    "provenance.example": (provenance.example, {}, {"seed": 1}),
    "provenance.kernel_log_density": (provenance.kernel_log_density, {"points": LOADING, "sample": EFFORT}, {}),
    "provenance.maximum_likelihood": (provenance.maximum_likelihood, {}, {"contamination": 0.3, "content": provenance.Content(), "items": 30, "sets": 2, "seed": 1}),
    "provenance.minimax_regret": (provenance.minimax_regret, {"items": COUNTS}, {"contamination": 0.3, "content": provenance.Content(), "curvature": 1.0}),
    "provenance.pmir": (provenance.pmir, {}, {"parameters": collapse.Parameters(), "tolerance": 0.1, "seed": 1}),
    "provenance.quantify": (provenance.quantify, {"pool": np.arange(50) % 7 + 0.5, "human": np.arange(90) % 6 + 0.5, "synthetic": np.arange(90) % 9 + 0.5}, {}),
    "provenance.simulated_information": (provenance.simulated_information, {}, {"contamination": 0.3, "human": norm(), "synthetic": norm(1.0), "draws": 100, "seed": 1}),
    "provenance.stochastic_newton": (provenance.stochastic_newton, {}, {"contamination": 0.3, "content": provenance.Content(), "items": 30, "sets": 2, "seed": 1}),
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

SLOW_TO_COMPILE = {
    "agents.simulate", "atlas.density_ensemble", "atlas.family_ensemble", "atlas.label_ensemble",
    "atlas.simulate_gaussian", "atlas.simulate_linear", "atlas.simulate_regression", "atlas.token_ensemble",
    "collapse.multiplicity", "collapse.scan", "collapse.simulate_many", "creators.curse_map", "creators.dynamic_market",
    "creators.feedback_effects", "creators.finite_market", "flow.fokker_planck", "flow.FlowLevels", "flow.jko",
    "flow.simulate", "provenance.ensemble", "provenance.maximum_likelihood", "provenance.pmir",
    "provenance.stochastic_newton", "supply_shock.adoption_ceiling", "supply_shock.finite_market", "supply_shock.scan",
    "supply_shock.threshold_map", "transition.basins", "transition.mean_field", "transition.multiplicity",
    "transition.simulate", "transition.two_skill_mean_field", "transition.two_skill_simulate",
}  # fmt: skip


def run_by(names):
    """Parameters of a test that runs functions: those of many kernels are run with the slow tests only."""
    both = [pytest.mark.slow, pytest.mark.exhaustive]
    return [pytest.param(n, marks=both if n in SLOW_TO_COMPILE else []) for n in names]


WITH_ARRAYS = [name for name, (_, arrays, _) in TABLE.items() if arrays]
SEEDED = [name for name, (_, _, rest) in TABLE.items() if "seed" in rest]


def takes(function):
    """True for a function whose caller may hand over an array or a seed."""
    parameters = inspect.signature(function).parameters.values()
    words = " ".join(str(p.annotation) for p in parameters)
    return "seed" in {p.name for p in parameters} or "array_like" in words or "ndarray" in words


def test_every_public_function_of_arrays_or_seeds_stands_in_the_table():
    public = {
        f"{room}.{name}" for room, system in SYSTEMS.items() for name in system.__all__
        if inspect.isfunction(getattr(system, name)) and takes(getattr(system, name))
    }  # fmt: skip
    assert public - set(TABLE) == set()


def arrays_in(value, seen=None):
    """All arrays that an object can reach, and its numbers as arrays."""
    seen = set() if seen is None else seen
    if id(value) in seen or isinstance(value, str | bytes | type):
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray | float | int):
        yield np.asarray(value)
    elif hasattr(value, "variables") and hasattr(value, "attrs"):
        yield from (variable.values for variable in value.variables.values())
    else:
        parts = list(value.values()) if isinstance(value, Mapping) else []
        parts += list(value) if isinstance(value, tuple | list) else []
        parts += list(getattr(value, "__dict__", {}).values())
        parts += [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()]
        for part in parts:
            yield from arrays_in(part, seen)


@pytest.mark.parametrize("name", WITH_ARRAYS)
def test_masks_and_complex_numbers_are_refused(name):
    call, arrays, rest = TABLE[name]
    for argument, values in arrays.items():
        masked = np.ma.masked_array(values, mask=np.arange(values.size).reshape(values.shape) == 1)
        for bad, message in ((masked, "mask"), (values + 1j, "complex")):
            with pytest.raises(ValueError, match=message):
                call(**{**arrays, argument: bad}, **rest)


@pytest.mark.parametrize("name", run_by(WITH_ARRAYS))
def test_arrays_of_the_caller_are_neither_kept_nor_changed(name):
    call, arrays, rest = TABLE[name]
    mine = {argument: values.copy() for argument, values in arrays.items()}
    found = call(**mine, **rest)
    for argument, values in mine.items():
        np.testing.assert_array_equal(values, arrays[argument])
        assert not any(np.shares_memory(values, held) for held in arrays_in(found)), argument


def held_by(parameters):
    """All that frozen parameters hold, as text."""
    return repr({name: np.asarray(getattr(parameters, name)).tolist() for name in vars(parameters)})


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (lambda x: provenance.Mixture(x, (norm(), norm(1.0))), [0.5, 0.5]),
        (lambda x: flow.Snapshots(x), [0.0, 0.5]),
        (lambda x: flow.Snapshots([1.0], quantiles=x), [0.1, 0.5]),
        (lambda x: flow.Snapshots([1.0], histogram=x), [0.1, 0.5]),
        (lambda x: flow.Schedule(times=x, values=(0.1, 0.2)), [0.0, 0.5]),
        (lambda x: flow.Tabulated(x=x, values=(2.0, 0.1, 0.2, 2.0)), [-2.0, -0.5, 0.5, 2.0]),
    ],
)
def test_frozen_parameters_do_not_follow_what_their_caller_changes(make, values):
    for given in (list(values), np.array(values)):
        found = make(given)
        before = held_by(found)
        given[-1] = 0.9
        assert held_by(found) == before


@pytest.mark.parametrize("name", run_by(SEEDED))
def test_integers_of_numpy_are_seeds(name):
    call, arrays, rest = TABLE[name]

    def numbers(seed):
        found = list(arrays_in(found_by(seed)))
        return [values for values in found if values.dtype.kind in "fiu"]

    def found_by(seed):
        made = call(**arrays, **{**rest, "seed": seed})
        return made(1, 0, 4) if isinstance(made, flow.FlowLevels) else made

    expected = numbers(1)
    assert expected
    for seed in (np.int64(1), np.uint8(1)):
        for got, wanted in zip(numbers(seed), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


LABELS = list("abc")


@pytest.mark.parametrize(
    "call",
    [
        lambda a, b: provenance.estimate(a, b),
        lambda a, b: creators.blue_weights(a, b, 1.0),
        lambda a, b: creators.originality_penalty(a, b),
        lambda a, b: intermediary.shapley(a, b, 1.0, orders=8, seed=1),
        lambda a, b: flow.of_density(a, b),
        lambda a, b: collapse.points(collapse.Parameters(), {"erosion": a, "cost_spread": b}),
        lambda a, b: supply_shock.scan(supply_shock.Parameters(), {"ai_quality": a, "ai_cost": b}),
        lambda a, b: combined_means.difference(a, b, paired=True),
        lambda a, b: ratios.ratio(a, b, paired=True),
        lambda a, b: intervals.share(a, b),
        lambda a, b: regression.through_origin(a, b),
        lambda a, b: regression.collapse_law(a, b, b),
        lambda a, b: convergence.fit_order_of_means(a, b, b),
    ],
)
def test_series_with_other_labels_are_refused(call):
    first, second = pd.Series([0.1, 0.2, 0.3], LABELS), pd.Series([0.2, 0.1, 0.3], LABELS[::-1])
    with pytest.raises(ValueError, match="labels differ"):
        call(first, second)


def test_counts_are_aligned_by_label():
    pool, human = pd.Series([30, 20, 10], LABELS), pd.Series([15, 35], ["c", "a"])
    synthetic = pd.Series([1, 2, 3], ["c", "b", "a"])
    for call, last in (
        (provenance.estimate_from_counts, synthetic), (provenance.estimate_with_known_generator, synthetic / 6),
    ):  # fmt: skip
        found = call(pool, human, last).estimate
        assert found == call([30, 20, 10], [35, 0, 15], last.to_numpy()[::-1]).estimate
    with pytest.raises(ValueError, match="human: a label is given twice"):
        aligned(pool=pool, human=pd.Series([1, 2], ["a", "a"]))
    with pytest.raises(ValueError, match="human: labels differ from those of pool"):
        aligned(pool=pool, human=human, synthetic=[1, 2, 3])
    same_labels(a=pool, b=[1, 2, 3], c=pool + 1)


def test_a_column_of_pandas_is_an_array():
    """Columns are lent read-only; kernels take them as they take arrays."""
    frame = pd.DataFrame({"loading": LOADING})
    assert creators.static_market(frame["loading"]).welfare_market == MARKET.welfare_market
