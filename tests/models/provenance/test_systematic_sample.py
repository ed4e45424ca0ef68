"""A systematic sample is every k-th number of its stream."""

import numpy as np

from mfsolve.models.provenance import systematic_sample
from mfsolve.models.provenance.systematic_sample import SystematicSample


def test_a_systematic_sample_keeps_every_kth(monkeypatch):
    monkeypatch.setattr(systematic_sample, "KEPT", 50)
    sample, stream = SystematicSample(), np.arange(1000.0)
    for start in range(0, 1000, 13):
        sample.add(stream[start : start + 13])
    kept = sample.values()
    assert kept.size <= 50
    assert np.array_equal(kept, stream[:: sample.stride][: kept.size])
    assert kept[-1] + sample.stride >= 1000
