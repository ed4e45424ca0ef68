"""The example of texts: real paragraphs, a chain fitted to others, and the shares that it promises."""

import numpy as np
import pytest

from mfsolve.data.example_texts import _Chain, example_texts, paragraphs


def test_shares_follow_the_curve_and_nothing_is_used_twice():
    made = example_texts(start=0.1, rate=0.6, months=5, seed=3)
    months = list(dict.fromkeys(made.months))
    each = made.months.count(months[0])
    for k, month in enumerate(months):
        assert abs(made.share(month) - 1 / (1 + 9 * np.exp(-0.6 * k))) <= 0.5 / each + 1e-12
    human = {text for text, synthetic in zip(made.pool, made.synthetic_in_pool) if not synthetic}
    assert human <= set(paragraphs())
    assert not human & set(made.human)
    assert not set(made.synthetic) & set(paragraphs())
    assert made == example_texts(start=0.1, rate=0.6, months=5, seed=3)


@pytest.mark.parametrize(("temperature", "first"), [(1.0, 0.25), (0.5, 0.1), (0.25, 1 / 82)])
def test_a_chain_s_counts_are_raised_to_one_over_the_temperature(temperature, first):
    names, cumulated = _Chain(["a", "b", "b", "b"], temperature)._next[""]
    assert names == ["a", "b"]
    assert cumulated == pytest.approx([first, 1.0], rel=1e-12)
