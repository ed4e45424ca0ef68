"""Spelling of names of study files and code as readers know them: EDVEX, AI, Gaussian, R²."""

import re

SPELT = {
    "ai": "AI", "edvex": "EDVEX", "em": "EM", "hac": "HAC", "hhi": "HHI", "jko": "JKO", "mle": "MLE", "mlmc": "MLMC",
    "pmir": "PMIR", "r squared": "R²", "sdce": "SDCE", "w2": "W2", "buyout": "buy-out", "buyouts": "buy-outs",
    **{name: name.capitalize() for name in (
        "bayesian", "bernoulli", "brownian", "cramer", "gaussian", "gini", "laplace", "markov", "nash", "newton",
        "pareto", "pigouvian", "poisson", "rao", "ricardian", "shapley", "wasserstein", "zipf",
    )},
}  # fmt: skip
"""Words as they are spelt, by how names have them once their underscores are gone."""
WORD = re.compile(rf"\b(?:{'|'.join(sorted(SPELT, key=len, reverse=True))})\b")


def spelt(words: str) -> str:
    """The words of a name with abbreviations, people and terms as papers spell them; all else stays as it is."""
    return WORD.sub(lambda match: SPELT[match[0]], words)


def in_words(name: str) -> str:
    """A name of a study file or of code, such as an arm or an output, as words that readers know."""
    return {"none": "no policy"}.get(name) or spelt(name.replace("_", " "))
