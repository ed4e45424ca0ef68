"""Attribution by codes: the closed form in 80 digits."""

from decimal import Decimal, localcontext
from math import comb

import pytest

from mfsolve.models.data_deals.lineage import MOST_BITS, accuracy


def exact(bits, noise, creators):
    """E over d of (F(d-1)^G - F(d)^G) / (G f(d)), with 80 digits."""
    with localcontext(prec=80):
        chance, right, farther = Decimal(noise), Decimal(0), Decimal(0)
        for d in reversed(range(bits + 1)):
            at = Decimal(comb(bits, d)) / 2**bits
            wins = ((farther + at) ** creators - farther**creators) / (creators * at)
            flips = (chance**d if d else 1) * ((1 - chance) ** (bits - d) if d < bits else 1)
            right, farther = right + wins * comb(bits, d) * flips, farther + at
        return float(right)


@pytest.mark.parametrize("creators", [1, 2, 256, 10**6, 10**9])
@pytest.mark.parametrize("noise", [0.0, 0.02, 0.3, 0.5])
def test_long_codes_are_attributed_as_in_80_digits(noise, creators):
    for bits in (0, 1, 6, 16, 48, 54, 60, MOST_BITS):
        assert accuracy(bits, noise, creators) == pytest.approx(exact(bits, noise, creators), rel=1e-13)
