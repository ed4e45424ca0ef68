"""The points of a study: its arms at every place of its grid, each with a key, a seed and validated inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mfsolve.experiments.experiment import Case, Experiment
from mfsolve.models.arguments import nearest
from mfsolve.spelling import in_words
from mfsolve.study.file.settings import Ensemble, SeedSharing
from mfsolve.study.file.source import RawArm, Source, digest
from mfsolve.study.file.sweep import Sweep, read_sweep

SCHEMA = 1
WORDS = "label"
"""Key of an arm's table that says what figures and tables call the arm: never a part of its numbers."""
CASE_SECTIONS = ("parameters", "population", "record")


@dataclass(frozen=True)
class Point:
    """One point of a study: an arm at one place of the grid.

    `key` is a hash of everything that decides its numbers; `seed` is shared or not as the study asks. `words` are what
    the study file calls the arm on figures and in tables, if it says so.
    """

    arm: str
    coordinates: Mapping[str, Any]
    case: Case
    seed: int
    identity: Mapping[str, Any]
    words: str = ""

    @cached_property
    def key(self) -> str:
        """Content hash, 16 hexadecimal digits."""
        return digest(self.identity)[:16]

    @property
    def label(self) -> str:
        """Name of the point's group in the consolidated file, such as `none/producers=100`."""
        place = ",".join(f"{axis.rpartition('.')[2]}={value}" for axis, value in self.coordinates.items())
        return f"{self.arm}/{place}" if place else self.arm


def swept(
    raw: Mapping[str, Any], experiment: Experiment, ensemble: Ensemble, source: Source
) -> tuple[list[Point], Sweep]:
    """Every arm at every place of the grid that it depends on, in the order of the file, and what is varied.

    Raises
    ------
    StudyError
        For the first thing that is wrong.
    """
    for section in CASE_SECTIONS:
        if not isinstance(raw.get(section, {}), Mapping):
            source.fail(f"{section}: a table is needed")
    arms = _arms(raw, experiment, source)
    sweep = read_sweep(raw, experiment, arms, ensemble.seed, source)
    points, known = [], set()
    for whole in sweep.places():
        for label, raw_arm in arms.items():
            place = sweep.of(label, whole)
            mark = (label, *map(repr, place.values()))
            if mark not in known:
                known.add(mark)
                seed = _seed(ensemble, place, sweep.shared(place), label)
                points.append(_point(raw, experiment, seed, source, place, label, raw_arm))
    seen: dict[str, Point] = {}
    for point in points:
        twin = seen.setdefault(point.key, point)
        if twin is not point:
            source.fail(f"{twin.label} and {point.label} are the same point: arms and places must differ")
    return points, sweep


def _point(
    raw: Mapping[str, Any],
    experiment: Experiment,
    seed: int,
    source: Source,
    place: Mapping[str, Any],
    label: str,
    raw_arm: RawArm,
) -> Point:
    tables = {section: dict(raw.get(section, {})) for section in CASE_SECTIONS}
    tables[experiment.section] = dict(raw_arm.settings)
    for axis, value in place.items():
        section, *_, key = axis.split(".")
        tables[section][key] = value
    where = f"grid: at {place}: " if place else ""
    built = {s: source.build(getattr(experiment, s), tables[s], where + s) for s in CASE_SECTIONS}
    arm = experiment.arms[raw_arm.rule]
    chosen = source.build(arm.settings, tables[experiment.section], f"{where}{experiment.section}.{label}")
    case = Case(built["parameters"], chosen, built["population"], built["record"], raw_arm.rule)
    try:
        arm.check(case)
    except ValueError as error:
        source.fail(f"{where}{error}")
    identity = {
        "schema": SCHEMA,
        "model": experiment.name,
        "seed": seed,
        experiment.section: {"rule": raw_arm.rule, **chosen.model_dump(mode="json")},
        **{s: built[s].model_dump(mode="json") for s in CASE_SECTIONS},
    }
    return Point(label, place, case, seed, identity, raw_arm.words)


def _arms(raw: Mapping[str, Any], experiment: Experiment, source: Source) -> dict[str, RawArm]:
    section, rules = experiment.section, list(experiment.arms)
    given = raw.get(section, {rules[0]: {}})
    if not isinstance(given, Mapping) or not given:
        source.fail(f"{section}: a table is needed, such as [{section}.{rules[0]}]")
    result = {}
    for label, settings in given.items():
        if not isinstance(settings, Mapping):
            source.fail(f"{section}.{label}: a table is needed")
        rule = str(settings.get("rule", label))
        if rule not in rules:
            source.fail(f"{section}.{label}: unknown rule {rule!r}{nearest(rule, rules)}")
        if "/" in label or label.strip(". ") == "" or not label.isprintable():
            source.fail(f"{section}.{label!r}: a label needs letters or digits, and must not contain '/'")
        own = own_keys(experiment, rule)
        words = settings.get(WORDS, "") if WORDS in own else ""
        if WORDS in own & settings.keys() and not _are_words(words):
            source.fail(f"{section}.{label}.{WORDS}: {words!r} given: words on one line are needed")
        result[label] = RawArm(rule, {key: value for key, value in settings.items() if key not in own}, words)
    _check_words(result, section, source)
    return result


def own_keys(experiment: Experiment, rule: str) -> frozenset[str]:
    """Keys of an arm's table that are none of its settings: its rule, and its words where no setting has that name."""
    return frozenset({"rule", WORDS}) - ({WORDS} & experiment.arms[rule].settings.model_fields.keys())


def _are_words(given: Any) -> bool:
    """True of a text that can be read in a legend, which leaves out what begins with an underscore."""
    return isinstance(given, str) and given.isprintable() and given.strip(" _") != "" and given[0] not in " _"


def _check_words(arms: Mapping[str, RawArm], section: str, source: Source) -> None:
    """Refuse the words of an arm that another one goes by: nobody could tell them apart."""
    known: dict[str, str] = {}
    for name in sorted(arms, key=lambda name: bool(arms[name].words)):  # those with words of their own come last
        words = arms[name].words or in_words(name)
        other = known.setdefault(words, name)
        if other != name and arms[name].words:
            source.fail(f"{section}.{name}.{WORDS}: {words!r} given: {section}.{other} goes by these words")


def _seed(ensemble: Ensemble, place: Mapping[str, Any], shared: Mapping[str, Any], label: str) -> int:
    """The study's seed, or one derived from it and from the place: the same whatever else the grid holds.

    `shared` is the part of the place that every arm has: there arms share their random numbers.
    """
    sharing = ensemble.common_random_numbers
    mark: dict[str, Any] = {}
    here = place if sharing is SeedSharing.NONE else shared
    if here and sharing is not SeedSharing.ALL:
        mark["place"] = dict(here)
    if sharing is SeedSharing.NONE:
        mark["policy"] = label
    return ensemble.seed if not mark else int(digest([ensemble.seed, mark])[:15], 16)
