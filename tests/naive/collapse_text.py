"""Kneser-Ney n-grams with dictionaries and a loop over the vocabulary (MODEL 1.8)."""

import math
from collections import Counter, defaultdict


class KneserNey:
    def __init__(self, blocks, vocabulary, order, discount, delta=1.0):
        self.vocabulary, self.order, self.discount, self.delta = vocabulary, order, discount, delta
        grams = Counter()
        for block in blocks:
            words = [vocabulary] * (order - 1) + list(block)
            for j in range(len(block)):
                grams[tuple(words[j : j + order])] += 1
        self.counts = {order: grams}
        for k in range(order - 1, 0, -1):
            self.counts[k] = Counter(gram[1:] for gram in self.counts[k + 1])
        self.after = {k: defaultdict(dict) for k in self.counts}
        for k, found in self.counts.items():
            for gram, count in found.items():
                self.after[k][gram[:-1]][gram[-1]] = count

    def escape(self, k, context):
        follows = self.after[k].get(context)
        return 1.0 if follows is None else self.discount * len(follows) / sum(follows.values())

    def probability(self, history, word):
        """`history`: the order - 1 words before."""
        p = 1.0 / self.vocabulary
        for k in range(1, self.order + 1):
            context = tuple(history[len(history) - (k - 1) :])
            follows = self.after[k].get(context, {})
            weights = {w: (c - self.discount) ** (1.0 / self.delta) for w, c in follows.items()}
            f = weights.get(word, 0.0) / sum(weights.values()) if weights else 0.0
            g = self.escape(k, context)
            p = (1.0 - g) * f + g * p
        return p

    def log_probabilities(self, blocks):
        out = []
        for block in blocks:
            words = [self.vocabulary] * (self.order - 1) + list(block)
            before = self.order - 1
            out += [math.log(self.probability(words[j : j + before], words[j + before])) for j in range(len(block))]
        return out
