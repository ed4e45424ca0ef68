"""Metrics that people log, as log quality: which direction is better, and on which scale it is a loss (MODEL 8.10)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.table import column_name
from mfsolve.models.arguments import nearest
from mfsolve.models.frozen import InputError

SCALES = ("log", "linear")
DIRECTIONS = ("lower", "higher")


@dataclass(frozen=True)
class Metric:
    """A column as log quality: plus or minus its value or its logarithm.

    Attributes
    ----------
    name : str
        Of the column.
    lower : bool
        Whether lower is better.
    log : bool
        Whether its logarithm is the log quality; else the value itself is one, as that of a loss or a divergence.
    assumed : bool
        Whether the logarithm is taken without a scale given or known.
    """

    name: str
    lower: bool
    log: bool
    assumed: bool = False

    @property
    def note(self) -> str:
        """Note on a logarithm that nobody asked for; empty where there is none."""
        if not self.assumed:
            return ""
        given = f"{self.name}:{'lower' if self.lower else 'higher'}:linear"
        return f"the logarithm of {self.name} is taken; if it is one already, or a loss, give --metric {given}"

    @property
    def words(self) -> str:
        """Formula of the log quality, as the report shows it."""
        return f"{'-' if self.lower else ''}{'ln ' if self.log else ''}{self.name}"

    @property
    def fall(self) -> str:
        """A decrease of the log quality in terms of the metric, which increases where less of it is better."""
        return f"{'increase' if self.lower else 'decrease'} of {'ln ' if self.log else ''}{self.name}"

    @property
    def allowed(self) -> str:
        """Interval of possible values; a log scale leaves 0 out, and the reader says so."""
        return "[0, inf)" if self.log else "(-inf, inf)"

    def log_quality(self, values: Floats) -> Floats:
        """Log quality (n,); values are positive where a logarithm is taken."""
        return np.asarray((-1.0 if self.lower else 1.0) * (np.log(values) if self.log else values))

    def error(self, errors: Floats, values: Floats) -> Floats:
        """Standard errors of the log quality from those of the metric."""
        return errors / values if self.log else errors


KNOWN = {
    name: Metric(name, lower, log)
    for names, lower, log in (
        (("quality", "accuracy", "acc", "f1", "bleu", "inception_score", "diversity", "entropy_ratio"), False, True),
        (("log_quality", "log_likelihood"), False, False),
        (("perplexity", "ppl"), True, True),
        (("loss", "nll", "cross_entropy", "test_loss", "val_loss", "eval_loss"), True, False),
        (("fid", "kid", "w2", "wasserstein", "kl", "mmd", "distance"), True, False),
    )
    for name in names
}
"""What is taken for a metric by its name. Losses and divergences are losses of log quality themselves."""
SETS = ("train_", "training_", "val_", "valid_", "validation_", "eval_", "test_", "held_out_")
"""Data that a metric is of, as trackers write it before its name: "eval/loss", "val_accuracy"."""
OWN = ("quality", "log_quality")
LOGARITHM = re.compile(r"(?:log|ln)(?:2|10)?[_\W]|nll|logp|logl|neg(?:ative)?_log", re.IGNORECASE)
"""How names of logarithms begin."""


def asked(text: str) -> Metric:
    """Read `NAME:lower|higher` or `NAME:lower|higher:log|linear`; without a scale, that of the known name or the log.

    Raises
    ------
    InputError
        For anything else.
    """
    name, *rest = (part.strip() for part in text.split(":"))
    name = column_name(name)
    known = known_as(name)
    if not rest and known is not None:
        return known
    if not name or len(rest) not in (1, 2) or rest[0] not in DIRECTIONS or (len(rest) == 2 and rest[1] not in SCALES):
        raise InputError(f"--metric: {text} given; NAME:lower or NAME:higher is needed, and :log or :linear may follow")
    lower = rest[0] == "lower"
    if len(rest) == 2:
        return Metric(name, lower, rest[1] == "log")
    if known is not None:
        return Metric(name, lower, known.log)
    log = not is_logarithm(name)
    return Metric(name, lower, log, assumed=log)


def known_as(name: str) -> Metric | None:
    """Metric of a column by its name, whatever data it is of: `eval/loss` is a loss."""
    bare = _bare(name)
    for start in SETS:
        if bare not in KNOWN:
            bare = bare.removeprefix(start)
    return replace(KNOWN[bare], name=name) if bare in KNOWN else None


def is_logarithm(name: str) -> bool:
    """Return True for a metric that is a logarithm by its name: it begins with log, ln or nll, after what it is of."""
    bare = _bare(name)
    while start := next((start for start in SETS if bare.startswith(start)), ""):
        bare = bare.removeprefix(start)
    stem = bare.lower().removeprefix("log").removeprefix("ln")
    return bool(LOGARITHM.match(bare)) or (stem != bare.lower() and stem in KNOWN)


def find(path: object, header: Sequence[str]) -> Metric:
    """Metric of a table that names none: `quality` or `log_quality`, else the only known one.

    Raises
    ------
    InputError
        Where there is none, or more than one.
    """
    own = [name for name in OWN if name in header]
    if len(own) == 2:
        raise InputError(f"{path}: one of the columns 'quality' and 'log_quality' is needed")
    found = own or [name for name in header if known_as(name)]
    if len(found) == 1 and (metric := known_as(found[0])) is not None:
        return metric
    if found:
        alike = len({*map(_bare, found)}) == 1
        runs = "; if each is a run, give --wide" if alike else ""
        raise InputError(f"{path}: has several metrics, {', '.join(found)}; choose one with --metric {found[0]}{runs}")
    near = nearest(header[-1], KNOWN) if len(header) > 2 else ""
    hint = near if "mean" in near and not is_logarithm(header[-1]) else ""
    runs = ", with --wide if every column is a run" if len(header) > 3 else ""
    raise InputError(
        f"{path}: no column is a known metric{hint}; name it with --metric NAME:lower or NAME:higher{runs}"
    )


def _bare(name: str) -> str:
    """A metric's name without what stands before a slash."""
    return name.rpartition("/")[2]
