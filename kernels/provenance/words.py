"""Words of Unicode texts as 64-bit hashes, and their sums of weights per item (MODEL 3.5).

A text is an array of code points (uint32). A table gives each code point its class; another its lower case. Words are
hashed while they are read, so that no string is ever made of them: two of 10^6 words share a hash with a probability
of 3e-8.
"""

import numpy as np

from .._jit import inline, kernel

OTHER, LETTER, MARK, IDEOGRAPH, APOSTROPHE, STOP = 0, 1, 2, 3, 4, 5
"""Classes of code points: letters and digits; marks that continue a word; signs that are words; ends of sentences."""
BASIS = np.uint64(0xCBF29CE484222325)
PRIME = np.uint64(0x100000001B3)
MIX = np.uint64(0xFF51AFD7ED558CCD)
HALF = np.uint64(32)


@inline
def _step(h, c):
    """One step of the hash of Fowler, Noll and Vo (FNV-1a): h' = (h xor c) PRIME."""
    return (h ^ np.uint64(c)) * PRIME


@inline
def _mixed(h):
    """Hash with its high bits mixed into the low ones; never 0, which stands for an empty place."""
    h ^= h >> HALF
    h *= MIX
    h ^= h >> HALF
    return h if h != np.uint64(0) else np.uint64(1)


@inline
def _ends(text, k, last, classes):
    """A stop ends a sentence unless a letter or digit follows at once, as in 3.5."""
    return k == last or classes[text[k]] != LETTER


@kernel
def split(text, ends, classes, lower, by_sentence, words, starts, document):
    """Hashes of the words of documents text[ends[d - 1] : ends[d]], grouped into items: documents, or their sentences.

    Item i holds words[starts[i] : starts[i + 1]] and belongs to document[i]. `words` and `document` need room for a
    word a code point, `starts` for one more than that; a document without words is an item without words. Returns the
    numbers of words and of items.
    """
    n = items = first = 0
    starts[0] = 0
    for d in range(ends.size):
        last, before = ends[d], items
        k = first
        while k < last:
            c = text[k]
            kind = classes[c]
            if kind == LETTER:
                h = BASIS
                while True:
                    h = _step(h, lower[c])
                    k += 1
                    if k == last:
                        break
                    c = text[k]
                    kind = classes[c]
                    if kind == APOSTROPHE and k + 1 < last and classes[text[k + 1]] == LETTER:
                        h = _step(h, 39)
                        k += 1
                        c = text[k]
                    elif kind != LETTER and kind != MARK:
                        break
                words[n] = _mixed(h)
                n += 1
                continue
            if kind == IDEOGRAPH:
                words[n] = _mixed(_step(BASIS, c))
                n += 1
            elif kind == STOP and by_sentence and n > starts[items] and _ends(text, k + 1, last, classes):
                document[items] = d
                items += 1
                starts[items] = n
            k += 1
        if n > starts[items] or items == before:
            document[items] = d
            items += 1
            starts[items] = n
        first = last
    return n, items


@kernel
def whole(text, ends, lower, words):
    """Hashes of texts text[ends[i - 1] : ends[i]] taken as one word each, in lower case."""
    first = 0
    for i in range(ends.size):
        h = BASIS
        for k in range(first, ends[i]):
            h = _step(h, lower[text[k]])
        words[i] = _mixed(h)
        first = ends[i]


@kernel
def fill(known, table, place):
    """Open addressing: table[slot] holds a hash of `known` (V,), place[slot] its index; sizes are powers of two."""
    mask = np.uint64(table.size - 1)
    for i in range(known.size):
        slot = known[i] & mask
        while table[slot] != np.uint64(0):
            slot = (slot + np.uint64(1)) & mask
        table[slot] = known[i]
        place[slot] = i


@inline
def _index(word, table, place, mask):
    """Index of a hash in the vocabulary; -1 for an unknown word."""
    slot = word & mask
    while True:
        if table[slot] == word:
            return place[slot]
        if table[slot] == np.uint64(0):
            return -1
        slot = (slot + np.uint64(1)) & mask


@kernel
def find(words, table, place, index):
    """Indices (n,) of hashes in the vocabulary; -1 for unknown words."""
    mask = np.uint64(table.size - 1)
    for j in range(words.size):
        index[j] = _index(words[j], table, place, mask)


@kernel
def weigh(index, counts, starts, first, every, known, sums):
    """Sums of weights over the words of every item.

    sums[i] = (sum of `first` over its distinct words, plus sum of count * `every`, each (S,); its number of words; the
    sum of count * `known`). `counts` is (n,), or empty where every count is 1; `first`, `every` are (V, S).
    """
    s = first.shape[1]
    stamp = np.full(first.shape[0], -1, np.int64)
    for i in range(starts.size - 1):
        row = sums[i]
        row[:] = 0.0
        for j in range(starts[i], starts[i + 1]):
            c = counts[j] if counts.size > 0 else 1.0
            v = index[j]
            row[s] += c
            if v < 0 or not c > 0.0:
                continue
            row[s + 1] += c * known[v]
            fresh = stamp[v] != i
            stamp[v] = i
            for k in range(s):
                row[k] += c * every[v, k] + (first[v, k] if fresh else 0.0)


@kernel
def tally(index, counts, starts, group, present, total):
    """Add to present[g, v] the items of group g that hold word v, and to total[g, v] its count in them."""
    stamp = np.full(present.shape[1], -1, np.int64)
    for i in range(starts.size - 1):
        g = group[i]
        for j in range(starts[i], starts[i + 1]):
            c = counts[j] if counts.size > 0 else 1.0
            v = index[j]
            if v < 0 or not c > 0.0:
                continue
            total[g, v] += c
            if stamp[v] != i:
                stamp[v] = i
                present[g, v] += 1.0
