"""The commented experiment, and a study of it, that `mfsolve new --experiment NAME` writes."""

import keyword

from mfsolve.commands.new import named
from mfsolve.paths import exists, is_dir
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.files import write_text

MODEL = '''"""NAME: a market in which firms imitate each other, to be replaced by a model of your own.

Plain NumPy is enough. A study runs it as model = "NAME:EXPERIMENT"; `mfsolve check NAME` audits it.
"""

import numpy as np

from mfsolve.experiments import Arm, Case, Experiment, Field, Frozen, Output, Reference, generator


# Settings. Every field has a default, a range and a meaning: `mfsolve list` shows them, a study file may set them, and
# what lies outside the range is refused with one line.
class Parameters(Frozen):
    """The economy."""

    start: float = Field(0.1, gt=0.0, lt=1.0, description="share of adopters at first")
    imitation: float = Field(0.5, ge=0.0, le=1.0, description="probability of imitating an adopter one meets")
    periods: int = Field(20, ge=1, le=10_000, description="periods")


class Population(Frozen):
    """The size of the market: the first whole number here is what `mfsolve check` makes larger."""

    firms: int = Field(1000, ge=1, le=10**9, description="firms")


class Taxed(Frozen):
    """What only this arm has."""

    tax: float = Field(0.2, ge=0.0, le=1.0, description="share of imitations that the tax prevents")


# What a replicate stores: name -> dimensions, meaning. Its first dimension is the experiment's path; an output with no
# dimensions is a single number; `units="USD"` says in what it is measured. `support` holds the least and greatest
# value, where they are known; where NaN or an infinity means something, `undefined="never adopted"` says what.
def drawn(case: Case) -> dict[str, Output]:
    """Outputs of a replicate."""
    return {"adopters": Output(("period",), "share of adopters", support=(0.0, 1.0))}


def coordinates(case: Case) -> dict[str, np.ndarray]:
    """Values along every dimension."""
    return {"period": np.arange(case.parameters.periods + 1)}


def rate(case: Case) -> float:
    """Probability of imitation in an arm: `case.rule` names it, `case.arm` holds its settings."""
    tax = case.arm.tax if case.rule == "taxed" else 0.0
    return float(case.parameters.imitation * (1.0 - tax))


# One replicate. Random numbers come from `generator(seed, replicate)` and nothing else, so that the same replicate has
# the same numbers on any machine, in any order. `threads` may be used, and must not change the result. The order of a
# set of texts and hash() differ from process to process.
def draw(case: Case, seed: int, replicate: int, threads: int) -> dict[str, np.ndarray]:
    """One market, firm by firm."""
    rng, firms = generator(seed, replicate), case.population.firms
    adopters = round(case.parameters.start * firms)
    path = [adopters]
    for _ in range(case.parameters.periods):
        adopters += rng.binomial(firms - adopters, rate(case) * adopters / firms)
        path.append(adopters)
    return {"adopters": np.array(path) / firms}


# The deterministic limit of many firms, where there is one. Without it, leave `reference` out below.
def limit(case: Case) -> dict[str, np.ndarray]:
    """Infinitely many firms."""
    path = [case.parameters.start]
    for _ in range(case.parameters.periods):
        path.append(path[-1] + (1.0 - path[-1]) * rate(case) * path[-1])
    return {"adopters": np.array(path)}


# Closed forms that an estimate may name as its `prediction`.
def final_share(case: Case) -> float:
    """Share of adopters at the end, by the limit."""
    return float(limit(case)["adopters"][-1])


# Arms are what a study compares: policies, rules, solvers. `toy` makes a study small for tests. A data file that the
# model reads, such as np.loadtxt(Path(__file__).with_name("prices.csv")), is named by `files=("prices.csv",)`: it is
# part of the fingerprint, and kept with every run. Where a setting is a time step, or anything whose smaller values are
# the finer ones, `finer_downward=frozenset({"parameters.dt"})` names it: `mfsolve check` then halves it.
ARMS = {
    name: Arm(settings, draw, drawn, coordinates=coordinates, reference=Reference(drawn, limit))
    for name, settings in (("free", Frozen), ("taxed", Taxed))
}
EXPERIMENT = Experiment(
    name="NAME",
    title="firms that imitate each other",
    parameters=Parameters,
    population=Population,
    arms=ARMS,
    section="policies",
    word="policy",
    path="period",
    predictions={"final_share": final_share},
    toy={"population.firms": 100},
)
'''

STUDY = """# The question that this study puts to NAME.py, and what was found.
title = "NAME"
model = "NAME:EXPERIMENT"   # the file beside this one

[policies.free]
[policies.taxed]
tax = 0.2

# Every combination of these values is a point of the study.
[grid]
population.firms = [100, 400, 1600]

[ensemble]
replicates = 200
seed = 1

# Rows of the report; `mfsolve list study` names every key.
[[estimates]]
name = "adopters at the end"
quantity = "adopters"
policy = "free"
prediction = "final_share"

[[estimates]]
name = "adopters at period 5, less with the tax"
statistic = "difference"
quantity = "adopters"
policy = "taxed"
baseline = "free"
at = 5

[[estimates]]
name = "order in the number of firms"   # sampling error falls as its square root
statistic = "order"
quantity = "adopters"
policy = "free"
axis = "population.firms"
at = 5
prediction = 0.5
tolerance = 0.1
"""


def new_experiment(name: str) -> int:
    """Write NAME.py, a commented experiment, and NAME.toml, a study of it; never over a file that is there.

    Raises
    ------
    StudyError
        Where the name is no module's name, a file exists or the folder does not.
    """
    place = named(name, ".py", ".toml").with_suffix("")
    word = place.name
    if not word.isidentifier() or keyword.iskeyword(word):
        raise StudyError(
            f"--experiment: {word!r} given; allowed: letters, digits and _, as in the name of a Python module"
        )
    import sys

    from mfsolve.experiments import NAMES

    if word in sys.stdlib_module_names or word in NAMES or word == "mfsolve":
        raise StudyError(f"--experiment: {word!r} given: Python or mfsolve already has that name; choose another")
    model, study = place.with_suffix(".py"), place.with_suffix(".toml")
    for path in (model, study):
        if exists(path):
            raise StudyError(f"{path}: already exists; choose another name")
    if not is_dir(place.parent):
        raise StudyError(f"{place.parent}: no such folder")
    write_text(model, MODEL.replace("NAME", word))
    write_text(study, STUDY.replace("NAME", word))
    print(f"{model}: edit it, then: mfsolve check {model} && mfsolve run {study}")
    return 0
