"""The distribution of quality: its modes and the hollow (MODEL 5.1)."""

import numpy as np
import pytest
from naive import supply_shock as naive

from mfsolve.models import supply_shock
from mfsolve.models.supply_shock import (
    Parameters,
    hollow_share,
    segments,
)
from mfsolve.models.supply_shock.quality_distribution import quality, valley

DEFAULT = Parameters()


def changed(**values):
    return DEFAULT.model_copy(update=values)


def test_before_unimodal_after_bimodal_with_a_hollow():
    before, after = quality(changed(ai_available=False)), quality(DEFAULT)
    assert (before.modes, after.modes) == (1, 2)
    assert before.hollow is None
    low, high = after.hollow
    assert low == DEFAULT.ai_quality
    assert high == pytest.approx(DEFAULT.human_capacity * segments(DEFAULT).upper_cutoff, rel=1e-15)
    assert after.share(low, high) == 0.0
    assert hollow_share(DEFAULT) == pytest.approx(before.share(low, high), rel=1e-12)
    assert hollow_share(DEFAULT) > 0.2
    for law in (before, after):
        assert law.share(0.0, 2.0) == pytest.approx(1.0, abs=1e-14)
        x = np.linspace(0.0, 1.0, 200_001)
        atoms = sum(weight for _, weight in law.atoms)
        assert np.trapezoid(law.density(x), x) + atoms == pytest.approx(1.0, abs=2e-5)


@pytest.mark.parametrize("available", [False, True])
@pytest.mark.parametrize("capacity", [1.0, 1.7])
def test_modes_against_the_peaks_of_a_histogram(available, capacity):
    p = changed(ai_available=available, human_capacity=capacity)
    s, weight = naive.grid(p, 400_000)
    b = segments(p).pollution
    choice = naive.choices(p, s, b)
    q = np.where(choice == 1, p.ai_quality, supply_shock.human_quality(p, s, b))
    mass, _ = np.histogram(q[choice > 0], bins=np.linspace(0, 1.8, 181), weights=weight[choice > 0])
    padded = np.concatenate([[0.0], mass, [0.0]])
    padded = padded[np.append(True, np.abs(np.diff(padded)) > 1e-9)]  # plateaus count once
    peaks = (padded[1:-1] > padded[:-2]) & (padded[1:-1] > padded[2:])
    assert quality(p).modes == peaks.sum()
    assert quality(p).share(0.5, 0.7) == pytest.approx(
        weight[(choice > 0) & (q > 0.5) & (q < 0.7)].sum() / weight[choice > 0].sum(), abs=1e-5
    )


DEFAULT = Parameters()


def test_valley_tells_modality():
    law = supply_shock.quality(DEFAULT)
    before = supply_shock.quality(DEFAULT.model_copy(update={"ai_available": False}))
    assert valley(law.share, *law.hollow) > 0.1
    for low in np.linspace(0.2, 0.9, 15):  # wherever one looks
        assert valley(before.share, low, low + 0.07) <= 1e-12
