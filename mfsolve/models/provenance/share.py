"""Share of synthetic items in a pool, from samples in any form: one call for the command and for Python (MODEL 3.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mfsolve.data.rows import Sources
from mfsolve.data.samples import LIKELIHOODS, Documents, Kind, Numbers, Sample, Tokens, clustered, running_numbers
from mfsolve.data.words import Unit, chosen
from mfsolve.models.arguments import member, number
from mfsolve.models.frozen import InputError

from . import cell_counts, copies
from .clusters import grouped_rows, of_references
from .cross_fitted import CrossFitted, enough
from .document_shares import DocumentQuantification
from .linear_scores import LinearScores
from .memory_samples import Asked, sample
from .quantify import Quantification, quantify_counts
from .shared_documents import others, shared
from .word_likelihoods import WordLikelihoods

FEW_FEATURES = 8  # features that a density ratio of full Gaussians is fitted to; more get a shrunk linear score
Answer = Quantification | DocumentQuantification


@dataclass(frozen=True)
class Settings:
    """Settings of a quantification: level, unit of texts, kind of the samples, columns to take or to leave."""

    level: float = 0.95
    unit: Unit = Unit.DOCUMENT
    kind: Kind | None = None
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    text: str = "text"
    cluster: str | Mapping[str, Any] | None = None

    @property
    def asked(self) -> Asked:
        """Return the settings by which every sample is read."""
        return Asked(self.kind, self.unit, self.columns, self.ignore, self.text, self.cluster)


@dataclass(frozen=True)
class Prepared:
    """Samples of one kind with common columns: a pool and its references, human first; what was left out, in words."""

    pools: Mapping[str, Sample]
    references: Mapping[str, Sample]
    kind: Kind
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def prepare(pools: Mapping[str, Sample], references: Mapping[str, Sample], settings: Settings) -> Prepared:
    """Bring samples to one kind and the same columns; numbers that only count rows are left out (MODEL 3.5).

    Raises
    ------
    InputError
        For samples of several kinds, and where no column is left.
    """
    first, *others = [*pools.values(), *references.values()]
    for other in others:
        if other.kind is not first.kind:
            raise InputError(f"{other.name}: holds {other.kind}, {first.name} holds {first.kind}; allowed: one kind")
    if first.kind is not Kind.FEATURES:
        given: tuple[str, ...] = LIKELIHOODS if first.kind is Kind.LIKELIHOODS else ()
        return Prepared(pools, references, first.kind, given, ())
    assert isinstance(first, Numbers)
    known = first.rows.columns
    for name in (*settings.columns, *settings.ignore):
        if name not in known:
            raise InputError(f"{first.name}: column {name!r} is missing; known: {', '.join(known)}")
    notes: list[str] = []
    columns = settings.columns or tuple(c for c in known if c not in settings.ignore)
    if not settings.columns:
        running: set[str] = set()
        for one in (first, *others):
            if isinstance(one, Numbers):
                mine = tuple(c for c in columns if c in one.rows.columns)
                running |= set(running_numbers(one.of(mine).rows))
        left = [c for c in columns if c in running]
        columns = tuple(c for c in columns if c not in running)
        notes = [f"column {c}: numbers the rows and is left out; --columns {c},... takes it" for c in left]
        notes += _of_references_only(first, others)
    if not columns:
        raise InputError(f"{first.name}: no column is left; at least 1 is needed")

    def same(samples: Mapping[str, Sample]) -> dict[str, Sample]:
        return {label: one.of(columns) if isinstance(one, Numbers) else one for label, one in samples.items()}

    return Prepared(same(pools), same(references), first.kind, columns, tuple(notes))


def _of_references_only(pool: Numbers, others: Sequence[Sample]) -> list[str]:
    """One note on columns that a reference has and the pool lacks."""
    if not pool.header:
        return []
    found = {c: one.name for one in others if isinstance(one, Numbers) for c in one.header if c not in pool.header}
    if not found:
        return []
    names = " and ".join(dict.fromkeys(found.values()))
    return [f"column{'s' * (len(found) > 1)} {', '.join(found)}: in {names} only, and left out"]


def cross_fitted(references: Sequence[Sample], kind: Kind) -> CrossFitted | None:
    """Scores fitted to references of documents or of many features; None for kinds that are counted in cells."""
    if kind is Kind.DOCUMENTS:
        wholes = [one.whole() for one in references if isinstance(one, Documents)]
        gone = shared([block for block, _ in wholes])
        kept = [others(block, gone) for block, _ in wholes]
        blocks = [chosen(block, keep) for (block, _), keep in zip(wholes, kept)]
        named = [None if own is None else own[keep] for (_, own), keep in zip(wholes, kept)]
        identity = [copies.of_documents(block) for block in blocks]
        names = [one.name for one in references]
        enough(names, copies.several(identity), gone.size)
        scorer = WordLikelihoods(blocks, of_references(names, named, identity))
        return CrossFitted(scorer, len(references), gone)
    numbers = [one for one in references if isinstance(one, Numbers)]
    if kind is Kind.FEATURES and (len(numbers[0].rows.columns) > FEW_FEATURES or len(references) > 2):
        rows = [np.concatenate([np.empty((0, len(one.rows.columns))), *one.rows.blocks()]) for one in numbers]
        identity, names = [copies.of_rows(x) for x in rows], [one.name for one in numbers]
        enough(names, copies.several(identity))
        grouped = of_references(names, [one.clusters for one in numbers], identity)
        return CrossFitted(LinearScores(rows, grouped), len(references))
    if len(references) > 2:
        raise InputError(f"{len(references)} sources given of kind {kind}; allowed: 2, or documents or features")
    return None


def fill(behind: CrossFitted, pool: Sample, label: str | None = None) -> None:
    """Add all of a pool, under a label, under the periods that it names, or as one."""
    start = 0
    if isinstance(pool, Documents):
        for block, periods, clusters in pool.blocks():
            if behind.shared.size and not (keep := others(block, behind.shared)).all():
                block, places = chosen(block, keep), np.flatnonzero(keep).tolist()
                periods = None if periods is None else [periods[k] for k in places]
                clusters = None if clusters is None else clusters[places]
            named = periods if label is None else [label] * block.documents
            behind.add(block, block.document, named, copies.of_documents(block), clusters)
    elif isinstance(pool, Numbers):
        for rows in pool.rows.blocks():
            count = rows.shape[0]
            periods = None if pool.periods is None else list(pool.periods[start : start + count])
            named = periods if label is None else [label] * count
            clusters = None if pool.clusters is None else pool.clusters[start : start + count]
            behind.add(rows, np.arange(count), named, copies.of_rows(rows), clusters)
            start += count


def quantify_samples(
    pool: Sample, human: Sample, synthetic: Sample, settings: Settings, behind: CrossFitted | None = None
) -> Answer:
    """Estimate the share of synthetic items in a pool; `behind` are scores fitted to these references before."""
    level = number("level", settings.level, "(0, 1)")
    behind = behind or cross_fitted([human, synthetic], pool.kind)
    if behind is not None:
        fill(behind, pool, "the pool")
        unit = str(settings.unit) if pool.kind is Kind.DOCUMENTS else "row"
        return DocumentQuantification.of(behind, behind.shares("the pool"), level, (str(pool.kind), unit))
    if isinstance(pool, Tokens) and isinstance(human, Tokens) and isinstance(synthetic, Tokens):
        return quantify_counts(_token_counts(pool, human, synthetic), level, clumped=True)
    assert isinstance(pool, Numbers)
    assert isinstance(human, Numbers)
    assert isinstance(synthetic, Numbers)
    sources = Sources(
        grouped_rows(pool.rows, pool.clusters, reference=False),
        *(grouped_rows(one.rows, one.clusters, reference=True) for one in (human, synthetic)),
    )
    if pool.kind is Kind.LIKELIHOODS:
        return quantify_counts(cell_counts.likelihood_counts(sources, level), level, kind="likelihoods")
    return quantify_counts(cell_counts.feature_counts(sources), level, kind="features")


def _token_counts(pool: Tokens, human: Tokens, synthetic: Tokens) -> cell_counts.Counts:
    a, b = dict(human.counts()), dict(synthetic.counts())
    common = cell_counts.common_tokens(a, b)
    if not common:
        raise InputError(
            f"{human.name}: no token is counted {cell_counts.PER_CELL:g} times in the references together; "
            "at least 1 is needed"
        )
    seen = [token for token in a | b if a.get(token, 0.0) + b.get(token, 0.0) > 0.0]
    counts, unseen = pool.known(seen)
    return cell_counts.token_counts(common, counts, unseen, a, b)


def quantify(pool: Any, human: Any, synthetic: Any, **settings: Any) -> Answer:
    """Estimate the share of synthetic items in a pool from a human and a synthetic reference (MODEL 3.5).

    Parameters
    ----------
    pool, human, synthetic
        Samples of one kind: lists of texts; DataFrames with the columns of the command's files (`text`; `item`,
        `token`, `count`; `token`, `count`; `log_human`, `log_synthetic`; or features); arrays (n,) or (n, d) of
        features; counts by token as a mapping or a Series, aligned by their labels.
    **settings
        `level` of the interval in (0, 1), default 0.95; `unit`, "document" or "sentence"; `kind`, "documents" (of a
        matrix: documents by tokens), "tokens", "features" or "likelihoods"; `columns` and `ignore`, names of features
        to take or to leave; `text`, the column of texts; `cluster`, the column whose equal values say which rows are
        one draw (an author, a document cut into rows), needed of the pool, and used of the references that have it; of
        what is no table, a mapping from "pool", "human", "synthetic" to labels (n,) (MODEL 3.5.8).

    Returns
    -------
    Quantification or DocumentQuantification
        With `share`, `standard_error`, `interval`, `warnings()` and `report(half_width)`.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed: masks, values that are not finite, too few documents.
    """
    asked = settings_of(settings)
    given = {"pool": pool, "human": human, "synthetic": synthetic}
    samples = {name: sample(name, value, asked.asked) for name, value in given.items()}
    if asked.cluster is not None and not clustered(samples["pool"]):
        what = "counts by token" if isinstance(samples["pool"], Tokens) else "no clusters"
        raise ValueError(
            f"cluster: {what} given for the pool; allowed: a column of it, or a label for each of its items"
        )
    ready = prepare({"pool": samples["pool"]}, {k: samples[k] for k in ("human", "synthetic")}, asked)
    references = ready.references
    return quantify_samples(ready.pools["pool"], references["human"], references["synthetic"], asked)


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Check the settings of a call; ValueError naming the one that is unknown or out of its range."""
    known = set(Settings.__dataclass_fields__)
    for name in given:
        if name not in known:
            raise ValueError(f"{name}: unknown; known: {', '.join(sorted(known))}")
    kind = None if given.get("kind") is None else member("kind", given["kind"], Kind)
    unit = member("unit", given.get("unit", Unit.DOCUMENT), Unit)
    level = number("level", given.get("level", 0.95), "(0, 1)")
    columns, ignore = (_names(name, given.get(name, ())) for name in ("columns", "ignore"))
    cluster = given.get("cluster")
    if cluster is not None and not isinstance(cluster, str | Mapping):
        raise ValueError(f"cluster: {type(cluster).__name__} given; allowed: a column, or labels by sample's name")
    return Settings(level, unit, kind, columns, ignore, str(given.get("text", "text")), cluster)


def _names(name: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        raise ValueError(f"{name}: {given!r} given; allowed: a list of names")
    return tuple(given)
