"""Random chains against their twin, drawn from the same uniforms."""

import numpy as np
from mfsolve.kernels.data_deals import chains as kernels
from mfsolve.kernels.random.philox import stream_key, uniforms
from naive import data_deals as naive

LAW = kernels.ChainLaw(0.1, 0.2, 0.5, 0.3, 4.0)


def chain_units(key, lane, blocks, first=0):
    found = []
    for b in range(first, first + blocks):
        two = np.empty(2)
        uniforms(key, np.uint64(b), np.uint64(0), np.uint64(5), np.uint64(lane), two)
        found += list(two)
    return np.array(found)


def test_chains_are_those_of_the_twin():
    key = stream_key(1, "data_deals.chains")
    out = np.empty((30, kernels.COLUMNS))
    kernels.draw_chains(key, np.uint64(5), 7, LAW, out)
    for row in range(30):
        a = chain_units(key, 7 + row, kernels.BLOCKS)
        loading = chain_units(key, 7 + row, kernels.MOST // 2, kernels.BLOCKS)
        expected = np.concatenate([np.ravel(part) for part in naive.chain(a, loading, LAW)])
        np.testing.assert_allclose(out[row], expected, rtol=1e-9)
