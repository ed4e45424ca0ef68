"""A study file and the study it becomes: every part of it, its places, and what is refused in which words."""

import pytest

from mfsolve.study.file.config import drop_none, load_study, read_study, resolve
from mfsolve.study.file.settings import Figure
from mfsolve.study.file.source import StudyError

MODEL = """
import numpy as np
from mfsolve.experiments import Arm, Experiment, Field, Frozen, Output

class Parameters(Frozen):
    rate: float = Field(0.5, ge=0.0, le=1.0, description="rate")
    free: float | None = Field(None, description="not given")

class Tax(Frozen):
    tax: float = Field(0.1, ge=0.0, description="tax")

def drawn(case):
    return {"x": Output((), "x"), "y": Output(("time",), "y")}

EXPERIMENT = Experiment(
    name="own", title="own", parameters=Parameters, section="laws", word="law", path="time",
    arms={name: Arm(settings=kind, draw=lambda *_: {}, drawn=drawn, coordinates=lambda case: {"time": np.arange(4.0)})
          for name, kind in (("free", Frozen), ("taxed", Tax))},
    finer_downward=frozenset({"parameters.rate"}),
)
CLASH = Experiment(name="clash", title="clash", parameters=Parameters, section="axes", word="axis", arms=EXPERIMENT.arms)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("own")
    (found / "own.py").write_text(MODEL)
    return found


@pytest.fixture
def made(folder):
    def make(name="s", **raw):
        return resolve({"model": "own:EXPERIMENT", **raw}, name, str(folder / "s.toml"))

    return make


ESTIMATE = {"name": "e", "quantity": "x", "law": "free"}
LAWS = {"taxed": {"tax": 0.2}, "free": {}, "more": {"rule": "taxed", "tax": 0.3}}


def test_a_model_alone_is_a_study(made, folder):
    study = made()
    assert (study.name, study.title, study.source) == ("s", "s", str(folder / "s.toml"))
    assert (study.arms, study.axes, study.estimates, study.calibration) == (["free"], {}, [], None)
    assert study.figures == list(Figure)
    assert list(study.places()) == [{}]
    assert study.ensemble.replicates == 64
    resolved = {
        "title": "s", "kind": "ensemble", "model": "own:EXPERIMENT", "parameters": {"rate": 0.5}, "population": {},
        "record": {}, "laws": {"free": {"rule": "free"}}, "grid": {}, "figures": list(Figure), "estimates": [],
        "ensemble": drop_none(study.ensemble.model_dump(mode="json")),
    }  # fmt: skip
    assert study.resolved == resolved
    assert list(study.resolved) == [
        "title", "kind", "model", "parameters", "population", "record", "laws", "grid", "ensemble", "figures", "estimates",
    ]  # fmt: skip


def test_everything_that_is_written_stands_in_the_study(made):
    study = made(
        title="A title", kind="convergence", laws=LAWS, figures=["paths", "forest"], parameters={"rate": 0.25},
        grid={"laws": {"taxed": {"tax": [0.1, 0.2, 0.4]}}}, ensemble={"replicates": 5},
        estimates=[{**ESTIMATE, "law": "taxed", "statistic": "scaling", "axis": "laws.taxed.tax"}],
        calibration={"free": None, "replicates": 8},
    )  # fmt: skip
    assert study.title == study.resolved["title"] == "A title"
    assert study.arms == list(study.resolved["laws"]) == list(LAWS)
    # each arm as it is at its first place
    assert study.resolved["laws"] == {
        "taxed": {"rule": "taxed", "tax": 0.1}, "free": {"rule": "free"}, "more": {"rule": "taxed", "tax": 0.3},
    }  # fmt: skip
    assert study.figures == [Figure.PATHS, Figure.FOREST]
    assert (study.resolved["figures"], study.resolved["kind"]) == (["paths", "forest"], "convergence")
    assert study.resolved["parameters"] == {"rate": 0.25}
    assert study.resolved["grid"] == {"laws": {"taxed": {"tax": [0.1, 0.2, 0.4]}}}
    assert study.resolved["estimates"][0]["axis"] == "laws.taxed.tax"
    assert study.calibration == {"free": None, "replicates": 8}
    assert study.resolved["calibration"] == {"replicates": 8}
    assert study.axes == {"laws.taxed.tax": [0.1, 0.2, 0.4]}
    assert [spec.name for spec in study.estimates] == ["e"]


def test_places_of_arms_and_points_there(made):
    axes = {"laws": {"taxed": {"tax": [0.1, 0.2]}}, "parameters": {"rate": [0.3, 0.4]}}
    study = made(laws=LAWS, grid=axes)
    places = [{"laws.taxed.tax": t, "parameters.rate": r} for t in (0.1, 0.2) for r in (0.3, 0.4)]
    assert list(study.places()) == places
    next(study.places()).clear()
    assert list(study.places()) == places  # nobody else's
    assert list(study.places_of("taxed")) == list(study.places_of("free", "taxed")) == places
    assert list(study.places_of("free")) == [{"parameters.rate": 0.3}, {"parameters.rate": 0.4}]
    for label, coordinates in (("taxed", places[2]), ("free", {"parameters.rate": 0.3})):
        point = study.find(label, places[2])
        assert (point.arm, point.coordinates) == (label, coordinates)
    assert [study.find("taxed", place) for place in places] == [p for p in study.points if p.arm == "taxed"]


def test_tables_without_the_keys_that_hold_nothing():
    raw = {"a": None, "b": {"c": None, "d": [{"e": None, "f": 0}, (1, {"g": None})]}, "h": False}
    assert drop_none(raw) == {"b": {"d": [{"f": 0}, [1, {}]]}, "h": False}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"model": "own:CLASH"}, "model: calls its arms 'axis', a key of every estimate; choose another `word`"),
        ({"model": "nobody"}, "model: 'nobody' given: unknown"),
        ({"law": {}}, "law: unknown key; did you mean laws?"),
        ({"rate": 0.1}, "rate: unknown key; did you mean parameters.rate?"),
        ({"replicates": 5}, "replicates: unknown key; did you mean ensemble.replicates?"),
        ({"tax": 0.1}, "tax: unknown key; did you mean laws.taxed.tax?"),
        ({"tax": 0.1, "laws": {"more": {"rule": "taxed"}}}, "tax: unknown key; did you mean laws.more.tax?"),
        ({"tax": 0.1, "laws": [3]}, "tax: unknown key; did you mean laws.taxed.tax?"),
        ({"points": 8}, "points: unknown key; did you mean design.points?"),
        ({"published": 0.5}, "published: unknown key; did you mean [[estimates]] with published?"),
        ({"laws": {"free": {"tax": 0.1}}}, "laws.free.tax: unknown key; laws.free has no settings"),
        ({"population": {"size": 1}}, "population.size: unknown key; population has no settings"),
        ({"title": 3}, "title: 3 given: a text on one line is needed"),
        ({"title": "a\nb"}, "title: 'a\\nb' given: a text on one line is needed"),
        ({"kind": "convergent"}, "kind: 'convergent' given; allowed: ensemble, convergence"),
        ({"kind": "convergence", "estimates": [ESTIMATE]}, "kind: 'convergence' needs an estimate along an axis: "
         "statistic = pooled_slope or pooled_r_squared or order or bias_order or scaling or mean_scaling"),
        ({"figures": "paths"}, "figures: 'paths' given: a list is needed, of: " + ", ".join(Figure)),
        ({"figures": ["path"]}, "figures: 'path' given: unknown figure; did you mean paths?"),
        ({"figures": [3]}, "figures: 3 given: unknown figure"),
        ({"estimates": {"e": {}}}, "estimates: write [[estimates]] tables"),
        ({"estimates": [ESTIMATE, 3]}, "estimates[2]: a table is needed: write [[estimates]]"),
        ({"estimates": [{"quantity": "z"}]}, "estimates[1].name: is missing"),
        ({"estimates": [{**ESTIMATE, "quantity": []}]}, "estimates[e].quantity: an empty list"),
        ({"estimates": [{**ESTIMATE, "law": "fre"}]}, "estimates[e].arm: 'fre' given: unknown; did you mean free?"),
        ({"estimates": [ESTIMATE], "ensemble": {"half_width_of": ["f"], "half_width": 0.1}},
         "ensemble.half_width_of: 'f' given: no such estimate"),
        ({"estimates": [ESTIMATE], "ensemble": {"half_width_of": ["e"]}},
         "ensemble.half_width: is missing: half_width_of names the estimates to which it applies"),
        ({"ensemble": {"half_width": 0.1}}, "ensemble.half_width: the study has no estimates to which it could apply"),
    ],
)  # fmt: skip
def test_what_is_refused(made, raw, message):
    with pytest.raises(StudyError) as caught:
        made(**raw)
    source, _, said = str(caught.value).partition(": ")
    assert source.endswith("s.toml")
    assert said.startswith(message)


def test_a_file_without_a_model_and_one_that_extends_another(made, folder):
    with pytest.raises(StudyError, match=r"s.toml: model: is missing; name an experiment, see `mfsolve list`$"):
        resolve({}, "s", "s.toml")
    (folder / "above.toml").write_text('model = "own:EXPERIMENT"\ntitle = "above"\n[parameters]\nrate = 0.125\n')
    (folder / "below.toml").write_text('extends = "above.toml"\n')
    for study in (
        load_study(folder / "below.toml"),
        resolve({"extends": "above.toml"}, "below", str(folder / "below.toml")),
        resolve(read_study(folder / "below.toml"), "below", str(folder / "below.toml")),
    ):
        assert (study.name, study.title, study.points[0].case.parameters.rate) == ("below", "above", 0.125)
    with pytest.raises(StudyError, match="refused here"):
        load_study(folder / "below.toml", checks=[lambda study: (_ for _ in ()).throw(StudyError("refused here"))])


MEDIAN = {**ESTIMATE, "name": "m", "statistic": "quantile", "probability": 0.5}
STOPPED = "ensemble.most_replicates: 9 given; at least replicates = 10"
NONE = "estimates: 'm': half_width: a quantile has no interval on which to stop; allowed: mean, difference, gain, share, slope, "


@pytest.mark.parametrize(
    ("ensemble", "widths", "message"),
    [
        ({"half_width": 0.1}, (None, None), None),  # of what has an interval to stop by
        ({"half_width": 0.1, "half_width_of": ["e"]}, (None, None), None),
        ({"half_width": 0.1, "half_width_of": ["m"]}, (None, None), NONE),
        ({}, (0.1, None), None),
        ({}, (None, 0.1), NONE),
        ({"half_width": 0.1, "most_replicates": 10}, (None, None), None),
        ({"half_width": 0.1, "most_replicates": 9}, (None, None), STOPPED),
        ({"most_replicates": 9}, (0.1, None), STOPPED),
        ({"most_replicates": 9}, (None, None), None),  # nothing stops by itself
    ],
)
def test_what_may_stop_a_study(made, ensemble, widths, message):
    entries = [
        {**entry, **({"half_width": width} if width else {})} for entry, width in zip((ESTIMATE, MEDIAN), widths)
    ]
    raw = {"estimates": entries, "ensemble": {"replicates": 10, **ensemble}}
    if message is None:
        assert len(made(**raw).estimates) == 2
        return
    with pytest.raises(StudyError) as caught:
        made(**raw)
    assert str(caught.value).partition(": ")[2].startswith(message)


@pytest.mark.parametrize(
    ("written", "published", "rounding"),
    [
        ("0.30", 0.3, 0.005), ("3e2", 300.0, 50.0), ("50", 50.0, 0.5), ('"0.50"', 0.5, 0.005), ("-0.25", -0.25, 0.005),
    ],
)  # fmt: skip
def test_a_figure_is_known_to_half_a_unit_of_the_last_digit_that_is_written(folder, written, published, rounding):
    text = 'model = "own:EXPERIMENT"\n[[estimates]]\nname = "e"\nquantity = "x"\npublished = '
    (folder / "s.toml").write_text(text + written)
    (spec,) = load_study(folder / "s.toml").estimates
    assert (spec.published, spec.rounding) == (published, rounding)
    (folder / "s.toml").write_text(f"{text}{written}\nrounding = 0.125")
    assert load_study(folder / "s.toml").estimates[0].rounding == 0.125


@pytest.mark.parametrize("written", ["true", '"much"', '"nan"', "[1]"])
def test_what_is_no_figure_is_refused(folder, written):
    (folder / "s.toml").write_text(
        f'model = "own:EXPERIMENT"\nestimates = [{{name = "e", quantity = "x", published = {written}}}]'
    )
    with pytest.raises(StudyError, match=r"s.toml: estimates\[e\]\.published"):
        load_study(folder / "s.toml")


def test_an_estimate_names_its_arm_in_general_words_and_in_the_models_own(made):
    for word in ("law", "arm"):
        (spec,) = made(laws=LAWS, estimates=[{"name": "e", "quantity": "x", word: "more"}]).estimates
        assert (spec.arm, spec.calibrated) == ("more", False)
