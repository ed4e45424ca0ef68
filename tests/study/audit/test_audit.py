"""An audit finds every promise that is broken, names it, and finds nothing where all are kept."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import Field

from mfsolve.commands import run as commands
from mfsolve.commands.check import check, find_experiment
from mfsolve.commands.own_model import new_experiment
from mfsolve.experiments import Arm, Experiment, Frozen, Output, Reference, generator
from mfsolve.study.audit.audit import PROMISES, Audit, audit
from mfsolve.study.audit.audit_design import base_case
from mfsolve.study.file.source import StudyError

RUNS = Path(__file__).parents[3] / "runs"


class Parameters(Frozen):
    rate: float = Field(0.5, ge=0.0, le=1.0, description="rate")
    dt: float = Field(0.1, gt=0.0, le=0.5, description="step")


class Agents(Frozen):
    agents: int = Field(50, ge=1, description="agents")


def outputs(case):
    return {"level": Output((), "level at time 1"), "noise": Output((), "a share", support=(0.0, 1.0))}


def draw(case, seed, replicate, threads):
    rng, x = generator(seed, replicate), 1.0
    for _ in range(round(1.0 / case.parameters.dt)):
        x *= 1.0 - case.parameters.rate * case.parameters.dt
    level = x + rng.standard_normal() / np.sqrt(case.population.agents)
    return {"level": np.array(level), "noise": np.array(rng.random())}


def limit(case):
    steps = round(1.0 / case.parameters.dt)
    return {"level": np.array((1.0 - case.parameters.rate * case.parameters.dt) ** steps)}


ARM = Arm(draw=draw, drawn=outputs, reference=Reference(lambda case: ("level",), limit))
GOOD = Experiment(
    name="good", title="decay", parameters=Parameters, population=Agents, arms={"plain": ARM},
    finer_downward=frozenset({"parameters.dt"}),
)  # fmt: skip
STATE = {"calls": 0, "buffer": np.zeros(())}


def broken(**changes):
    return replace(GOOD, arms={"plain": replace(ARM, **changes)})


def with_level(change):
    return broken(draw=lambda case, seed, r, threads: change(draw(case, seed, r, threads), case, seed, r, threads))


def shift(amount):
    return lambda found, case, seed, r, threads: {**found, "level": found["level"] + amount(case, seed, r, threads)}


def counted(*_):
    STATE["calls"] += 1
    return STATE["calls"]


def buffered(found, *_):
    STATE["buffer"][...] = found["level"]
    return {**found, "level": STATE["buffer"]}


PLANTS = {
    "determinism": (with_level(shift(lambda *_: np.random.standard_normal())), "computed twice, level differs"),  # noqa: NPY002
    "replicates": (
        broken(draw=lambda case, seed, r, threads: draw(case, seed, 0, threads)), "another replicate gives the same numbers",
    ),
    "order": (with_level(buffered), "level of replicate . is overwritten by later ones"),
    "threads": (with_level(shift(lambda c, s, r, threads: 1e-16 if threads < 3 else 1.0)), "level differs with 3 threads"),
    "ranges": (
        with_level(lambda found, case, *_: {**found, "noise": found["noise"] + np.array(case.parameters.rate == 1.0)}),
        r"noise is .*outside of \[0, 1\], at parameters\.rate = 1$",
    ),
    "finite": (
        with_level(lambda found, case, seed, r, t: {**found, "noise": np.where(r == 7, np.inf, found["noise"])}),
        r"NaN or infinite in 32 replicates: noise \(1\)",
    ),
    "mean field": (
        broken(reference=Reference(lambda case: ("level",), lambda case: {"level": limit(case)["level"] + 0.2})),
        "distance from the limit does not fall, at 50 and 800 agents",
    ),
    "step": (
        with_level(shift(lambda case, *_: 0.3 * np.log(case.parameters.dt))), "halving parameters.dt = 0.1 twice does not converge",
    ),
}  # fmt: skip


def test_every_promise_has_a_plant():
    """Those on what surrounds an arm have theirs in test_surroundings."""
    assert PLANTS.keys() | {"processes", "files"} == PROMISES.keys()


def test_nothing_is_found_where_all_promises_are_kept():
    findings = audit(GOOD)
    found = {finding.promise: finding for finding in findings}
    assert {promise: f.kept for promise, f in found.items()} == {
        promise: None if promise in ("processes", "files") else True for promise in PROMISES
    }, findings
    assert "power 0.5" in found["mean field"].said or "power 0.4" in found["mean field"].said


@pytest.mark.parametrize("promise", PLANTS)
def test_a_promise_that_is_broken_is_found(promise):
    experiment, expected = PLANTS[promise]
    kept, said = PROMISES[promise](experiment, experiment.arms["plain"], base_case(experiment, "plain"), Audit())
    assert kept is False
    assert re.search(expected, said), said


def test_a_count_of_calls_breaks_the_order():
    experiment = with_level(shift(counted))
    kept, said = PROMISES["order"](experiment, experiment.arms["plain"], base_case(experiment, "plain"), Audit())
    assert (kept, "depends on what was drawn before" in said) == (False, True)


def test_the_risk_of_refusing_a_model_that_keeps_its_promise_is_small():
    """Sampling alone: at a risk of 1e-3 no one in a hundred seeds is refused but for bad luck of 1 in 200."""
    refused = [
        finding
        for seed in range(100)
        for finding in [PROMISES["mean field"](GOOD, ARM, base_case(GOOD, "plain"), Audit(seed))]
        if finding[0] is False
    ]
    assert len(refused) <= 2


@pytest.mark.parametrize("guest", ["guest_weighting", "guest_verification"])
def test_shipped_guests_keep_their_promises_and_are_short(guest, capsys):
    assert check(str(RUNS / f"{guest}.py"), as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["broken"] == 0
    assert {f["promise"] for f in found["findings"] if f["kept"]} >= set(PROMISES) - {"step"}
    assert len((RUNS / f"{guest}.py").read_text().splitlines()) < 80


def test_published_weight_is_the_best_and_the_threshold_divides():
    """The closed forms of both papers, found again without them: by minimising, and by where accuracy passes a half."""
    from scipy.optimize import minimize_scalar

    weighting, verification = (find_experiment(str(RUNS / f"guest_{n}.py")) for n in ("weighting", "verification"))
    for k in (0.3, 1.0, 5.0):
        parameters = weighting.parameters(ratio=k, generations=400)
        case = replace(_case_of(weighting, "fixed"), parameters=parameters)
        settings = weighting.arms["fixed"].settings

        def error(w, case=case, settings=settings):
            here = replace(case, arm=settings(weight=w))
            return float(weighting.reference(here)["error"][-1])

        best = minimize_scalar(error, bounds=(0.1, 1.0), method="bounded", options={"xatol": 1e-9}).x
        assert best == pytest.approx((np.sqrt(k * k + 4 * k) - k) / 2, abs=1e-6)
        path = [1.0]
        for _ in range(400):
            path.append(0.8**2 + 0.2**2 * (path[-1] + k))
        found = weighting.reference(replace(case, arm=settings(weight=0.8)))["error"]
        np.testing.assert_allclose(found, path, rtol=1e-12)
    case, arm = _case_of(verification, "verifier"), verification.arms["verifier"]
    for phi, psi in ((0.9, 0.3), (0.5, 0.4)):
        settings, threshold = arm.settings(keeps_right=phi, keeps_wrong=psi), 1 / (1 + psi / phi)
        for p, right in ((threshold - 0.1, True), (threshold + 0.1, False)):
            here = replace(case, arm=settings, parameters=verification.parameters(label_error=p))
            accuracy = np.mean([arm.draw(here, 1, r, 1)["accuracy"] for r in range(20)])
            assert (accuracy > 0.75) is right or (accuracy < 0.25) is not right
            assert verification.reference(here)["accuracy"] == right


def _case_of(experiment, rule):
    from mfsolve.experiments import Case

    arm = experiment.arms[rule]
    return Case(experiment.parameters(), arm.settings(), experiment.population(), experiment.record(), rule)


def test_the_written_experiment_runs_passes_its_audit_and_is_never_overwritten(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert new_experiment("mymarket") == 0
    assert check("mymarket") == 0
    out = capsys.readouterr().out
    assert "RMS deviation falls" in out
    assert commands.run("mymarket.toml", workers=2, replicates=40, settings=["figures=[]"]) == 0
    rows = {row["name"]: row for row in json.loads((tmp_path / "results/mymarket/summary.json").read_text())["rows"]}
    assert rows["order in the number of firms"]["verdict"] != "contradicted"
    for name, expected in (
        ("mymarket", "already exists"), ("my-market", "as in the name of a Python module"), ("json", "choose another"),
        ("no/where", "no such folder"),
    ):  # fmt: skip
        with pytest.raises(StudyError, match=expected):
            new_experiment(name)


def test_check_ends_with_one_where_a_promise_is_broken_and_refuses_what_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert new_experiment("mymarket") == 0
    text = Path("mymarket.py").read_text()
    Path("mymarket.py").write_text(text.replace("generator(seed, replicate)", "np.random.default_rng()"))
    assert check("mymarket") == 1
    for model, expected in (("nomarket", "there is no nomarket.py"), ("nomarket.py", "no such file")):
        with pytest.raises(StudyError, match=expected):
            check(model)
    Path("mymarket.py").write_text(text)
    findings = audit(find_experiment("mymarket"), Audit(size="population.firm"))
    assert any("--size: 'population.firm' given: unknown" in f.said for f in findings)


def test_a_study_is_told_from_a_model():
    said = "mine.toml: is a study, where an experiment is needed; of a study: mfsolve run --dry-run mine.toml"
    with pytest.raises(StudyError, match=f"^{re.escape(said)}$"):
        find_experiment("mine.toml")


def mean_field_of(experiment):
    return PROMISES["mean field"](experiment, experiment.arms["plain"], base_case(experiment, "plain"), Audit())


def test_a_limit_that_is_right_at_the_defaults_alone_is_found():
    at_defaults = limit(base_case(GOOD, "plain"))
    kept, said = mean_field_of(broken(reference=Reference(lambda case: ("level",), lambda case: at_defaults)))
    assert kept is False
    assert re.search(r"does not fall at parameters\.rate = .* with 800 and 12800 agents", said), said
    assert "held at 4 other settings, too" in mean_field_of(GOOD)[1]


def test_replicates_that_do_not_approach_the_limit_whose_mean_they_have_keep_no_promise():
    """One random economy, however large: its mean is the limit, and no population makes it sharper."""

    def same_spread(case, seed, replicate, threads):
        return {"level": np.array(limit(case)["level"] + 0.1 * generator(seed, replicate).standard_normal())}

    kept, said = mean_field_of(broken(draw=same_spread))
    assert kept is None
    assert said.startswith("the means agree with the limit, but replicates do not approach it: RMS deviation falls as")
