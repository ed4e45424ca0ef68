"""Paths of many markets side by side against one path at a time: the same bits, whatever policy and economy."""

import pytest

from mfsolve.models import collapse
from mfsolve.models.collapse import policies as p
from mfsolve.models.collapse.many_markets import LANES, at_once, finite_paths
from mfsolve.models.collapse.market import finite_path
from mfsolve.models.collapse.parameters import Parameters, Population, Record

WHOLE = Record()
PLAIN = Parameters()
RICH = Parameters(
    dimension=3, verified_share=0.3, quality_floor=0.2, consumers_see="current", subsidy_base="reverse", innovation=0.1
)
READS_POOL = Parameters(verified_share=0.3, subsidy_base="pool")
POLICIES = (
    p.NoPolicy(), p.Fixed(subsidy=0.4), p.ClosedForm(), p.Pmir(items=50), p.Watermark(stripping=0.2), p.RoyaltyCap(),
    p.Disclosure(), p.Schedule(subsidies=(0.1, 0.5)),
)  # fmt: skip


def market(producers=100, items=16, generations=6):
    return Population(producers=producers, items=items, generations=generations, sampling="statistics")


def check(parameters, policy, population, record=WHOLE, replicates=range(3, 6)):
    found = finite_paths(parameters, policy, population, record, 5, replicates, 1)
    for row, replicate in enumerate(replicates):
        expected = finite_path(parameters, policy, population, record, 5, replicate, 1)
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            assert (found[name][row].shape, found[name][row].tobytes()) == (values.shape, values.tobytes()), name


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_paths_are_those_drawn_one_by_one(policy):
    for parameters in (PLAIN, RICH, READS_POOL):
        assert at_once(parameters, policy, market(), Record())
        check(parameters, policy, market())


def test_many_cohorts_and_the_last_generation_alone():
    """More cohorts than two rows of a sum hold, and a planned schedule."""
    check(Parameters(innovation=0.05), p.ClosedForm(), market(100_000, 4, 70), replicates=range(1))
    check(PLAIN, p.Planner(), market(generations=3), Record(trajectories=False))


def test_the_bits_do_not_depend_on_threads_or_on_where_a_call_begins():
    whole = finite_paths(PLAIN, p.ClosedForm(), market(), Record(), 5, range(2 * LANES + 3), 2)
    part = finite_paths(PLAIN, p.ClosedForm(), market(), Record(), 5, range(LANES - 1, LANES + 2), 1)
    for name, values in part.items():
        assert values.tobytes() == whole[name][LANES - 1 : LANES + 2].tobytes()


def test_content_that_collapses_is_refused_as_on_a_path_of_its_own():
    """Synthetic items alone, of a tenth of the variance each generation, until no float64 holds it."""
    narrowing, small = Parameters(initial_contamination=1.0, variance_ratio=0.1), market(10, 4, 400)
    with pytest.raises(collapse.CollapseError) as one:
        finite_path(narrowing, p.NoPolicy(), small, WHOLE, 1, 0, 1)
    with pytest.raises(collapse.CollapseError) as many:
        finite_paths(narrowing, p.NoPolicy(), small, WHOLE, 1, range(2), 1)
    assert str(one.value) == str(many.value)


def test_markets_that_are_drawn_one_by_one():
    assert at_once(PLAIN, p.Myopic(), market(), Record()) == 0
    assert at_once(Parameters(cost_spread=0.1), p.NoPolicy(), market(), Record()) == 0
    assert at_once(Parameters(content="categorical"), p.NoPolicy(), market(), Record()) == 0
    assert at_once(PLAIN, p.NoPolicy(), Population(producers=100, items=16), Record()) == 0
    assert at_once(PLAIN, p.NoPolicy(), market(generations=1022), Record()) == 2
    assert at_once(PLAIN, p.NoPolicy(), market(generations=1023), Record()) == 0


def test_many_paths_are_labelled_as_one_is():
    """Side by side, and one by one where that is all there is."""
    small = Population(producers=20, items=2, generations=2)
    for population in (market(), small):
        many = collapse.simulate_many(PLAIN, "closed_form", population, 7, range(2, 4))
        sizes = (population.producers, population.items, population.generations)
        one = collapse.simulate(PLAIN, "closed_form", *sizes, 7, 3, sampling=population.sampling)
        assert many.sel(replicate=3).drop_vars("replicate").equals(one)
    with pytest.raises(ValueError, match="consecutive"):
        collapse.simulate_many(PLAIN, "none", small, 7, range(0, 4, 2))
