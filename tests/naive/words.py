"""Slow twins of the kernels of words: Python's own strings and dictionaries."""

import unicodedata

IDEOGRAPHS = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
STOPS = ".!?…。！？｡\n\r\u2028\u2029۔।"
MASK = 2**64 - 1


def hashed(word):
    """FNV-1a over code points, high bits mixed into low ones."""
    h = 0xCBF29CE484222325
    for sign in word:
        h = ((h ^ ord(sign)) * 0x100000001B3) & MASK
    h ^= h >> 32
    h = (h * 0xFF51AFD7ED558CCD) & MASK
    return (h ^ (h >> 32)) or 1


def small(sign):
    lower = sign.lower()
    return lower if len(lower) == 1 else sign


def is_ideograph(sign):
    return unicodedata.category(sign)[0] in "LN" and any(low <= ord(sign) <= high for low, high in IDEOGRAPHS)


def is_letter(sign):
    return sign == "_" or (unicodedata.category(sign)[0] in "LN" and not is_ideograph(sign))


def sentences(text):
    """Words of every sentence of a text that has any."""
    text = unicodedata.normalize("NFC", text)
    out, words, word = [], [], ""
    for k, sign in enumerate(text):
        after = text[k + 1] if k + 1 < len(text) else " "
        joins = word and sign in "'’" and is_letter(after)
        if is_letter(sign) or (word and unicodedata.category(sign)[0] == "M") or joins:
            word += "'" if joins else small(sign)
            continue
        words, word = words + [word] * bool(word), ""
        if is_ideograph(sign):
            words.append(sign)
        elif sign in STOPS and words and not is_letter(after):
            out.append(words)
            words = []
    words = words + [word] * bool(word)
    return out + [words] * bool(words)


def weighed(items, first, every, known):
    """Sums of weights per item; `items` are lists of (index, count), index -1 for an unknown word."""
    out = []
    for item in items:
        held = {v for v, c in item if v >= 0 and c > 0}
        sums = [sum(first[v][k] for v in held) + sum(c * every[v][k] for v, c in item if v >= 0)
                for k in range(len(first[0]))]  # fmt: skip
        out.append([*sums, sum(c for _, c in item), sum(c * known[v] for v, c in item if v >= 0)])
    return out
