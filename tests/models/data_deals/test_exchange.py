"""The exchange: closed forms, rest points, conservation, threads."""

import numpy as np
import pytest

from mfsolve.models.creators.static_market import static_market
from mfsolve.models.data_deals import competitive_share
from mfsolve.models.data_deals.edvex import CLASSES, deal_population, discounted, simulate_regime
from mfsolve.models.data_deals.exchange_economy import DealRegime, EconomyParameters, Payment, Sale
from mfsolve.models.data_deals.lineage import LineageParameters, accepted, accuracy, attributed
from mfsolve.models.data_deals.replication import copied, race, sale_revenue, split, union_floor
from mfsolve.models.data_deals.sandbox import SandboxParameters, best_precision, bundle_precision, extrapolate, offer
from mfsolve.models.intermediary.attribution import aumann_shapley, exact_shapley

STAY = EconomyParameters(bias_feedback=0.0, most_outside=1e-9, discount=1e-12)
"""Nobody leaves, data last as the planner counts them, bias does not grow: the static market is the rest."""


@pytest.mark.parametrize(("regime", "kind"), [("strict_rights", "market"), ("intermediary", "planner")])
def test_regimes_rest_at_the_static_market(regime, kind):
    n = 400
    path = simulate_regime(DealRegime(regime), STAY, n, 400, 1)
    loading = deal_population(STAY, n, 1, 0).loading
    market = static_market(loading, STAY.bias_variance, 2.0, STAY.cost_scale * STAY.depreciation**2 * n)
    assert path["precision"][-1] == pytest.approx(getattr(market, f"precision_{kind}"), rel=1e-9)


def test_edvex_with_two_developers_and_perfect_lineage_is_strict_rights():
    same = STAY.model_copy(update={"developers": 2, "lineage": 1.0, "fee": 0.0})
    one, other = (simulate_regime(DealRegime(r), same, 300, 20, 2) for r in ("edvex", "strict_rights"))
    for name, path in one.items():
        np.testing.assert_allclose(path, other[name], rtol=1e-13, atol=1e-15)


def test_buyouts_of_every_period_without_a_margin_are_strict_rights_and_those_of_one_work_run_out():
    free, again = EconomyParameters(margin=0.0), Sale(repeated=True)
    repeated, once = (simulate_regime(DealRegime.BUYOUT, free, 300, 60, 2, sale=sale) for sale in (again, Sale()))
    for name, path in simulate_regime(DealRegime.STRICT_RIGHTS, free, 300, 60, 2).items():
        np.testing.assert_array_equal(path, repeated[name])
    assert not once["participation"][-1]
    assert once["precision"][-1] < 0.01 * repeated["precision"][-1]


@pytest.mark.parametrize("regime", list(DealRegime))
def test_the_value_of_a_period_is_divided_without_a_rest(regime):
    p = EconomyParameters(lineage=1.0)  # nothing goes astray
    path = simulate_regime(regime, p, 500, 15, 3)
    np.testing.assert_allclose(sum(path[name] for name in CLASSES), path["welfare"], atol=1e-12)
    alone = EconomyParameters(lineage=1.0, most_outside=1e-300)
    path = simulate_regime(regime, alone, 500, 15, 3)
    earned = path["generators"] + path["aggregators"] + path["developers"]
    np.testing.assert_allclose(earned[1:], path["precision"][1:], rtol=1e-12)


SHARE = Sale(payment=Payment.SHARE)


def worth(path, rate):
    """Discounted payoffs of creators of both kinds, and of developers."""
    return [discounted(path[name], rate) for name in ("innovators", "imitators", "developers")]


def test_a_share_is_worth_the_price_where_nothing_changes():
    """No bias, so the price is the same for ever: paid over the life of the data or at once, it is worth the same."""
    p = EconomyParameters(bias_variance=1e-12, bias_feedback=0.0, most_outside=1e-9)
    upfront, share = (simulate_regime(DealRegime.EDVEX, p, 300, 2000, 1, sale=sale) for sale in (Sale(), SHARE))
    np.testing.assert_allclose(share["precision"], upfront["precision"], rtol=1e-12)
    assert worth(share, p.discount) == pytest.approx(worth(upfront, p.discount), rel=1e-9)
    assert share["generators"][1] == 0.0  # what is sold now earns from the next period on


def test_impatient_creators_sell_less_for_a_share():
    p = EconomyParameters(creators_discount=0.35)
    upfront, share = (simulate_regime(DealRegime.EDVEX, p, 300, 300, 1, sale=sale) for sale in (Sale(), SHARE))
    assert share["precision"][-1] < 0.8 * upfront["precision"][-1]
    equal = simulate_regime(DealRegime.EDVEX, EconomyParameters(), 300, 300, 1)
    assert np.array_equal(equal["precision"], upfront["precision"])  # who is paid at once need not wait


@pytest.mark.parametrize("sale", [SHARE, Sale(True, Payment.SHARE), Sale(True)])
def test_all_that_is_paid_is_somebodys(sale):
    p = EconomyParameters(lineage=0.6, most_outside=1e-300)
    path = simulate_regime(DealRegime.EDVEX, p, 300, 40, 2, sale=sale)
    cost = path["generators"] - path["innovators"] - path["imitators"]
    np.testing.assert_allclose(path["precision"][1:], (path["welfare"] + cost)[1:], rtol=1e-12)


def test_what_lineage_does_not_see_is_a_parameter_of_its_own():
    blind, seeing = (
        simulate_regime(DealRegime.EDVEX, EconomyParameters(passed=x), 300, 40, 2, sale=Sale(True)) for x in (1.0, 0.0)
    )
    assert not seeing["synthetic"].any()
    assert (blind["synthetic"][1:] > 0.0).all()


def test_regimes_do_not_depend_on_threads():
    p = EconomyParameters()
    one, two = (simulate_regime(DealRegime.EDVEX, p, 270_001, 3, 5, threads=t) for t in (1, 2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_second_values_over_first():
    draws = np.sort(np.random.default_rng(1).uniform(size=(200_000, 4)))
    ratio = draws[:, 2].mean() / draws[:, 3].mean()
    assert competitive_share(4) == pytest.approx(ratio, rel=0.004)
    assert draws[:, 2].mean() == pytest.approx(sale_revenue(4)["second_price"], rel=0.004)
    assert discounted(np.array([9.0, 1.0, 1.0]), 1.0) == 0.75


@pytest.mark.parametrize("bits", [0, 3, 9])
def test_attribution_has_its_closed_form(bits):
    p = LineageParameters(creators=64)
    found = [attributed(p, bits, 1000, 1, r).mean() for r in range(60)]
    error = np.std(found, ddof=1) / np.sqrt(60)
    assert abs(np.mean(found) - accuracy(bits, p.noise, 64)) < 4.0 * error
    assert accuracy(0, 0.1, 64) == pytest.approx(1.0 / 64.0)


def test_content_passes_as_the_likelihood_ratio_says():
    from scipy.stats import norm

    p = LineageParameters(variance=1.0)  # the test is a threshold: x < distance / 2 + ln(1/share - 1) / distance
    human, synthetic = accepted(p, 0.3, 20_000, 4)
    edge = 1.5 + np.log(0.7 / 0.3) / 3.0
    for found, chance in ((human.mean(), norm.cdf(edge)), (synthetic.mean(), norm.cdf(edge - 3.0))):
        assert abs(found - chance) < 4.0 * np.sqrt(chance * (1.0 - chance) / 20_000)


X, E, V = np.array([0.4, 0.8, 0.2, 0.9]), np.array([0.5, 0.3, 0.4, 0.2]), 1.5


def test_pay_without_copies_is_the_honest_one():
    found = copied(X, E, V, np.arange(3), 20_000, 1, 0.9)
    assert found.volume[0] == pytest.approx(aumann_shapley(X, E, V)[0], rel=1e-12)
    assert found.traced[0] == found.shapley[0]
    assert (np.diff(found.shapley) > 0.0).all()
    assert (found.traced[1:] < found.shapley[1:]).all()
    assert np.array_equal(copied(X, E, V, np.arange(3), 100, 1, 1.0).traced, np.full(3, found_first()))


def test_traced_pay_does_not_depend_on_which_numbers_of_copies_are_asked_for():
    x, e = np.array([0.5, 0.2, 0.9]), np.ones(3)
    every = copied(x, e, 1.0, np.arange(6), 400, 3, 0.9)
    some = copied(x, e, 1.0, [5, 0, 5], 400, 3, 0.9)
    for all_, few in zip(every, some):
        np.testing.assert_allclose(few, all_[[5, 0, 5]], rtol=1e-14)


@pytest.mark.parametrize("copies", [[0.5], [-1], [], [10**4 + 1], [np.nan], 3])
def test_copies_are_counts(copies):
    with pytest.raises(ValueError, match="copies"):
        copied(X, E, V, copies, 10, 1, 0.9)


def found_first():
    return copied(X, E, V, np.arange(3), 100, 1, 1.0).shapley[0]


def test_parts_have_the_exact_value_of_two_kinds():
    loading, effort = np.array([0.3, 0.8]), np.array([0.6, 0.2])
    exact = 3 * exact_shapley(loading, effort / [3, 1], (3, 1), V)[0]
    assert split(loading, effort, V, 3, 40_000, 2) == pytest.approx(exact, rel=0.01)


def test_a_union_holds_its_floor_and_competition_does_not():
    many = 10**6
    alone, union = race(many, 2.0, 1.0), union_floor(many, 2.0, 1.0)
    assert union.price == pytest.approx(0.25, abs=1e-4)
    assert union.income == pytest.approx(1.0 / 8.0, rel=1e-4)
    assert alone.price == pytest.approx((1.0 / (2.0 * many)) ** (2.0 / 3.0), rel=0.01)
    assert alone.price * many == pytest.approx(alone.sold, rel=1e-9)


@pytest.mark.parametrize("v", [1e-300, 1e-6, 1.0, 1e6, 1e300])
@pytest.mark.parametrize("k", [1e-12, 1.0, 1e12])
def test_a_union_earns_no_less_than_competition(v, k):
    for many in (1, 10**6, 10**9):
        alone, union = race(many, v, k), union_floor(many, v, k)
        assert union.income >= alone.income
        assert many * alone.price / k == pytest.approx(alone.sold)


@pytest.mark.parametrize("given", [(0, 1.0, 1.0), (1.5, 1.0, 1.0), (1, 0.0, 1.0), (1, 1.0, 0.0), (1, np.nan, 1.0)])
def test_races_have_ranges(given):
    for call in (race, union_floor):
        with pytest.raises(ValueError, match="given; allowed"):
            call(*given)


def test_many_trials_find_the_law():
    p = SandboxParameters(trials=200_000, sources=6)
    given = offer(p, 1)
    found = extrapolate(p, given, 1)
    truth = given.gap**2 * p.bias_variance + 1.0 / given.effort
    assert np.median(np.abs(found.loss / truth - 1.0)) < 0.05
    assert best_precision(given, p.bias_variance, np.inf) <= bundle_precision(
        given, np.ones(6, dtype=np.uint8), p.bias_variance
    ) * (1.0 + 1e-12)


def test_padding_shows_at_full_size_only():
    honest, padded = (offer(SandboxParameters(padded=x), 2) for x in (0.0, 1.0))
    assert np.array_equal(honest.effort, padded.effort)
    assert np.array_equal(padded.claimed, 10.0 * honest.claimed)


def test_a_replicate_of_one_seed_is_none_of_another():
    def shapley(seed, replicate):
        one = copied(X, E, V, np.arange(3), 100, seed, 1.0, replicate).shapley[0]
        return one, split(X, E, V, 3, 100, seed, replicate)

    found = [shapley(seed, replicate) for seed in (5, 6) for replicate in (0, 1)]
    assert all(len(set(values)) == 4 for values in zip(*found))
    assert shapley(5, 1) == found[1]
