"""Recursive retraining of an n-gram model on human text and on its own (MODEL 1.8)."""

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mfsolve.arrays import Arrays, Floats
from mfsolve.data.corpus import Corpus
from mfsolve.kernels.numerics import sums, wasserstein
from mfsolve.kernels.numerics.elementary import exponentials, natural_log, natural_logs
from mfsolve.kernels.random.philox import stream_key, uniforms
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import Quantity

from .market import mean_field_path
from .ngram import NGram, Words
from .parameters import Parameters, Population, Record, Share
from .policies import policy_of

PATH = ("generation",)
HELD_OUT = 5
"""Every fifth block is held out: no model ever reads it."""
QUANTITIES = {
    "contamination": Quantity(PATH, "share of synthetic blocks in the pool"),
    "cross_entropy": Quantity(PATH, "cross-entropy of held-out text", "nats a word"),
    "log_quality": Quantity(PATH, "log quality: cross-entropy of generation 0 less this one's"),
    "quality_loss": Quantity(PATH, "log quality lost since generation 0"),
    "exposure": Quantity(PATH, "cumulative squared contamination, from generation 1"),
    "log_exposure": Quantity(PATH, "squared contamination times ln(1 + t)"),
    "dose": Quantity(PATH, "cumulative contamination, from generation 1"),
    "w2_drift": Quantity(PATH, "W2 of word surprisals, pool to held-out text", "human standard deviations"),
    "support": Quantity(PATH, "distinct words in the pool", "words"),
    "divergence": Quantity(PATH, "KL divergence of the generator from the model of human text", "nats a word"),
    "coefficient": Quantity(PATH, "half the chi-square divergence of the generator from that model, per word"),
}


class Course(enum.StrEnum):
    """Course of contamination: constant, or that of the calibrated market without policy or under the closed form."""

    CONSTANT = "constant"
    NONE = "none"
    CLOSED_FORM = "closed_form"


class TextParameters(Frozen):
    """Human text, and the model that is retrained on it (MODEL 1.8)."""

    FILES: ClassVar[tuple[str, ...]] = ("text",)

    text: Corpus = Field(
        default_factory=lambda: Corpus.of("pydoc_topics"), description="a text file, or pydoc_topics of Python itself"
    )
    block: int = Field(64, ge=2, le=4096, description="words per block; a block is either human or synthetic")
    order: int = Field(2, ge=1, le=3, description="order n of the n-grams")
    discount: float = Field(0.75, gt=0.0, lt=1.0, description="absolute discount D of Kneser-Ney smoothing")
    contamination: Share = Field(0.5, description="share of synthetic blocks, if it is constant")

    @model_validator(mode="after")
    def _enough(self) -> "TextParameters":
        blocks = self.text.words.size // self.block
        if blocks < 2 * HELD_OUT:
            raise ValueError(f"block: {self.block} given; allowed: at most {self.text.words.size // (2 * HELD_OUT)}")
        return self


class Retraining(Frozen):
    """Temperature of the generator, and the course of contamination."""

    temperature: float = Field(
        1.0, gt=0.0, le=1.0, description="temperature delta: frequencies are raised to 1 / delta"
    )
    course: Course = Field(Course.CONSTANT, description="constant, or the calibrated market's: none, closed_form")


@dataclass(frozen=True, eq=False)
class HumanText:
    """Human text in blocks: for training (n, words), held out (k, words); surprisal (V,) of each word, in nats."""

    training: Words
    held_out: Words
    surprisal: Floats
    model: NGram


@lru_cache(maxsize=8)
def human_text(parameters: TextParameters) -> HumanText:
    """Blocks of the text, every fifth held out, and the model of the others at temperature 1."""
    p = parameters
    blocks = p.text.words[: p.text.words.size // p.block * p.block].reshape(-1, p.block)
    held = np.arange(blocks.shape[0]) % HELD_OUT == HELD_OUT - 1
    training, vocabulary = blocks[~held], len(p.text.vocabulary)
    counts = np.bincount(training.ravel(), minlength=vocabulary) + 1.0
    logs = np.empty(vocabulary)
    natural_logs(counts, logs)
    surprisal = natural_log(counts.sum()) - logs
    return HumanText(training, blocks[held], surprisal, NGram.fitted(training, vocabulary, p.order, p.discount))


def course_of(parameters: TextParameters, retraining: Retraining, generations: int) -> Floats:
    """Contamination of generations 0..T: none at first; then constant, or the mean field's of the calibrated market."""
    if retraining.course is Course.CONSTANT:
        return np.append(0.0, np.full(generations, parameters.contamination))
    path = mean_field_path(
        Parameters(), policy_of(retraining.course.value), Population(generations=generations), Record()
    )
    return np.append(0.0, path["contamination"][1:])


def surprisal_distance(human: HumanText, pool: Words) -> float:
    """W2 between the surprisals of the pool's words and of held-out ones, in standard deviations of the latter."""
    a, b = (np.sort(human.surprisal[text.ravel()]) for text in (pool, human.held_out))
    u, v = (np.arange(x.size + 1) / x.size for x in (a, b))
    centred = b - sums.total(b) / b.size
    variance = sums.total(centred * centred) / b.size
    return float(np.sqrt(wasserstein.quantile_gap(u, a, a, v, b, b) / variance))


def retrain(parameters: TextParameters, retraining: Retraining, generations: int, seed: int, replicate: int) -> Arrays:
    """Path of an n-gram model that is fitted again and again to a pool of human blocks and of its own (MODEL 1.8).

    In every generation each block of the training text is, with probability rho_t, replaced by one that the generator
    of the generation before writes; the others stay as they are, so that without contamination nothing ever changes.

    Returns
    -------
    dict of ndarray (T + 1,)
        `QUANTITIES`, along generations 0..T; a pure function of the arguments.
    """
    p, human, share = parameters, human_text(parameters), course_of(parameters, retraining, generations)
    vocabulary = len(p.text.vocabulary)
    keys = {purpose: stream_key(seed, f"text/{purpose}") for purpose in ("origin", "block", "probe")}
    pool, every = human.training, np.ones(64, np.bool_)
    path: dict[str, list[float]] = {name: [] for name in QUANTITIES}
    exposure = dose = first = 0.0
    generator = human.model
    for t in range(generations + 1):
        if t > 0:
            origin = np.empty(pool.shape[0])
            uniforms(keys["origin"], np.uint64(0), np.uint64(t), np.uint64(replicate), np.uint64(0), origin)
            synthetic: NDArray[np.bool_] = origin <= share[t]
            pool = human.training.copy()
            generator.generate(keys["block"], t, replicate, synthetic, pool)
            exposure, dose = exposure + float(np.mean(synthetic)) ** 2, dose + float(np.mean(synthetic))
        model = NGram.fitted(pool, vocabulary, p.order, p.discount)
        cold = retraining.temperature < 1.0
        generator = NGram.fitted(pool, vocabulary, p.order, p.discount, retraining.temperature) if cold else model
        probe = np.zeros((every.size, p.block), np.int64)
        generator.generate(keys["probe"], t, replicate, every, probe)
        ratio = generator.log_probabilities(probe) - human.model.log_probabilities(probe)
        odds = np.empty(ratio.size)
        exponentials(ratio, odds)
        entropy = model.cross_entropy(human.held_out)
        first = entropy if t == 0 else first
        state = {
            "contamination": float(np.mean(synthetic)) if t > 0 else 0.0,
            "cross_entropy": entropy,
            "log_quality": first - entropy,
            "quality_loss": entropy - first,
            "exposure": exposure,
            "log_exposure": float(share[t] * share[t] * natural_log(1.0 + t)),
            "dose": dose,
            "w2_drift": surprisal_distance(human, pool),
            "support": float(np.unique(pool).size),
            "divergence": float(sums.total(ratio)) / ratio.size,
            "coefficient": 0.5 * (float(sums.total(odds)) / ratio.size - 1.0),
        }
        for name, value in state.items():
            path[name].append(value)
    return {name: np.array(values) for name, values in path.items()}
