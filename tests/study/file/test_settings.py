"""Settings that every study has: their ranges to the last bit, and what an estimate says and is refused for."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from support.urn import URN, study_of

from mfsolve.experiments.experiment import Arm, Case
from mfsolve.inference.estimate import Estimate, Method
from mfsolve.inference.verdicts import Kind
from mfsolve.study.file.settings import Ensemble, SeedSharing
from mfsolve.study.file.source import StudyError
from mfsolve.study.statistics.estimate_spec import ClaimSpec, EstimateSpec, Paper, Side, half_unit

ROW = {"name": "a", "quantity": "red"}
CLAIM = {"id": "a", "paper": "shock", "statement": "s"}
BELOW_ONE = math.nextafter(1.0, 0.0)
RANGES = {
    "replicates": (Ensemble, {}, (1, 2**32 - 1), (0, 2**32), r"[1, 4294967295]"),  # a replicate is a word of a key
    "most_replicates": (Ensemble, {}, (1, 2**32 - 1), (0, 2**32), r"[1, 4294967295]"),
    "half_width": (Ensemble, {}, (5e-324, 1e9), (0.0, -1.0), r"(0, inf)"),
    "seed": (Ensemble, {}, (0, 2**63 - 1), (-1, 2**63), "[0, 9223372036854775807]"),  # TOML has no larger number
    "level": (Ensemble, {}, (0.01, BELOW_ONE), (math.nextafter(0.01, 0.0), 1.0), r"[0.01, 1)"),
    "half_width_of": (Ensemble, {}, (("a",),), ((),), ""),
    "id": (ClaimSpec, CLAIM, ("a", "a_0.b"), ("", "A", "a b"), ""),
    "statement": (ClaimSpec, CLAIM, ("s",), ("",), ""),
    "name": (EstimateSpec, ROW, ("a",), ("",), ""),
    "probability": (EstimateSpec, ROW, (5e-324, BELOW_ONE), (0.0, 1.0), "(0, 1)"),
    "rounding": (EstimateSpec, ROW, (0.0, 5.0), (-5e-324,), "[0, inf)"),
    "standard_error": (EstimateSpec, ROW, (5e-324, 5.0), (0.0,), "(0, inf)"),
    "weight": (EstimateSpec, ROW, (0.0, 5.0), (-5e-324,), "[0, inf)"),
    "tolerance": (EstimateSpec, ROW, (0.0, 5.0), (-5e-324,), "[0, inf)"),
    "resolution": (EstimateSpec, ROW, (5e-324, 5.0), (0.0,), "(0, inf)"),
    ROW["name"] + "/half_width": (EstimateSpec, ROW, (5e-324, 5.0), (0.0,), "(0, inf)"),
}  # fmt: skip


@pytest.mark.parametrize("case", RANGES)
def test_a_setting_is_taken_up_to_its_ends_and_refused_beyond(case):
    kind, others, inside, outside, said = RANGES[case]
    key = case.rpartition("/")[2]
    for value in inside:
        assert getattr(kind(**{**others, key: value}), key) == value
    for value in outside:
        with pytest.raises(ValueError, match=rf"^{key}: ") as caught:
            kind(**{**others, key: value})
        assert said in str(caught.value)


def test_a_study_that_says_nothing_has_64_replicates_at_95_per_cent_and_shares_numbers_between_arms():
    assert Ensemble().model_dump(exclude_none=True) == {
        "replicates": 64, "most_replicates": 1048576, "seed": 1, "level": 0.95,
        "common_random_numbers": SeedSharing.POLICIES,
    }  # fmt: skip


def test_an_estimate_that_says_nothing_is_a_mean_of_weight_one_that_is_fitted_to_nothing():
    assert EstimateSpec(**ROW).model_dump(exclude_none=True) == {
        "name": "a", "quantity": "red", "statistic": "mean", "weight": 1.0, "side": Side.EQUAL, "tolerance": 0.0,
        "calibrated": False, "percent": False, "independent_trials": False,
    }  # fmt: skip
    assert ClaimSpec(**CLAIM).model_dump() == {
        **CLAIM, "paper": Paper.SHOCK, "place": "", "source": "", "reading": "", "kind": Kind.THEOREM
    }  # fmt: skip


REFUSED = {
    "name": ({"name": "a\nb"}, r"name: 'a\\nb' given: a text on one line is needed"),
    "family": ({"family": "a\tb"}, r"family: 'a\\tb' given: a text on one line is needed"),
    "near": ({"statistic": "slop"}, r"statistic: 'slop' given: unknown; did you mean slope\?"),
    "nothing near": ({"statistic": "zzz"}, r"statistic: 'zzz' given: unknown; known: mean, difference, gain, .*scaling"),
    "two figures": ({"published": 1.0, "prediction": 2.0}, "published and prediction exclude each other: write two"),
    "zero": ({"published": 0.0}, "resolution is missing: a claim about zero needs the smallest difference"),
    "zero in theory": ({"prediction": 0}, "resolution is missing: a claim about zero"),
    "gain": ({"statistic": "gain"}, "baseline is missing: statistic = 'gain' needs it"),
    "quantile": ({"statistic": "quantile"}, "probability is missing: statistic = 'quantile' needs it"),
    "independent mean": (
        {"independent_trials": True, "trials": "last"},
        "independent_trials: true given; allowed: with statistic = 'share' and trials",
    ),
    "independent replicates": (
        {"independent_trials": True, "statistic": "share"}, "independent_trials: true given; allowed: with statistic",
    ),
    "pooled": ({"statistic": "pooled_slope", "against": "last"}, "axis is missing: statistic = 'pooled_slope' needs"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_an_incomplete_or_ambiguous_estimate_is_refused(case):
    given, said = REFUSED[case]
    with pytest.raises(ValueError, match=said):
        EstimateSpec(**{**ROW, **given})


@pytest.mark.parametrize(
    "given",
    [
        {"family": "f"}, {"published": 0.0, "resolution": 0.1}, {"published": 0.0, "side": "at_least"},
        {"prediction": 0.0, "side": "at_most"}, {"published": 0.1}, {"prediction": "expected"},
        {"statistic": "gain", "baseline": "b"}, {"statistic": "share", "trials": "n"},
        {"statistic": "share", "trials": "n", "independent_trials": True},
    ],
)  # fmt: skip
def test_a_whole_estimate_is_taken(given):
    found = EstimateSpec(**{**ROW, **given})
    assert {key: getattr(found, key) for key in given} == given


WAYS = {"draws": {}, "counts": {}}
CHECKED = {
    "arm": ({"arm": "drows"}, r"arm: 'drows' given: unknown; did you mean draws\?"),
    "no arm": ({}, "way: is missing; the study has: draws, counts"),
    "baseline": ({"arm": "draws", "baseline": "zzz"}, "baseline: 'zzz' given: unknown; known: draws, counts"),
    "axis": ({"arm": "draws", "axis": "parameters.share"}, "axis: 'parameters.share' given: unknown; known: none"),
    "prediction": ({"arm": "draws", "prediction": "expect"}, r"prediction: 'expect' given.*did you mean expected\?"),
    "quantity": ({"arm": "draws", "quantity": "exact"}, "quantity: 'exact' given: unknown; known: red, last"),
    "not along the path": ({"arm": "counts", "quantity": "curve"}, "quantity: 'curve' given: unknown; known: exact, trend"),
    "against": ({"arm": "draws", "against": "lst"}, r"against: 'lst' given: unknown; did you mean last\?"),
    "trials": ({"arm": "draws", "trials": "lst"}, r"trials: 'lst' given: unknown; did you mean last\?"),
    "of the baseline": ({"arm": "draws", "baseline": "counts"}, r"quantity: 'red' given: unknown; did you mean trend\?"),
    "at": ({"arm": "draws", "at": 2.5}, r"at: 2.5 given; allowed \(time\): 0, 1, 2, 3, 4$"),
    "no limit": ({"arm": "counts", "quantity": "exact", "statistic": "order", "axis": "population.balls"},
                 "statistic: order needs an arm with a deterministic reference"),
    "other limit": ({"arm": "draws", "quantity": "last", "statistic": "order", "axis": "population.balls"},
                    "quantity: 'last' given: unknown; known: red"),
}  # fmt: skip


def refused(study, given):
    with pytest.raises(ValueError) as caught:
        EstimateSpec(**{**ROW, **given}).check(study)
    return str(caught.value)


@pytest.mark.parametrize("case", CHECKED)
def test_names_that_a_study_does_not_have_are_refused(case):
    given, said = CHECKED[case]
    study = study_of({"ways": WAYS})
    if given.get("axis") == "population.balls":
        study = study_of({"ways": WAYS, "grid": {"population": {"balls": [3, 4, 5]}}})
    with pytest.raises(ValueError, match=said):
        EstimateSpec(**{**ROW, **given}).check(study)


def test_the_only_arm_need_not_be_named_and_closed_forms_are_known():
    study = study_of({"ways": {"draws": {}}})
    known = {"prediction": "expected", "against": "last"}
    EstimateSpec(**ROW, **known).check(study)
    EstimateSpec(**ROW, prediction=0.3, trials="last", at=3).check(study)
    for name in known:
        with pytest.raises(ValueError, match="unheard"):
            EstimateSpec(**ROW, **{**known, name: "unheard"}).check(study)


@pytest.mark.parametrize(
    ("balls", "given", "stands"),
    [
        ([3, 4, 5], {}, True), ([3, 4], {}, False), ([1, 2, 3], {}, True), (["3", 4, 5], {}, False),
        ([3, 4, 5], {"statistic": "scaling", "quantity": "last"}, True),
    ],
)  # fmt: skip
def test_an_order_needs_three_positive_values(balls, given, stands):
    study = study_of({"ways": {"draws": {}}})
    study = replace(study, axes={"population.balls": balls})
    spec = EstimateSpec(**{**ROW, "statistic": "order", "axis": "population.balls", **given})
    if stands:
        spec.check(study)
        study = replace(study, axes={"population.balls": [0, *balls[1:]]})
    with pytest.raises(ValueError, match=r"axis: population\.balls needs at least 3 positive values to fit an order"):
        spec.check(study)


def test_an_axis_of_a_design_has_values_only_where_it_is_written_out():
    over = {"population": {"balls": [3, 9]}, "parameters": {"share": [0.2, 0.8]}}
    drawn = study_of({"ways": {"draws": {}}, "design": {"kind": "random", "points": 4, "over": over}})
    row = {"statistic": "order", "axis": "population.balls"}
    said = "axis: population.balls takes its values by a design; a list in [grid] is needed, or kind = 'zip'"
    assert refused(drawn, row) == said
    written = {"population": {"balls": [3, 4, 9]}, "parameters": {"share": [0.2, 0.3, 0.8]}}
    EstimateSpec(**ROW, **row).check(study_of({"ways": {"draws": {}}, "design": {"kind": "zip", "over": written}}))
    beside = {"kind": "random", "points": 4, "over": {"parameters": {"share": [0.2, 0.8]}}}
    grid = {"population": {"balls": [3, 4, 9]}}
    EstimateSpec(**ROW, **row).check(study_of({"ways": {"draws": {}}, "grid": grid, "design": beside}))


def test_an_axis_of_one_arm_is_none_of_another():
    study = study_of({"ways": WAYS, "grid": {"ways": {"size": [1, 2, 3]}}})
    EstimateSpec(**ROW, arm="draws", statistic="order", axis="ways.size").check(study)
    row = {"arm": "counts", "quantity": "exact", "statistic": "scaling", "axis": "ways.size"}
    assert refused(study, row) == "axis: ways.size is no setting of counts"


@pytest.mark.parametrize(("steps", "stands"), [(2, False), (3, True)])
def test_a_slope_needs_four_places(steps, stands):
    study = study_of({"ways": {"draws": {}}, "parameters": {"steps": steps}})
    row = {"statistic": "slope", "against": "last"}
    if stands:
        EstimateSpec(**ROW, **row).check(study)
    else:
        assert refused(study, row) == "against: a slope needs a path of at least 4 places; see record.trajectories"


def test_a_slope_needs_a_path_at_all():
    arm = Arm(URN.arms["counts"].settings, solve=URN.arms["counts"].solve, solved=URN.arms["counts"].solved)
    study = study_of({"ways": {"counts": {}}}, replace(URN, path=None, arms={"counts": arm}))
    row = {"quantity": "exact", "statistic": "slope", "against": "exact"}
    assert refused(study, row).startswith("against: a slope needs a path")
    assert refused(study, {"quantity": "exact", "at": 2.0}) == "at: 2 given; urn has no path: leave it out"
    EstimateSpec(name="a", quantity="exact").check(study)
    assert EstimateSpec(name="a", quantity="exact").index(study.experiment, study.points[0].case) == 0


def test_a_place_along_the_path_is_found_by_its_value():
    def index(at, places):
        experiment = SimpleNamespace(path="time", name="x", coordinates=lambda case: {"time": np.array(places)})
        return EstimateSpec(**ROW, at=at).index(experiment, None)

    assert [index(at, [0.0, 0.5, 2.0]) for at in (None, 0.0, 0.5, 2)] == [2, 0, 1, 2]
    with pytest.raises(ValueError, match=r"^at: 8 given; allowed \(time\): 0, 1, 2, 3, 4, 5, 6, 7$"):
        index(8, np.arange(8.0))
    with pytest.raises(ValueError, match=r"^at: 9 given; allowed \(time\): \[0, 8\]$"):
        index(9, np.arange(9.0))


ESTIMATE = Estimate(0.5, 0.06, 0.4, 0.6, 0.9, 10, Method.STUDENT)
NORMAL_90 = 1.6448536269514722
QUESTIONS = {
    "figure": ({"published": 0.5, "rounding": 0.05}, 0.5, (0.45, 0.55, 0.01, Kind.FIGURE, "checks")),
    "digits": ({"published": 0.5}, 0.5, (0.45, 0.55, 0.01, Kind.FIGURE, "checks")),
    "error": ({"published": 0.5, "rounding": 0.0, "standard_error": 0.1}, 0.5,
              (0.5 - 0.1 * NORMAL_90, 0.5 + 0.1 * NORMAL_90, 0.01, Kind.FIGURE, "checks")),
    "both": ({"published": 0.5, "standard_error": 0.1, "tolerance": 0.3}, 0.5,
             (0.45 - 0.1 * NORMAL_90, 0.55 + 0.1 * NORMAL_90, 0.01, Kind.FIGURE, "checks")),
    "theory": ({"prediction": -2.0}, -2.0, (-2.0, -2.0, 0.1, Kind.THEOREM, "checks")),
    "near theory": ({"prediction": -2.0, "tolerance": 0.25}, -2.0, (-2.5, -1.5, 0.1, Kind.THEOREM, "checks")),
    "floor": ({"prediction": 2.0, "tolerance": 0.25, "side": "at_least"}, 2.0, (1.5, math.inf, 0.1, Kind.THEOREM, "checks")),
    "ceiling": ({"prediction": 2.0, "tolerance": 0.25, "side": "at_most"}, 2.0, (-math.inf, 2.5, 0.1, Kind.THEOREM, "checks")),
    "resolution": ({"prediction": 2.0, "resolution": 0.7}, 2.0, (2.0, 2.0, 0.7, Kind.THEOREM, "checks")),
    "claim": ({"prediction": 2.0, "claim": CLAIM}, 2.0, (2.0, 2.0, 0.1, Kind.THEOREM, "claims")),
    "claim of a figure": ({"prediction": 2.0, "claim": {**CLAIM, "kind": "figure"}}, 2.0, (2.0, 2.0, 0.04, Kind.FIGURE, "claims")),
    "claim on a figure": ({"published": 2.0, "rounding": 0.0, "claim": {**CLAIM, "kind": "mechanism"}}, 2.0,
                          (2.0, 2.0, 0.1, Kind.MECHANISM, "claims")),
    "family": ({"prediction": 2.0, "claim": CLAIM, "family": "f"}, 2.0, (2.0, 2.0, 0.1, Kind.THEOREM, "f")),
}  # fmt: skip


@pytest.mark.parametrize("case", QUESTIONS)
def test_a_claim_is_put_with_its_bounds_its_resolution_and_its_family(case):
    given, value, (low, high, resolution, kind, family) = QUESTIONS[case]
    found = EstimateSpec(**ROW, **given).question(value, ESTIMATE)
    assert found.estimate is ESTIMATE
    assert (found.low, found.high, found.resolution) == pytest.approx((low, high, resolution), rel=1e-14)
    assert (found.kind, found.family) == (kind, family)


def test_nothing_is_asked_where_nothing_is_claimed():
    spec = EstimateSpec(**ROW, prediction=1.0)
    assert [spec.question(value, ESTIMATE) for value in (None, math.nan, math.inf)] == [None] * 3


def test_what_is_claimed_is_the_figure_the_number_or_the_value_of_the_closed_form():
    parts = study_of({"ways": {"counts": {}}, "population": {"balls": 30}}).points[0].case
    case = Case(parts.parameters, parts.arm, parts.population, parts.record)
    for given, value in (
        ({}, None),
        ({"published": 3.0}, 3.0),
        ({"prediction": 4}, 4.0),
        ({"prediction": "expected"}, 15.0),
    ):
        assert EstimateSpec(**ROW, **given).claimed(case, URN) == value


def test_half_a_unit_of_the_last_digit():
    figures = ("0.78", "0.30", "50", "5e3", "-1.5", "0")
    assert [half_unit(figure) for figure in figures] == pytest.approx([0.005, 0.005, 0.5, 500.0, 0.05, 0.5], rel=1e-15)
    with pytest.raises(ArithmeticError, match="inf has no last digit"):
        half_unit("inf")


def test_a_refusal_of_an_estimate_names_its_entry():
    with pytest.raises(
        StudyError, match=r"^small\.toml: estimates\[a\]\.way: is missing; the study has: draws, counts$"
    ):
        study_of({"ways": WAYS, "estimates": [ROW]})
