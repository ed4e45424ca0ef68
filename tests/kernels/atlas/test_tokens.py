"""Paths of shares against their slow twin, replicate by replicate, with the same uniforms."""

import numpy as np
import pytest
from mfsolve.kernels.atlas.tokens import MEASURES, Marks, token_paths
from mfsolve.kernels.random.philox import stream_key
from naive import atlas as naive

from mfsolve.models.atlas.tokens import Tokens, law_of, rules_of
from mfsolve.models.atlas.workflows import WORKFLOWS, Growing, sample_sizes

KEY = stream_key(5, "atlas tokens")
P = Tokens(vocabulary=9).law()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_twin(name):
    workflow = WORKFLOWS[name](growth=0.7) if WORKFLOWS[name] is Growing else WORKFLOWS[name]()
    rules, law = rules_of(workflow, 7), law_of(P, workflow)
    sizes = sample_sizes(workflow, 7, 5).astype(np.int64)
    marks = Marks(float(P @ P), float(law.rare @ P), 0.2, 2)
    sums = np.zeros((6, MEASURES))
    token_paths(rules, law, marks, sizes, KEY, 11, 4, sums)
    twin = naive.token_paths(rules, law, marks, sizes, KEY, range(11, 15))
    assert sums == pytest.approx(twin, rel=1e-10, abs=1e-10)
