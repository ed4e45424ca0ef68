"""Features of a user: by content, on their way to workers, and refusals."""

import pickle

import numpy as np
import pytest

from mfsolve.models import collapse
from mfsolve.models.collapse.content import human_content
from mfsolve.models.collapse.empirical import EmpiricalGaussian
from mfsolve.models.collapse.kernel_density import EmpiricalKernel

RNG = np.random.default_rng(8)
SKEWED = RNG.gamma(2.0, size=600)
PLANE = np.column_stack([SKEWED, 0.5 * SKEWED + RNG.normal(size=600) ** 3])


def P(features=PLANE, **values):
    return collapse.Parameters(content="empirical", features=features, **values)


def test_features_travel_and_compare_by_content(tmp_path):
    a, b = collapse.Features.of(PLANE), collapse.Features.of(PLANE.tolist())
    assert a == b
    assert hash(a) == hash(b)
    assert a != collapse.Features.of(PLANE[:-1])
    path = tmp_path / "x.csv"
    np.savetxt(path, PLANE, delimiter=",", header="a,b", comments="", fmt="%.17g")
    c = collapse.Features.of(str(path))
    assert c == a
    for features in (a, c, collapse.Features.of("co2")):
        copy = pickle.loads(pickle.dumps(features))
        assert copy == features
        assert np.array_equal(copy.rows, features.rows)
    assert len(pickle.dumps(c)) < 1000
    with pytest.raises(ValueError, match="read-only"):
        a.rows[0, 0] = 1.0
    assert P(a).features is a
    assert isinstance(human_content(P(a)), EmpiricalGaussian)
    assert isinstance(human_content(P(a, refit="kernel")), EmpiricalKernel)


REFUSED = [
    ({"features": None}, r"features: missing; content = 'empirical' needs a CSV file, or co2 or elnino"),
    ({"features": [[1.0, 2.0]]}, r"features: 1 rows of 2 features given; allowed: at least 20"),
    ({"features": np.zeros((30, 101))}, r"features: 101 columns given; allowed: at most 100"),
    ({"features": [["a"]]}, r"features: an array of numbers"),
    ({"features": np.where(np.arange(30) == 7, np.nan, 1.0)}, r"row 7, column 0: nan given; allowed: finite"),
    (
        {"features": "nowhere.csv"},
        r"features: .*nowhere.csv: No such file or directory; allowed: a CSV file, or co2, elnino",
    ),
    (
        {"features": {"data": "co2", "sha256": "00"}},
        r"features: co2 is not what it was: sha256 [0-9a-f]{64}, expected 00",
    ),
    ({"features": {"data": "co2", "hash": "00"}}, r"features: hash: unknown key; known: data, sha256"),
    ({"held_out": 0.0}, r"held_out: 0.0 given; .*\(0, 1\)"),
    ({"centres": 3}, r"centres: 3 given; .*\[16, 1000000\]"),
    ({"refit": "spline"}, r"refit: 'spline' given: .*'gaussian' or 'kernel'"),
    ({"bandwidth": "wide"}, r"bandwidth: 'wide' given: .*'scott' or 'silverman'"),
    ({"content": "gaussian"}, r"features: given, with content = 'gaussian'"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED, ids=[m[:40] for _, m in REFUSED])
def test_refused_parameters(values, message):
    with pytest.raises(ValueError, match=message) as caught:
        collapse.Parameters(**{"content": "empirical", "features": PLANE} | values)
    assert "\n" not in str(caught.value)
