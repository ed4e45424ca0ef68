"""Incidence along the chain: what generators are paid up to each stage, over its value (MODEL 6.2)."""

from typing import NamedTuple

import numpy as np
from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.data_deals import chains as kernels
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import seed_word, thread_count, whole
from mfsolve.models.frozen import Frozen
from mfsolve.models.parallel import run_blocks

FAULTS = ("provenance", "bargaining", "pricing")
PARITY = 0.5
"""Bargaining share of generators without the fault."""


class ChainParameters(Frozen):
    """Ranges of random chains from creators' signals to what is sold (MODEL 6.2)."""

    least_lineage: float = Field(0.0, ge=0.0, le=1.0, description="smallest share of provenance that survives a link")
    least_repricing: float = Field(0.0, ge=0.0, le=1.0, description="smallest share of later gains that is paid for")
    most_bargaining: float = Field(0.5, gt=0.0, le=1.0, description="greatest bargaining share of generators")
    most_outside: float = Field(
        0.3, ge=0.0, le=0.5, description="largest outside option of either side, share of a surplus"
    )
    most_reach: float = Field(4.0, ge=1.0, le=1e6, description="greatest growth of the number of users at a link")

    def law(self) -> kernels.ChainLaw:
        """Ranges as kernels take them."""
        return kernels.ChainLaw(**self.model_dump())


class Chains(NamedTuple):
    """Chains that were drawn: rows are chains.

    `information` and `value` (n, 4) by stage, `lineage` (n, 3) by link, `share` (n, 4) of the surplus by stage, and
    `repricing` (n,).
    """

    information: Floats
    value: Floats
    lineage: Floats
    share: Floats
    repricing: Floats


def random_chains(
    parameters: ChainParameters, count: int, seed: int, replicate: int = 0, first: int = 0, threads: int = 1
) -> Chains:
    """Draw chains `first`..`first + count - 1` of an endless sequence (MODEL 6.2).

    Parameters
    ----------
    parameters : ChainParameters
    count : int
        Chains, [1, 10^8].
    seed, replicate : int
        In [0, 2^64 - 1] and [0, 2^32 - 1]. Everything drawn is a function of both and of the chain's number.
    first : int
        Number of the first chain, [0, 2^32 - 1 - count].
    threads : int
        In [1, 1024]; the results do not depend on it.

    Returns
    -------
    Chains

    Raises
    ------
    ValueError
        For an argument outside its range.
    """
    count, first = whole("count", count, 1, 10**8), whole("first", first, 0, 2**32 - 1 - count)
    threads = thread_count(threads)
    seed_word("seed", seed, 64)
    key, word = stream_key(seed, "data_deals.chains"), seed_word("replicate", replicate, 32)
    out = np.empty((count, kernels.COLUMNS))
    law = parameters.law()
    run_blocks(lambda i, a, b: kernels.draw_chains(key, word, first + a, law, out[a:b]), count, threads)
    parts = [kernels.INFORMATION, kernels.VALUE, kernels.LINEAGE, kernels.SHARE, kernels.REPRICING]
    found = [out[:, a:b] for a, b in zip(parts, [*parts[1:], kernels.COLUMNS])]
    return Chains(found[0], found[1], found[2], found[3], found[4][:, 0])


def with_faults(chains: Chains, provenance: bool, bargaining: bool, pricing: bool) -> Chains:
    """The same chains with each fault as it was drawn, or mended: lineage 1, parity, repricing 1."""
    return chains._replace(
        lineage=chains.lineage if provenance else np.ones_like(chains.lineage),
        share=chains.share if bargaining else np.full_like(chains.share, PARITY),
        repricing=chains.repricing if pricing else np.ones_like(chains.repricing),
    )


def common_share(chains: Chains) -> Chains:
    """The same chains with one bargain for all links, that of the first."""
    return chains._replace(share=np.repeat(chains.share[:, :1], chains.share.shape[1], axis=1))


def equity(chains: Chains) -> Floats:
    """Equity E_k (n, 4) of generators at every stage: paid up to it, over its value (MODEL 6.2).

    paid_k = V_0 g_0 + y sum_{j <= k} g_j (V_j - V_{j-1})_+ prod_{l <= j} r_l. Nothing is paid back where value falls.
    Values are above 0, as drawn ones are; E_k is in [0, 1] where they never fall.
    """
    gains = np.maximum(np.diff(chains.value, axis=1), 0.0)
    traced = np.cumprod(chains.lineage, axis=1)
    later = np.cumsum(chains.share[:, 1:] * gains * traced, axis=1)
    paid = chains.value[:, :1] * chains.share[:, :1] + np.column_stack(
        [np.zeros(len(later)), chains.repricing[:, None] * later]
    )
    return np.asarray(paid / chains.value)


def contrasts() -> dict[str, Floats]:
    """Signs (2, 2, 2) / 4 of every main effect and interaction, faults off and on along each axis."""
    signs = np.array([-1.0, 1.0])
    grids = np.meshgrid(signs, signs, signs, indexing="ij")
    found = {}
    for mask in range(1, 8):
        names = [name for bit, name in enumerate(FAULTS) if mask >> bit & 1]
        found["_".join(names)] = np.prod([grids[FAULTS.index(name)] for name in names], axis=0) / 4.0
    return found
