"""Every promise of an audit at its threshold: kept by a hair, broken by a hair, and in which words."""

import math
import random
import re
import threading
import warnings
from dataclasses import replace

import numpy as np
import pytest
from pydantic import Field
from scipy import stats

from mfsolve.experiments import Arm, Case, Experiment, Frozen, Output, Reference, generator
from mfsolve.study.audit import audit as room
from mfsolve.study.audit import means
from mfsolve.study.audit.audit import PROMISES, Audit, Finding, audit


class Parameters(Frozen):
    dt: float = Field(0.5, gt=0.0, le=1.0, description="step")


class Agents(Frozen):
    agents: int = Field(10, ge=1, le=160, description="agents")


class Settings(Frozen):
    part: float = Field(0.4, ge=0.1, le=0.4, description="step of an arm's own")


def outputs(case):
    return {"x": Output((), "x", support=(0.0, 1.0))}


def uniform(case, seed, replicate, threads):
    return {"x": np.array(generator(seed, replicate).random())}


ARM = Arm(settings=Settings, draw=uniform, drawn=outputs)
EXPERIMENT = Experiment(
    name="e", title="e", parameters=Parameters, population=Agents, arms={"plain": ARM}, section="arms",
)  # fmt: skip
CASE = Case(Parameters(), Settings(), Agents(), EXPERIMENT.record(), "plain")


def ask(promise, arm=ARM, choices=Audit(), experiment=EXPERIMENT, case=CASE):  # noqa: B008
    return PROMISES[promise](replace(experiment, arms={"plain": arm}), arm, case, choices)


def drawn(draw, **keys):
    return replace(ARM, draw=draw, **keys)


def with_errors(draw):
    """A draw that reports every call: seed, replicate, threads."""
    calls = []

    def noted(case, seed, replicate, threads):
        calls.append((seed, replicate, threads))
        return draw(case, seed, replicate, threads)

    return noted, calls


# --- the whole


def test_every_arm_has_a_finding_on_every_promise_and_errors_are_findings():
    def raises(error):
        def draw(case, seed, replicate, threads):
            np.log(np.zeros(1))
            warnings.warn("not of interest", stacklevel=1)
            raise error

        return draw

    arms = {"good": ARM, "words": drawn(raises(ValueError("first line\nsecond"))), "none": drawn(raises(OSError()))}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = audit(replace(EXPERIMENT, arms=arms), Audit(seed=3))
    assert [(f.arm, f.promise) for f in found] == [(arm, promise) for arm in arms for promise in PROMISES]
    missing = {
        "processes": "is in no file that another process could load", "mean field": "no deterministic limit",
        "step": "no step is named; if parameters.dt is one: Experiment(finer_downward=frozenset({'parameters.dt'}))",
        "files": "not the user's own",
    }  # fmt: skip
    mine = {f.promise: f for f in found if f.arm == "good"}
    assert {promise: f.kept for promise, f in mine.items() if promise not in missing} == dict.fromkeys(
        PROMISES.keys() - missing.keys(), True
    )
    for promise, said in missing.items():
        assert mine[promise] == Finding("good", promise, None, said)
    for arm, said in (("words", "first line"), ("none", "OSError")):  # said once
        mine = {f.promise: f for f in found if f.arm == arm}
        assert mine["determinism"] == Finding(arm, "determinism", False, said)
        for promise in PROMISES.keys() - missing.keys() - {"determinism"}:
            assert mine[promise] == Finding(arm, promise, None, "not tested: see determinism")


def test_an_arm_that_refuses_values_thought_of_for_it_is_not_blamed():
    class Needs(Frozen):
        rate: float = Field(ge=0.0, le=1.0, description="has no default")

    def check(case):
        raise ValueError("rate: not 0.5\nsecond line")

    refused = audit(replace(EXPERIMENT, arms={"a": replace(ARM, settings=Needs, check=check)}), Audit(seed=3))
    said = "not tested: rate: not 0.5; rate has no default: `toy` may give it a value"
    assert refused == [Finding("a", promise, None, said) for promise in PROMISES]
    blamed = audit(replace(EXPERIMENT, arms={"a": replace(ARM, check=check)}), Audit(seed=3))
    assert blamed[0] == Finding("a", "determinism", False, "rate: not 0.5")


def test_all_that_an_arm_computes_is_compared():
    arm = replace(ARM, solve=lambda case, threads: {"solved": np.array([threads])})
    found = room.computed(arm, CASE, 3, 2, 4)
    assert found == {"solved": np.array([4]), "x": uniform(CASE, 3, 2, 4)["x"]}
    assert room.computed(replace(arm, draw=None), CASE, 3).keys() == {"solved"}
    assert room.computed(arm, CASE, 3) == {"solved": np.array([1]), "x": uniform(CASE, 3, 0, 1)["x"]}
    columns = np.arange(6.0).reshape(2, 3)
    assert room.bits({"a": columns.T}) == room.bits({"a": columns.T.copy()}) != room.bits({"a": columns})
    assert room.bits({"a": np.array(0.0)}) != room.bits({"a": np.array(-0.0)})


# --- bits


def test_random_states_that_all_of_python_shares_are_found_and_left_as_they_were():
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    for shared in (random.random, np.random.random):
        arm = drawn(
            lambda case, seed, r, threads, shared=shared: {"y": np.array(shared()), "b": shared() + np.zeros(1)}
        )
        assert ask("determinism", arm) == (False, "computed twice, b, y differs")
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    for state in (lambda: np.random.get_state()[1], lambda: np.array(random.getstate()[1])):  # noqa: NPY002
        arm = drawn(lambda *_, state=state: {"x": state()})  # draws none, and puts nothing forward
        assert ask("determinism", arm) == (False, "computed twice, x differs")
    names = iter("abcd")
    assert ask("determinism", drawn(lambda *_: {next(names): np.zeros(1)})) == (False, "computed twice, a, b differs")
    noted, calls = with_errors(uniform)
    assert ask("determinism", drawn(noted), Audit(9)) == (True, "the same bits twice")
    assert calls == [(9, 0, 1)] * 2


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        (lambda seed, r: (seed, r // 2), (False, "another replicate gives the same numbers")),  # 0 and 1, not 2
        (lambda seed, r: (seed // 2, r), (False, "another seed gives the same numbers")),  # 4 and 5, not 3
        (lambda seed, r: (1, r), (False, "another seed gives the same numbers")),
        (lambda seed, r: (seed, r), (True, "differ, and with the seed")),
    ],
)
def test_the_next_replicate_and_the_next_seed_differ(number, answer):
    noted, calls = with_errors(lambda case, seed, r, threads: {"x": np.array(number(seed, r))})
    assert ask("replicates", drawn(noted), Audit(4)) == answer
    assert {threads for _, _, threads in calls} == {1}
    assert ask("replicates", replace(ARM, draw=None)) == (None, "nothing is drawn")


def test_replicates_are_drawn_in_both_orders():
    noted, calls = with_errors(uniform)
    assert ask("order", drawn(noted), Audit(4)) == (True, "4 replicates, the same bits in both orders")
    assert calls == [(4, r, 1) for r in (0, 1, 2, 3, 0, 1, 2, 3, 3, 2, 1, 0)]
    assert ask("order", replace(ARM, draw=None)) == (None, "nothing is drawn")
    last = [None]

    def after(case, seed, r, threads):
        """The last of them depends on whether the one before it was drawn before it."""
        before, last[0] = last[0], r
        return {"x": np.array([r, before == 2 if r == 3 else 0])}

    assert ask("order", drawn(after)) == (False, "x of replicate 3 depends on what was drawn before")
    kept = np.zeros(2)

    def reused(case, seed, r, threads):
        if r in (1, 2):
            kept[:] = r
        return {"x": kept if r == 1 else np.array([r, r])}

    assert ask("order", drawn(reused)) == (False, "x of replicate 1 is overwritten by later ones")


def test_threads_change_nothing():
    """In a replicate one, two and three; then four replicates at a time, each twice, by as many threads."""
    main, together, seen = threading.get_ident(), threading.Barrier(4), []
    alone, calls = with_errors(uniform)

    def draw(case, seed, r, threads):
        if threading.get_ident() == main:
            return alone(case, seed, r, threads)
        together.wait(5.0)
        seen.append((threading.get_ident(), seed, r, threads))
        return uniform(case, seed, r, threads)

    assert ask("threads", drawn(draw), Audit(4)) == (True, "1, 2, 3 threads; 4 replicates at a time")
    assert calls == [(4, 0, 1), (4, 1, 1), (4, 2, 1), (4, 3, 1), (4, 0, 2), (4, 0, 3)]
    assert sorted(call[1:] for call in seen) == sorted([(4, r, 1) for r in range(4)] * 2)
    assert len({call[0] for call in seen}) == 4
    for wrong in (2, 3):
        arm = drawn(lambda case, seed, r, threads, wrong=wrong: {"x": np.array(threads == wrong)})
        assert ask("threads", arm) == (False, f"x differs with {wrong} threads")
    arm = drawn(lambda *_: {"x": np.array(threading.get_ident() == main)})
    said = "x differs if several replicates are drawn at a time: shared data are modified"
    assert ask("threads", arm) == (False, said)


# --- ranges


@pytest.mark.parametrize(
    ("values", "support", "said"),
    [
        ([0.0, 1.0], (0.0, 1.0), ""),
        ([-1e-12, 1.0 + 1e-12], (0.0, 1.0), ""),
        ([0.5, -1.1e-12], (0.0, 1.0), "-1.1e-12, outside of [0, 1],"),
        ([0.5, 1.5], (0.0, 1.0), "1.5, outside of [0, 1],"),
        ([1.0 + 1.2e-12], (0.0, 1.0), "1, outside of [0, 1],"),
        ([1000.0 + 0.9e-9], (0.0, 1000.0), ""),
        ([1000.0 + 1.2e-9], (0.0, 1000.0), "1000, outside of [0, 1000],"),
        ([-50.0 - 4.5e-11], (-50.0, math.inf), ""),
        ([-51.0], (-50.0, math.inf), "-51, outside of [-50, inf],"),
        ([1e300, -1e300], (-math.inf, math.inf), ""),
        ([7.0], None, ""),
        ([], (0.0, 1.0), ""),
        ([1.0, math.inf, math.nan], None, "inf"),
        (math.nan, (0.0, 1.0), "nan"),
    ],
)
def test_numbers_lie_within_their_support_to_rounding(values, support, said):
    assert room._wrong(np.array(values), Output((), "x", support=support)) == said


def test_what_is_declared_as_undefined_may_be():
    never = Output((), "x", support=(0.0, 1.0), undefined="never sold")
    assert room._wrong(np.array([0.5, math.nan, math.inf]), never) == ""
    assert room._wrong(np.array([math.nan, 1.5]), never) == "1.5, outside of [0, 1],"
    assert room._wrong(np.array(math.nan), None) == "nan"
    arm = drawn(lambda case, seed, r, threads: {"x": np.array(0.5 if r else math.nan)})
    assert ask("finite", arm)[0] is False
    assert ask("finite", replace(arm, drawn=lambda case: {"x": never})) == (True, "32 replicates, all as declared")
    assert ask("finite", replace(ARM, draw=None, drawn=lambda case: {})) == (True, "what is solved")


def test_all_ranges_are_tried_and_what_the_model_refuses_is_counted():
    """Ends of three ranges, the defaults, and 16 points between the ends: 23 settings."""

    def refuses(case):
        if case.arm.part < 0.11:
            raise ValueError("part: too small")

    assert ask("ranges") == (True, "23 settings")
    kept, said = ask("ranges", replace(ARM, check=refuses))
    assert (kept, said) == (True, "21 settings, 2 more refused by the model")  # one end, and Sobol's first point


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (lambda case: 2.0 if case.parameters.dt == 1.0 else 0.5, "x is 2, outside of [0, 1], at parameters.dt = 1"),
        (lambda case: math.nan if case.population.agents == 160 else 0.5, None),  # beyond the toy size: not tried
        (lambda case: math.nan if case == CASE else 0.5, "x is nan at the defaults"),
        (lambda case: -math.inf if case.population.agents == 1 else 0.5, "x is -inf at population.agents = 1"),
        (lambda case: math.inf if case.arm.part < 0.4 and case.parameters.dt < 0.5 else 0.5,
         "x is inf at parameters.dt = 0.0005, arm.part = 0.1, population.agents = 1"),
    ],
)  # fmt: skip
def test_the_setting_at_which_an_output_is_wrong_is_named(number, said):
    arm = drawn(lambda case, *_: {"x": np.array(number(case)), "more": np.array(9.0)})
    assert ask("ranges", arm) == ((True, "23 settings") if said is None else (False, said))
    limit = replace(ARM, reference=Reference(lambda case: ("x",), lambda case: {"x": np.array(number(case))}))
    found = ask("ranges", limit)
    assert found == ((True, "23 settings") if said is None else (False, f"the reference of {said}"))


# --- means

Q = stats.t.ppf(1.0 - 0.5 * 1e-3, 31)
"""Student's two-sided quantile of 32 replicates, at the risk that is stated."""


def noisy(mean, noise):
    """Replicates of exactly this mean, half of them above it: the standard error of 32 of them is noise / sqrt(31)."""
    return lambda r: mean + noise * (-1.0) ** r


EXACT = "; smallest detectable error of the limit: 0 (32 replicates)"


def limited(bias, noise, places=1, limit=7.0):
    """An arm with a limit at zero, of so much bias and noise with 10 and 160 agents; other places have none."""

    def draw(case, seed, r, threads):
        k = {10: 0, 160: 1}[case.population.agents]
        x = np.zeros(places)
        x[-1] = noisy(bias[k], noise[k])(r)
        return {"x": x + limit, "drawn alone": np.array(math.nan)}

    return drawn(draw, reference=Reference(lambda case: ("x",), lambda case: {"x": np.full(places, limit), "z": x0}))


x0 = np.zeros(())


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize(("beyond", "kept"), [(6.9e-8, True), (7.1e-8, False)])
def test_a_bias_falls_to_half(sign, beyond, kept):
    """But for 1e-7 of the tenth of the limit, which is 7, that matters: no more than rounding or a solver leaves."""
    answer, said = ask("mean field", limited((sign, sign * (0.5 + beyond)), (0.0, 0.0)))
    assert answer is kept
    if kept:
        assert said == "RMS deviation falls as the power 0.25 of agents" + EXACT  # by 2 from N to 16 N
    else:
        assert said == "distance from the limit does not fall, at 10 and 160 agents: 1, 0.5 (standard error 0)"


@pytest.mark.parametrize("noise", [(0.3, 0.0), (0.0, 0.3), (0.4, 0.3)])
@pytest.mark.parametrize("places", [1, 8])
def test_or_to_what_sampling_explains(noise, places):
    error = math.hypot(noise[0] / 2.0, noise[1]) / math.sqrt(31.0)
    quantile = stats.t.ppf(1.0 - 0.5 * 1e-3 / places, 31)
    bar = 0.5 + quantile * error
    for factor, kept in ((0.999, True), (1.001, False)):
        answer, said = ask("mean field", limited((1.0, factor * bar), noise, places, limit=100.0))
        assert (answer is not False) is kept, said  # noise that does not fall is no approach, and no error of the limit
        if not kept:
            assert f"10 and 160 agents: 1, {factor * bar:.2g} (standard error {noise[1] / math.sqrt(31):.1g})" in said


def test_the_place_that_is_furthest_beyond_is_named_and_its_threshold_itself_is_kept():
    """Ten falls to four, which is much and allowed; one falls to 0.75, which is not."""
    assert ask("mean field", limited((1.0, 0.5 + 1e-12), (0.0, 0.0), limit=0.0))[0] is True
    assert ask_step(stepped([1.0, 0.0, -0.75 - 1e-12]))[0] is True
    bias = {10: np.array([10.0, 1.0]), 160: np.array([4.0, 0.75])}
    arm = drawn(lambda case, *_: {"x": bias[case.population.agents]})
    arm = replace(arm, reference=Reference(lambda case: ("x",), lambda case: {"x": np.zeros(2)}))
    said = "distance from the limit does not fall, at 10 and 160 agents: 1, 0.75 (standard error 0)"
    assert ask("mean field", arm) == (False, said)
    level = {0.5: np.array([17.0, 1.9]), 0.25: np.array([7.0, 0.9]), 0.125: np.array([0.0, 0.0])}
    arm = drawn(lambda case, *_: {"x": level[case.parameters.dt]})
    assert ask_step(arm) == (False, "halving parameters.dt = 0.5 twice does not converge: 1, then 0.9")


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((1.0, 0.25), "RMS deviation falls as the power 0.50 of agents"),
        ((1.0, 1.0 / 16.0), "RMS deviation falls as the power 1.00 of agents"),
        ((0.0, 0.0), "RMS deviation falls as the power inf of agents"),
        ((0.5, 0.0), "RMS deviation falls as the power inf of agents"),
    ],
)
def test_the_power_by_which_deviations_fall(sizes, said):
    answer, found = ask("mean field", limited((0.0, 0.0), sizes, limit=100.0))
    assert (answer, found.partition(";")[0]) == (True, said)


@pytest.mark.parametrize("wrong", [0.2, 0.1])
def test_a_limit_that_is_wrong_by_a_tenth_is_found_whatever_the_noise(wrong):
    """Sampling errors far above it, at 32 replicates; the noise of a replicate is several times the limit."""

    def off(part):
        def draw(case, seed, r, threads):
            return {"x": 1.0 + part + generator(seed, r).standard_normal() * 3.0 / case.population.agents**0.5}

        return drawn(draw, reference=Reference(lambda case: ("x",), lambda case: {"x": np.array(1.0)}))

    answers = [ask("mean field", off(wrong), Audit(seed)) for seed in range(5)]
    assert [answer for answer, _ in answers] == [False] * 5, answers
    for seed in range(5):
        kept, said = ask("mean field", off(0.0), Audit(seed))
        assert kept is True, said
        seen, count = map(
            float, re.search(r"smallest detectable error of the limit: (\S+) \((\d+) replicates\)", said).groups()
        )
        error = 3.0 * math.hypot(0.5 / 10**0.5, 1.0 / 160**0.5) / count**0.5
        assert seen <= 0.1
        assert count > 1000
        assert seen == pytest.approx(4.0 * stats.norm.ppf(1.0 - 0.5 * 1e-3) * error, rel=0.1)


def test_or_it_is_said_that_nobody_can_tell(monkeypatch):
    def draw(case, seed, r, threads):
        return {"x": 1.2 + generator(seed, r).standard_normal() * 3.0}

    arm = drawn(draw, reference=Reference(lambda case: ("x",), lambda case: {"x": np.array(1.0)}))
    monkeypatch.setattr(means, "MOST", 64)
    kept, said = ask("mean field", arm)
    assert kept is None
    assert said.startswith("cannot tell: smallest detectable error of the limit:")
    assert said.endswith("(64 replicates); 0.1 would matter")
    monkeypatch.setattr(means, "MOST", 2**16)
    monkeypatch.setattr(means, "SECONDS", 0.0)
    assert "(32 replicates)" in ask("mean field", arm)[1]


def test_places_without_a_limit_take_no_part_and_draws_without_numbers_do():
    limit = {"x": np.array([1.0, math.nan, 1.0])}
    for draw, kept in (([1.0, 5.0, 1.0], True), ([1.0, math.nan, 1.0], True), ([math.nan, 1.0, 1.0], False)):
        arm = drawn(lambda case, seed, r, threads, draw=draw: {"x": np.array(draw)})
        arm = replace(arm, reference=Reference(lambda case: ("x",), lambda case: limit))
        assert ask("mean field", arm)[0] is kept, draw
    nowhere = {"x": np.full(3, math.nan)}
    arm = replace(arm, reference=Reference(lambda case: ("x",), lambda case: nowhere))
    assert ask("mean field", arm) == (None, "no finite limit")


def test_agents_are_found_or_asked_for():
    assert ask("mean field")[0] is None
    assert ask("mean field", replace(limited((0, 0), (1, 1)), draw=None)) == (None, "no deterministic limit")
    arm = limited((1.0, 0.1), (0.0, 0.0))
    none = "no whole number in [population]; name the number of agents with --size SECTION.KEY"
    assert ask("mean field", arm, experiment=replace(EXPERIMENT, population=Frozen)) == (None, none)
    asked = Audit(size="population.agents")
    assert ask("mean field", arm, asked) == ask("mean field", arm)
    noted, calls = with_errors(arm.draw)
    ask("mean field", replace(arm, draw=noted), Audit(6))
    assert calls[:64] == [(6, r, 1) for r in range(32)] * 2


def stepped(means, noise=(0.0, 0.0, 0.0), places=1, section="parameters"):
    """An arm whose numbers depend on its step as these are for the step, its half and its quarter."""

    def draw(case, seed, r, threads):
        step = case.parameters.dt / 0.5 if section == "parameters" else case.arm.part / 0.4
        k = {1.0: 0, 0.5: 1, 0.25: 2}[step]
        x = np.zeros(places)
        x[-1] = noisy(means[k], noise[k])(r)
        return {"x": x}

    return drawn(draw)


def ask_step(arm, *axes):
    axes = axes or ("parameters.dt",)
    return ask("step", arm, experiment=replace(EXPERIMENT, finer_downward=frozenset(axes)))


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize(("beyond", "kept"), [(0.8e-12, True), (1.2e-12, False)])
def test_the_second_change_is_smaller_than_the_first(sign, beyond, kept):
    arm = stepped([0.0, sign, sign * (1.75 + beyond)])
    said = "parameters.dt = 0.5: 1, then 0.75"
    assert ask_step(arm) == (
        (True, said) if kept else (False, "halving parameters.dt = 0.5 twice does not converge: 1, then 0.75")
    )


@pytest.mark.parametrize("places", [1, 8])
@pytest.mark.parametrize("noise", [(0.2, 0.0, 0.0), (0.0, 0.0, 0.2), (0.1, -0.2, 0.3)])
def test_or_is_what_sampling_explains(noise, places):
    first, later = abs(noise[0] - noise[1]), abs(noise[1] - noise[2])
    error = math.hypot(0.75 * first, later) / math.sqrt(31.0)
    bar = 0.75 + stats.t.ppf(1.0 - 0.5 * 1e-3 / places, 31) * error
    for factor, kept in ((0.999, True), (1.001, False)):
        answer, said = ask_step(stepped([0.0, 1.0, 1.0 + factor * bar], noise, places))
        assert answer is kept, said


def test_steps_of_arms_several_steps_and_none():
    assert ask_step(stepped([3.0, 2.0, 1.5], section="arm"), "arms.part") == (True, "arms.part = 0.4: 1, then 0.5")
    still = drawn(lambda case, seed, r, threads: {"x": np.array(2.0 * case.parameters.dt)})
    assert ask_step(still, "parameters.dt", "arms.part") == (
        True, "arms.part = 0.4: 0, then 0; parameters.dt = 0.5: 0.5, then 0.25",
    )  # fmt: skip
    assert ask_step(still, "population.agents") == (None, "no step")  # a whole number is none
    assert ask_step(still, "parameters.none", "elsewhere.dt") == (None, "no step")
    shape = drawn(lambda case, *_: {"x": np.zeros(round(1.0 / case.parameters.dt))})
    assert ask_step(shape) == (None, "outputs change their shape with parameters.dt")
    arm = replace(stepped([0.0, 1.0, 1.5]), solve=lambda case, threads: {"y": np.array(case.parameters.dt**-2.0)})
    kept, said = ask_step(arm)  # what is solved counts too: 4, 16, 64
    assert (kept, said) == (False, "halving parameters.dt = 0.5 twice does not converge: 12, then 48")
    noted, calls = with_errors(still.draw)
    ask("step", drawn(noted), Audit(6), replace(EXPERIMENT, finer_downward=frozenset(["parameters.dt"])))
    assert calls == [(6, r, 1) for r in range(32)] * 3
