"""The public functions on agents: closed form, labels, refusals."""

import numpy as np
import pytest
from support.agents import LIVELY, SMALL

from mfsolve.models import agents
from mfsolve.models.agents import path
from mfsolve.models.agents.parameters import Parameters, Population


def test_equal_creators_without_ai_share_by_the_closed_form():
    """All the same, nobody explores: m w / (1 + m w) of consumers buy, and nothing changes."""
    p = Parameters(
        skill_spread=0.0, exploration=0.0, human_technical=1.0, human_creative=1.0, outside_income=0.0,
        reskilling_step=0.0,
    )  # fmt: skip
    w = float(np.exp(p.quality_weight - p.price_sensitivity * p.human_price - p.outside_utility))
    buy = p.consideration * w / (1.0 + p.consideration * w)
    size = Population(scale=20, periods=30)
    data = agents.simulate(p, size, "without_ai", seed=2)
    bought = data.buying.values.mean()
    assert abs(bought - buy) < 4.5 * np.sqrt(buy * (1 - buy) / (31 * 20_000))
    assert np.all(data.surviving == 1.0)
    assert np.all(data.human_share == 1.0)
    assert data.consumer_surplus.values == pytest.approx(-np.log1p(-buy) / p.price_sensitivity, rel=1e-6)
    limit = agents.mean_field(p, size.model_copy(update={"reference": 20}), "without_ai")
    between_bins = (p.quality_weight * p.highest_skill / 2047) ** 2 / 8  # of a weight interpolated in skill
    expected = -np.log1p(-buy) / p.price_sensitivity
    assert limit.consumer_surplus.values == pytest.approx(expected, rel=between_bins)
    # shares of 1000 sellers: the square of a binomial number of sales, in numbers of consumers
    per_seller = buy / 1000
    expected = 1000 * (per_seller**2 + per_seller * (1 - per_seller) / 20_000)
    assert data.concentration.values.mean() == pytest.approx(expected, rel=0.01)


def test_library_gives_labelled_paths():
    data = agents.simulate(LIVELY, SMALL, seed=1)
    assert dict(data.sizes) == {"period": 13}
    assert set(data.data_vars) == set(agents.QUANTITIES)
    assert data.active.attrs["units"] == "creators"
    assert data.ai_technical.values[-1] == pytest.approx(LIVELY.ai_technical, rel=1e-4)
    assert agents.simulate(LIVELY, SMALL, seed=1, replicate=1).active.values.tolist() != data.active.values.tolist()
    assert agents.simulate(LIVELY, SMALL, "without_ai", seed=1).ai_technical.values.tolist() == [0.0] * 13


def test_populations_that_cannot_be_counted_are_refused():
    with pytest.raises(ValueError, match="scale: 400000 given: at most 2\\^24 sellers"):
        Population(scale=400_000)
    with pytest.raises(ValueError, match="scenario: 'nothing' given"):
        agents.simulate(LIVELY, SMALL, "nothing", seed=1)
    with pytest.raises(ValueError, match="seed"):
        agents.simulate(LIVELY, SMALL, seed=-1)
    with pytest.raises(ValueError, match="threads: 0 given"):
        agents.simulate(LIVELY, SMALL, seed=1, threads=0)
    with pytest.raises(ValueError, match="parameters: None given"):
        agents.mean_field(None)
    with pytest.raises(ValueError, match="population: 50 given"):
        agents.simulate(LIVELY, 50, seed=1)


def test_a_scenario_is_not_its_class():
    """The class of a scenario without AI is not that scenario: it would run as a market with AI."""
    with pytest.raises(ValueError, match=r"scenario: <class .* given; allowed: shock, without_ai"):
        agents.simulate(LIVELY, SMALL, agents.WithoutAi, seed=1)
    one, two = (agents.simulate(LIVELY, SMALL, which, seed=1) for which in ("without_ai", agents.WithoutAi()))
    assert one.equals(two)
    assert one.attrs == two.attrs


def test_a_market_that_does_not_open_is_refused():
    with pytest.raises(agents.NoOpeningError, match="opening period"):
        agents.simulate(LIVELY.model_copy(update={"outside_utility": 40.0}), SMALL, seed=1)


def test_the_limit_runs_with_the_threads_that_are_asked_for_and_once(monkeypatch):
    asked = []

    def recorded(agents_, *rest):
        asked.append(agents_.threads)
        return evolve(agents_, *rest)

    evolve = path.evolve
    path._sample.cache_clear()
    monkeypatch.setattr(path, "evolve", recorded)
    first = agents.mean_field(LIVELY, SMALL, threads=3)
    again = agents.mean_field(LIVELY, SMALL, threads=1)
    assert asked == [3]
    path._sample.cache_clear()
    alone = agents.mean_field(LIVELY, SMALL, threads=1)
    assert asked == [3, 1]
    assert first.identical(again)
    assert first.identical(alone)
    with pytest.raises(ValueError, match="threads: 0 given"):
        agents.mean_field(LIVELY, SMALL, threads=0)
