"""Lineage: how much of what is paid for data reaches its source, and how much a forger (MODEL 6.4)."""

from typing import NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.data_deals import lineage as kernels
from mfsolve.kernels.numerics.elementary import exponentials, natural_log
from mfsolve.kernels.random.normals import normals
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import number, seed_word, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.provenance.contents import GaussianContent
from mfsolve.models.provenance.simulated_pools import maximum_likelihood

MOST_BITS = 64


class LineageParameters(Frozen):
    """Items of creators and of forgers, and the metadata that lead to their source (MODEL 6.4)."""

    contamination: float = Field(0.3, ge=0.0, lt=1.0, description="share of synthetic items in the pool, rho")
    distance: float = Field(3.0, ge=0.0, le=100.0, description="norm of the generator's mean")
    variance: float = Field(0.5, gt=0.0, le=100.0, description="generator variance, s2")
    noise: float = Field(0.05, ge=0.0, le=0.5, description="probability that a bit of metadata is flipped")
    forging: float = Field(1.0, ge=0.0, le=1.0, description="share of synthetic items that carry a creator's metadata")
    creators: int = Field(256, ge=2, le=10**6, description="creators G")

    @property
    def content(self) -> GaussianContent:
        """Law of the items as provenance has it."""
        return GaussianContent(distance=self.distance, variance=self.variance)


class Lineage(NamedTuple):
    """Shares of human items whose pay reaches the right creator, and of all pay that goes to synthetic items."""

    credited: float
    leaked: float


def accuracy(bits: int, noise: float, creators: int) -> float:
    """Chance that an item is attributed to its creator: E over the distance d of (F(d-1)^G - F(d)^G) / (G f(d)).

    d is binomial (b, noise), f and F are the chances that the code of another creator is at the distance d, or farther
    (b fair bits); a tie is won with equal chances (MODEL 6.4). The difference of powers is computed as
    F(d-1)^G (1 - (1 - f(d)/F(d-1))^G), as both are 1 to all digits where codes are long.

    Parameters
    ----------
    bits : int
        b in [0, 64].
    noise : float
        In [0, 1/2].
    creators : int
        G in [1, 10^9].

    Returns
    -------
    float
        In [1/G, 1], to 13 digits.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    from scipy.stats import binom

    b, G = whole("bits", bits, 0, MOST_BITS), whole("creators", creators, 1, 10**9)
    number("noise", noise, "[0, 0.5]")
    d = np.arange(b + 1)
    nearer, rest, at = binom.cdf(d - 1, b, 0.5), binom.sf(d - 1, b, 0.5), binom.pmf(d, b, 0.5)
    log_rest = np.where(nearer < 0.5, np.log1p(-np.minimum(nearer, 0.5)), np.log(rest))
    with np.errstate(divide="ignore"):
        lost = G * np.log1p(-np.minimum(at / rest, 1.0))
    wins = np.exp(G * log_rest) * -np.expm1(lost) / (G * at)
    return float(binom.pmf(d, b, noise) @ wins)


def attributed(p: LineageParameters, bits: int, items: int, seed: int, replicate: int = 0) -> Floats:
    """Attribute items to creators by codes that are drawn (MODEL 6.4).

    Parameters
    ----------
    p : LineageParameters
    bits, items : int
        Bits of a code, [0, 64], and items n, [1, 2^31].
    seed, replicate : int
        In [0, 2^64 - 1] and [0, 2^32 - 1].

    Returns
    -------
    array (n,)
        1 where the right creator is found, else 0.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    bits, items = whole("bits", bits, 0, MOST_BITS), whole("items", items, 1, 2**31)
    seed_word("seed", seed, 64)
    key, word = stream_key(seed, "data_deals.lineage"), seed_word("replicate", replicate, 32)
    codes, right = np.empty(p.creators, dtype=np.uint64), np.empty(items)
    kernels.draw_codes(key, word, codes)
    kernels.attribute(key, word, codes, bits, float(p.noise), np.arange(items) % p.creators, right)
    return right


def accepted(p: LineageParameters, share: float, items: int, seed: int, replicate: int = 0) -> tuple[Floats, Floats]:
    """Test human and synthetic items: two arrays (n,), 1 where the posterior chance of a human item exceeds a half.

    `share` is the contamination that the test believes in, such as an estimate, in [0, 1]. Items (n of either kind, in
    [1, 2^31]) are drawn along the line that joins the two means, where all of the mean's difference is.

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    number("share", share, "[0, 1]"), whole("items", items, 1, 2**31)
    seed_word("seed", seed, 64)
    z, other = np.empty(items), np.empty(items)
    word, zero = seed_word("replicate", replicate, 32), np.uint64(0)
    normals(stream_key(seed, "data_deals.items"), zero, zero, word, zero, z, other)
    found = []
    for x in (z, p.distance + np.sqrt(p.variance) * other):
        log_ratio = 0.5 * (x * x - (x - p.distance) ** 2 / p.variance - natural_log(p.variance))
        ratio = np.empty(items)
        exponentials(np.ascontiguousarray(np.clip(log_ratio, -700.0, 700.0)), ratio)
        found.append((share * ratio < 1.0 - share).astype(np.float64))
    return found[0], found[1]


def estimated_contamination(p: LineageParameters, items: int, seed: int, replicate: int = 0) -> float:
    """Contamination of a pool of so many items, by the maximum-likelihood estimator of section 3 (MODEL 3.2)."""
    return float(maximum_likelihood(p.contamination, p.content, items, 1, seed, first=replicate)[0, 0])


def lineage(p: LineageParameters, right: Floats, passes: tuple[Floats, Floats], secret_bits: int) -> Lineage:
    """Combine attribution, the test of content and a signature (MODEL 6.4).

    Parameters
    ----------
    p : LineageParameters
    right : array (n,)
        Whether human items are attributed to their creator.
    passes : tuple of two arrays (n,)
        Whether human, and synthetic items pass the test of content.
    secret_bits : int
        Bits of a signature that a forger has to guess, [0, 1000]; 0 for none.

    Returns
    -------
    Lineage
        Both in [0, 1].

    Raises
    ------
    ValueError
        For secret bits outside their range.
    """
    whole("secret_bits", secret_bits, 0, 1000)
    human, synthetic = passes
    guessed = 0.5**secret_bits
    true_pay = (1.0 - p.contamination) * float(np.mean(human))
    false_pay = p.contamination * p.forging * guessed * float(np.mean(synthetic))
    paid = true_pay + false_pay
    return Lineage(float(np.mean(human * right)), false_pay / paid if paid > 0.0 else 0.0)
