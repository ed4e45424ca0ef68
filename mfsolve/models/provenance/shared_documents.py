"""Documents that stand in two references: they say nothing of who wrote them, and are left out (MODEL 3.5.6)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mfsolve.data.words import Block, Words, chosen

from .copies import of_documents

LEAST_WORDS = 10
"""Different words of a document that no two people write by chance; shorter ones stay."""


def shared(blocks: Sequence[Block]) -> Words:
    """Identities (m,) of the documents that several references hold, of at least `LEAST_WORDS` different words."""
    each = [of_documents(block) for block in blocks]
    distinct, count = np.unique(np.concatenate([np.unique(own) for own in each]), return_counts=True)
    found = distinct[count > 1]
    return found[np.isin(found, np.concatenate([_long(block, own, found) for block, own in zip(blocks, each)]))]


def _long(block: Block, own: Words, found: Words) -> Words:
    """Identities of the documents of a block that are found and have enough different words."""
    mine = np.isin(own, found)
    held = chosen(block, mine)
    document = np.repeat(held.document, np.diff(held.starts))
    order = np.lexsort((held.words, document))
    document, words = document[order], held.words[order]
    new = np.ones(document.size, bool)
    new[1:] = (np.diff(document) != 0) | (words[1:] != words[:-1])
    return np.asarray(own[mine][np.bincount(document[new], minlength=int(mine.sum())) >= LEAST_WORDS])


def others(block: Block, gone: Words) -> NDArray[np.bool_]:
    """Tell of each document (documents,) of a block whether it is none of those that are gone."""
    return ~np.isin(of_documents(block), gone)


def left_out(count: int) -> str:
    """Say that documents of two references were left out, and why."""
    which = "1 document stands" if count == 1 else f"{count} documents stand"
    return f"{which} in two references, which gives no evidence of origin: left out of both references and of the pool"
