"""Estimators against two quantification packages: QuaPy and mlquantify."""

import sys
import warnings

import numpy as np
import pytest
from scipy import stats

from mfsolve.models import provenance

SEED, ITEMS, REFERENCE = 3, 4000, 3000


@pytest.fixture(scope="module")
def data():
    """Log densities of a pool with 30 % synthetic items, and of references: p = N(0, 1), q = N(0.6, 0.7^2)."""
    rng = np.random.default_rng(SEED)

    def items(n, rho):
        return np.where(rng.random(n) < rho, 0.6 + 0.7 * rng.normal(size=n), rng.normal(size=n))

    def densities(x):
        return np.stack([stats.norm.logpdf(x), stats.norm.logpdf(x, 0.6, 0.7)])

    return {name: densities(items(n, rho)) for name, n, rho in (
        ("pool", ITEMS, 0.3), ("human", REFERENCE, 0.0), ("synthetic", REFERENCE, 1.0))}  # fmt: skip


def posteriors(log_densities):
    """Probabilities (n, 2) of human and synthetic at even odds: what a calibrated classifier gives."""
    return np.exp(log_densities - np.logaddexp(*log_densities)).T


@pytest.fixture
def quapy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from quapy.method import aggregative

        yield aggregative


def test_em_and_mle_are_quapys_emq(data, quapy, monkeypatch):
    monkeypatch.setattr(quapy.EMQ, "MAX_ITER", 100_000)
    theirs, _ = quapy.EMQ.EM(np.array([0.5, 0.5]), posteriors(data["pool"]), epsilon=1e-13)
    for method in ("mle", "em"):
        assert provenance.estimate(*data["pool"], method).value == pytest.approx(theirs[1], abs=1e-6)


def test_moment_is_quapys_pacc(data, quapy):
    """The probabilistic adjusted count is the calibrated classifier's moment: the same line through the same means."""
    labels = np.repeat([0, 1], REFERENCE)
    known = np.concatenate([posteriors(data[name]) for name in ("human", "synthetic")])
    rates = quapy.PACC.getPteCondEstim(np.array([0, 1]), labels, known)
    theirs = quapy.ACC.solve_adjustment(rates, posteriors(data["pool"]).mean(axis=0), "inversion", "exact-raise")
    calibration = provenance.calibrate(*(data[name][1] - data[name][0] for name in ("human", "synthetic")))
    ours = provenance.estimate(*data["pool"], "moment", calibration=calibration)
    assert ours.value == pytest.approx(theirs[1], abs=1e-10)


def test_adjusted_count_agrees_within_its_error(data, quapy):
    """ACC cuts the classifier at 1/2: another, noisier contrast, within 4.5 standard errors of the truth's estimate."""
    labels = np.repeat([0, 1], REFERENCE)
    hard = [(data[name][1] > data[name][0]).astype(int) for name in ("human", "synthetic", "pool")]
    rates = quapy.ACC.getPteCondEstim(np.array([0, 1]), labels, np.concatenate(hard[:2]))
    counts = np.array([1.0 - hard[2].mean(), hard[2].mean()])
    theirs = quapy.ACC.solve_adjustment(rates, counts, "inversion", "exact-raise")[1]
    calibration = provenance.calibrate(*(data[name][1] - data[name][0] for name in ("human", "synthetic")))
    ours = provenance.estimate(*data["pool"], "moment", calibration=calibration)
    f, t, m = (h.mean() for h in hard)
    own = m * (1 - m) / ITEMS + (0.7**2 * f * (1 - f) + 0.3**2 * t * (1 - t)) / REFERENCE
    error = np.sqrt(own / (t - f) ** 2 + ours.standard_error**2)  # more than that of their difference
    assert abs(theirs - ours.value) < 4.5 * error


def test_em_is_mlquantifys(data):
    if sys.version_info >= (3, 14):
        pytest.importorskip("mlquantify", reason="it is built from source there, by who has a compiler")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlquantify.likelihood import EMQ

        found, _ = EMQ.EM(posteriors(data["pool"]), np.array([0.5, 0.5]), tolerance=1e-13, max_iter=100_000)
    assert provenance.estimate(*data["pool"]).value == pytest.approx(np.ravel(found)[1], abs=1e-6)
