"""The example pool: a function of its seed, with the covariance and the contamination that it states."""

import numpy as np
import pytest

from mfsolve.data.example_pool import example

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
    ):
        with pytest.raises(ValueError, match=message):
            example(**values)
