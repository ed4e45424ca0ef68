"""Objects of callers: NumPy integers as seeds, arrays with masks, arrays that they use again, and labels of pandas.

Every public function of a system that takes an array or a seed stands in `TABLE`, or the first test fails.
"""

import inspect
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from support.public_calls import LOADING, MARKET, SYSTEMS, TABLE

from mfsolve.arrays import aligned, same_labels
from mfsolve.inference import combined_means, convergence, intervals, ratios, regression
from mfsolve.models import (
    collapse,
    creators,
    flow,
    intermediary,
    provenance,
    supply_shock,
)

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
    return "seed" in {p.name for p in parameters} or "Array" in words or "Floats" in words


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
        lambda a, b: flow.quantiles_of_density(a, b),
        lambda a, b: collapse.economy_table(collapse.Parameters(), {"erosion": a, "cost_spread": b}),
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
