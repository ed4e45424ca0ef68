"""The example pool: a function of its seed, with the covariance and the contamination that it states."""

import numpy as np
import pytest

from mfsolve.models.collapse import Features
from mfsolve.models.provenance.example_pool import example

Z = 4.5  # standard errors allowed


def test_the_example_is_a_function_of_its_seed():
    a, b, c = example(seed=5), example(seed=5), example(0.5, seed=6)
    for name in ("human", "synthetic", "pool"):
        assert np.array_equal(getattr(a, name), getattr(b, name))
        assert not np.array_equal(getattr(a, name)[:50], getattr(c, name)[:50])
    assert a.contamination == pytest.approx(0.3, abs=0.001)
    assert c.contamination == pytest.approx(0.5, abs=0.001)
    assert example(0.0).pool_synthetic == 0
    # the generator has its temperature times the covariance of what it was fitted to, itself a sample of 1050
    ratio = np.var(a.synthetic[:, 0]) / np.var(a.human[:, 0])
    # of 4000 normal rows, a variance to sqrt(2 / 4000); of the human ones, of kurtosis k, to sqrt((k - 1) / n)
    scatter = [(np.mean((x - x.mean()) ** 4) / np.var(x) ** 2 - 1) / len(x) for x in (a.human[:, 0], a.synthetic[:, 0])]
    trained = scatter[0] * len(a.human) / a.trained
    assert ratio == pytest.approx(0.4735, rel=Z * np.sqrt(sum(scatter) + trained))
    assert {x.shape[1] for x in (a.human, a.synthetic, a.pool)} == {len(a.columns)} == {2}
    assert len(a.human) + a.trained + len(a.pool) - a.pool_synthetic == 2101
    for values, message in (
        ({"contamination": 0.95}, r"contamination: 0.95 given; allowed: \[0, 0.9\]"),
        ({"variance_ratio": 0.0}, r"variance_ratio: 0.0 given; allowed: \(0, 1\]"),
        ({"seed": -1}, r"seed: -1 given"),
        ({"data": "nile"}, r"data: 'nile' given; allowed: co2, elnino"),
    ):
        with pytest.raises(ValueError, match=message):
            example(**values)


def test_sea_surface_temperatures():
    """Monthly anomalies and their changes: every change is that of an anomaly between two months of the record."""
    made = example(data="elnino", seed=2)
    assert made.columns == ("anomaly", "change_1", "change_3", "change_6", "change_12")
    assert len(made.human) + made.trained + len(made.pool) - made.pool_synthetic == 61 * 12 - 12
    rows = Features.of("elnino").rows
    for column, lag in enumerate((1, 3, 6, 12), start=1):
        assert np.allclose(rows[lag:, column], rows[lag:, 0] - rows[:-lag, 0], atol=0.0151)  # each is rounded to 0.01
    assert np.array_equal(np.round(made.synthetic, 2), made.synthetic)
    ratio = np.var(made.synthetic[:, 0]) / np.var(rows[:, 0])
    kurtosis = np.mean((rows[:, 0] - rows[:, 0].mean()) ** 4) / np.var(rows[:, 0]) ** 2
    # of a variance of the 360 rows that the generator was fitted to, drawn from these 720, and of 4000 normal rows
    assert ratio == pytest.approx(0.4735, rel=Z * np.sqrt((kurtosis - 1) / made.trained / 2 + 2 / 4000))
