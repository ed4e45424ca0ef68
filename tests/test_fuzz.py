"""Whatever a file holds, reading it ends in a result or in one line: seeded mutants, and the cases that once did not."""

import contextlib
import io
import json
import shutil
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import Field
from support.fuzz import outcome, study_mutant, text_mutant

from mfsolve import claims
from mfsolve.cli import main, parser
from mfsolve.models.frozen import Frozen
from mfsolve.report.look import new_figure, save
from mfsolve.study.file.config import load_study, resolve
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import as_toml

RUNS = Path(__file__).parents[1] / "runs"
QUICK = ("headline", "policies", "workflow_law", "atlas_weighting", "jurisdictions", "pmir_rounds", "atlas_tails")
"""Studies whose experiments are imported quickly."""


def loaded(path: Path) -> Any:
    """A study that stands, and stands for the same when it is written out and read again."""
    from mfsolve.calibration.section import calibration_of

    study = load_study(path)
    claims.check(study)
    calibration_of(study)
    again = resolve(tomllib.loads(as_toml(study.resolved)), study.name, str(path))
    assert [point.key for point in again.points] == [point.key for point in study.points]
    assert again.resolved == study.resolved
    assert list(again.axes) == list(study.axes)
    return study


def survey(names: list[str], numbers: range, read: Callable[[str, int], Any]) -> int:
    """Number of mutants that are used; the first that is neither used nor refused is named."""
    used = 0
    for number in numbers:
        name = names[number % len(names)]
        try:
            used += outcome(lambda name=name, number=number: read(name, number)) is not None
        except AssertionError as error:
            raise AssertionError(f"{name}, mutant {number}: {error}") from error
    return used


def study_reader(folder: Path) -> Callable[[str, int], Any]:
    for model in RUNS.glob("*.py"):
        shutil.copy(model, folder)

    def read(name: str, number: int) -> Any:
        path = folder / "study.toml"
        path.write_bytes(study_mutant((RUNS / f"{name}.toml").read_text(), number))
        return loaded(path)

    return read


def test_mutants_of_studies_are_used_or_refused(tmp_path):
    assert survey(list(QUICK), range(300), study_reader(tmp_path)) >= 15


@pytest.mark.slow
@pytest.mark.exhaustive
def test_mutants_of_all_studies_are_used_or_refused(tmp_path):
    names = sorted(path.stem for path in RUNS.glob("*.toml"))
    assert survey(names, range(1000, 21_000), study_reader(tmp_path)) >= 1000


def _counts(power: float, first: str = "") -> str:
    return "".join(f"{first}w{i},{int(40 / (i + 1) ** power) + 1}\n" for i in range(12))


def _log(mark: str, condition: str) -> str:
    falls = (0.05, -0.12, -0.17, -0.35, -0.38, -0.46, -0.63, -0.65, -0.84, -0.88)
    head = mark.join(("run", "generation", "contamination", "log_quality", condition))
    rows = (
        f"{run}{mark}{t}{mark}{min(t, 1)}{mark}{q * run}{mark}{1 + run % 2}"
        for run in (1, 2, 3, 4)
        for t, q in enumerate(falls)
    )
    return "\n".join((head, *rows)) + "\n"


def _features(shift: float) -> str:
    rows = (f"{(i * 0.618) % 1 + shift:.3f},{(i * 0.414) % 1:.3f},2020-{1 + i % 3:02d}-05\n" for i in range(100))
    return "f,g,date\n" + "".join(rows)


def _likelihoods(shift: float) -> str:
    rows = (f"{(i * 0.618) % 1 + shift:.3f},{(i * 0.414) % 1 - shift:.3f}\n" for i in range(40))
    return "log_human,log_synthetic\n" + "".join(rows)


LOGS = {"commas": _log(",", "standard_error"), "semicolons": _log(";", "condition").replace(".", ",")}
LOG_OPTIONS = (
    "", "--start exact", "--structural 0.1", "--structural 1e300", "--lags 3", "--lags -1", "--lags 99999999999", "--by run",
    "--contamination 0.5", "--metric log_quality:higher", "--level 0.9999999999999999", "--level 1e-300", "--level 0.01",
)  # fmt: skip
DEAL_OPTIONS = (
    "", "--cap 0", "--cap 1e300", "--developers 1", "--fee 0", "--lineage 1e-300", "--revenue-share 1", "--json",
)  # fmt: skip
POOLS = {
    "tokens": ("token,count\n" + _counts(1.2), "token,count\n" + _counts(1.0), "token,count\n" + _counts(1.5)),
    "items": tuple("item,token,count\n" + "".join(_counts(x, f"d{j},") for j in range(24)) for x in (1.2, 1.0, 1.5)),
    "features": (_features(0.3), _features(0.0), _features(0.8)),
    "likelihoods": (_likelihoods(0.0), _likelihoods(0.4), _likelihoods(-0.4)),
}
POOL_OPTIONS = (
    "", "", "--date date", "--half-width 1e-300", "--unit sentence", "--columns f", "--ignore f,g", "--kind features",
    "--kind tokens", "--level 1e-300", "--level 0.01", "--level 0.9999999999999999", "--json",
)  # fmt: skip


def regress_reader(folder: Path) -> Callable[[str, int], Any]:
    from mfsolve.commands.regress import regress

    def read(name: str, number: int) -> Any:
        path = folder / "log.csv"
        path.write_bytes(text_mutant(LOGS[name], number))
        options = LOG_OPTIONS[number % len(LOG_OPTIONS)].split()
        return regress(parser().parse_args(["regress", str(path), "--figure", "none", *options]))

    return read


def deals_reader(folder: Path) -> Callable[[str, int], Any]:
    from mfsolve.commands.deals import deals

    shipped = (Path(claims.__file__).parent / "data" / "disclosed_deals.csv").read_text()

    def read(name: str, number: int) -> Any:
        path = folder / "deals.csv"
        path.write_bytes(text_mutant(shipped, number))
        asked = parser().parse_args(["deals", str(path), *DEAL_OPTIONS[number % len(DEAL_OPTIONS)].split()])
        names = ("revenue_share", "bargaining_share", "developers", "lineage", "fee")
        return deals(asked.file, asked.cap, None, asked.json, {name: getattr(asked, name) for name in names})

    return read


def provenance_reader(folder: Path) -> Callable[[str, int], Any]:
    from mfsolve.commands.provenance import provenance

    def read(name: str, number: int) -> Any:
        files = [folder / f"{part}.csv" for part in ("pool", "human", "synthetic")]
        for place, (path, text) in enumerate(zip(files, POOLS[name])):
            path.write_bytes(text_mutant(text, number) if place == number // 7 % 3 else text.encode())
        options = POOL_OPTIONS[number % len(POOL_OPTIONS)].split()
        pool, human, synthetic = map(str, files)
        asked = ["provenance", pool, "--human", human, "--synthetic", synthetic, *options]
        return provenance(parser().parse_args(asked))

    return read


READERS = {
    "regress": (list(LOGS), regress_reader),
    "deals": (["deals"], deals_reader),
    "provenance": (list(POOLS), provenance_reader),
}


def survey_tables(command: str, numbers: range, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("mfsolve.commands.deals.draw", lambda *_: [])
    names, reader = READERS[command]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return survey(names, numbers, reader(folder))


@pytest.mark.parametrize("command", READERS)
def test_mutants_of_tables_are_used_or_refused(command, tmp_path, monkeypatch):
    assert survey_tables(command, range(100), tmp_path, monkeypatch) >= 10


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("command", READERS)
def test_many_mutants_of_tables_are_used_or_refused(command, tmp_path, monkeypatch):
    assert survey_tables(command, range(1000, 6000), tmp_path, monkeypatch) >= 500


STUDY = 'model = "collapse"\n'
LONG = 300 * "x"
"""Longer than the name of a file may be."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STUDY + "estimates = [1, 2]", "estimates[1]: a table is needed"),
        (STUDY + "estimates = [[]]", "estimates[1]: a table is needed"),
        (f'model = "{LONG}"', "given: unknown"),
        (f'model = "{LONG}:X"', "Python finds no module of that name"),
        (f'extends = "{LONG}"', "no such file or shipped study"),
        (
            'model = "flow"\n[parameters]\ncontamination = 0.5\nvariance_ratio = 0.5\npotential = {kind = []}',
            "allowed: gaussian, double_well, mixture, tabulated",
        ),
        (
            f'model = "flow"\n[parameters]\ncontamination = 0.5\nvariance_ratio = 0.5\ninitial_mean = 1{"0" * 400}',
            "given: allowed: a number, or one",
        ),
        (
            STUDY + "[grid]\nparameters.imitation = [0.5, 2020-01-01]",
            "input should be a valid number; allowed: [0, 1000]",
        ),
        (STUDY + "title = 7", "title: 7 given: a text on one line is needed"),
        (STUDY + 'title = "a\\u001b[31mb"', "title: 'a\\x1b[31mb' given: a text on one line is needed"),
        (STUDY + '[[estimates]]\nname = "a\\u0000"\nquantity = "quality"', "a text on one line is needed"),
        (STUDY + '"\\u0000" = 1', "\\x00: unknown key"),
        (STUDY + '[policies]\n"." = {rule = "none"}', "a label needs letters or digits"),
        (STUDY + '[policies]\n"" = {rule = "none"}', "a label needs letters or digits"),
        (STUDY + f"seed = {'9' * 5000}", "not valid TOML: a number of thousands of digits"),
        (STUDY + f"a = {'[' * 3000}{']' * 3000}", "not valid TOML: tables or lists within one another"),
        (STUDY + f"{'a.' * 3000}a = 1", "not valid TOML: tables or lists within one another"),
        (STUDY + "[ensemble]\nlevel = 1e-300", "ensemble.level: 1e-300 given"),
        (
            STUDY + f"[[estimates]]\nname = 'x'\nquantity = 'quality'\nat = [1, 1{'0' * 400}]",
            "at: a whole number beyond 1e+300",
        ),
    ],
    ids=lambda value: repr(value)[-30:],
)
def test_mistakes_in_studies_are_said_on_one_line(text, said, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(StudyError) as refusal:
        load_study(path)
    assert said in str(refusal.value)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) <= 1000


class Numbers(Frozen):
    """Numbers alone, in lists, and beside words."""

    one: float | None = None
    many: tuple[tuple[int, ...], ...] = ()
    word: Annotated[float, Field(ge=0.0)] | Literal["best"] = 0.0
    texts: tuple[str | float, ...] = ()
    flag: bool | float = False


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"one": "0.5"}, "one: '0.5' given: a number is needed"),
        ({"one": True}, "one: True given: a number is needed"),
        ({"many": [[1], ["2"]]}, "many: '2' given; a number is needed"),
        ({"many": [[1, True]]}, "many: true given; a number is needed"),
        ({"word": "0.5"}, "word: '0.5' given: a number or best is needed"),
        ({"word": "bets"}, "word: 'bets' given: a number or best is needed"),
        ({"word": False}, "word: False given: a number or best is needed"),
        ({"one": 1, "many": [[1]], "word": "best", "texts": ["0.5", 1], "flag": True}, None),
    ],
)
def test_no_word_or_truth_value_is_a_number_in_disguise(given, said):
    if said is None:
        assert list(Numbers(**given).model_dump().values()) == [1.0, ((1,),), "best", ("0.5", 1.0), True]
        return
    with pytest.raises(ValueError) as refusal:
        Numbers(**given)
    assert str(refusal.value) == said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["parameters.imitation=-1"], "--set parameters.imitation=-1: parameters.imitation: -1 given"),
        (["parameters.imitation=0.5", "ensemble.seed=x"], "--set ensemble.seed=x: ensemble.seed: 'x' given"),
        (
            ["parameters.imitaton=1"],
            "--set parameters.imitaton=1: parameters.imitaton: unknown key; did you mean imitation",
        ),
        ([f"ensemble.seed={'9' * 5000}"], "not valid TOML: a number of thousands of digits"),
        ([f"title={'[' * 3000}"], "tables or lists within one another"),
        ([f"{'a.' * 3000}a=1"], "KEY=VALUE is needed"),
        (["=1"], "--set =1: KEY=VALUE is needed"),
        (["parameters..x=1"], "--set parameters..x=1: KEY=VALUE is needed"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_setting_is_blamed_for_what_it_breaks(settings, said, study_file):
    with pytest.raises(StudyError) as refusal:
        load_study(study_file, settings)
    assert str(refusal.value).startswith("--set ")
    assert said in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_a_mistake_of_the_file_is_not_blamed_on_a_setting(study_file):
    study_file.write_text(study_file.read_text() + "\n[parameters]\nimitation = -1\n")
    with pytest.raises(StudyError, match=r"small\.toml: parameters\.imitation: -1 given"):
        load_study(study_file, ["ensemble.seed=3"])


EXTREME = [
    ("pmir_rate", "parameters.imitation=0", "a market at rest whatever PMIR estimates"),
    ("pmir_rate", "parameters.cost_curvature=1e-12", "a market at rest whatever PMIR estimates"),
    ("pmir_rate", "population.confidence=0.9999999999999999", "allowed: (0, 0.999999999]"),
    ("pmir_rate", "parameters.variance_ratio=1e-300", "a market at rest whatever PMIR estimates"),
    ("pmir_rate", "parameters.cost_curvature=1e20", "a market at rest without human items"),
    ("quantal_response", "parameters.market.ai_cost=1e300", "allowed: [1e-09, 1000000000]"),
    ("policy_regimes", "parameters.market.ai_cost=1e300", "allowed: [1e-09, 1000000000]"),
    ("originality_penalty", "parameters.cost_exponent=1.000000000001", "allowed: [1.001, 1000]"),
    ("billion_creators", "parameters.cost_exponent=1.001", "given with bias_variance inf and cost_scale 1; allowed"),
    ("agents_scale", "population.consumers=1", "consumers = 1 given: a creator sells"),
    ("atlas_families", "parameters.mean=1e-300", "allowed: [1e-06, 1000000]"),
    ("atlas_families", "workflows.mixed.ratio=1e-300", "allowed: [0.01, 100]"),
    ("retreat", "parameters.initial_cost=1e-300", "allowed: [1e-09, 1000000000]"),
    ("retreat", "solvers.grid.dt=1e-300", "allowed up to the time"),
    ("headline", "parameters.quality_elasticity=1e300", "allowed: [0, 1000000000]"),
    ("three_solvers", "parameters.initial_mean=1e300", "allowed: a number in [-1e+06, 1e+06]"),
    ("three_solvers", "parameters.domain=[1e-300, 2e-300]", "1e-06 apart or more"),
    ("three_solvers", "solvers.jko.tau=1e-300", "at most 100000 steps, a tau of about"),
    ("three_solvers", "solvers.grid.tolerance=1e-300", "allowed: [1e-10, inf)"),
]


@pytest.mark.parametrize(("name", "setting", "said"), EXTREME)
def test_ends_of_ranges_are_said(name, setting, said):
    with pytest.raises(StudyError) as refusal:
        load_study(RUNS / f"{name}.toml", [setting])
    assert said in str(refusal.value)


def test_economies_are_drawn_within_the_ranges_of_their_parameters():
    from mfsolve.models.supply_shock import Parameters
    from mfsolve.models.supply_shock.random_economies import draw_economies, economy_rows

    middle = Parameters(skill_b=100.0, ai_cost=1e-9)
    table, before = draw_economies(middle, 50, 0.2, seed=1), economy_rows(middle)[0]
    cost = int(np.flatnonzero(before == 1e-9)[0])
    assert table[:, 1].max() == 100.0
    assert table[:, 1].min() < 90.0
    assert table[:, cost].min() == 1e-9
    assert table[:, cost].max() > 1.1e-9


NOTHING = """
[[estimates]]
name = "{number}"
statistic = "{statistic}"
quantity = "{quantity}"
policy = "none"
{other}
"""
OF_NOTHING = [
    ("gain", "subsidy", 'baseline = "none"', None),
    ("share", "contamination", 'trials = "subsidy"', None),
    ("slope", "subsidy", 'against = "subsidy"', None),
    ("r_squared", "subsidy", 'against = "subsidy"', None),
    ("hac_slope", "contamination", 'against = "contamination"', None),
    ("slope", "contamination", 'against = "contamination"', 1.0),
]


def test_a_ratio_to_nothing_is_a_row_with_a_note(study_file, capsys):
    """Without a policy the subsidy is zero throughout: nothing can be divided by it; the other rows stand."""
    entries = [
        NOTHING.format(number=number, statistic=statistic, quantity=quantity, other=other)
        for number, (statistic, quantity, other, _) in enumerate(OF_NOTHING)
    ]
    study_file.write_text(study_file.read_text().replace("[[estimates]]", "".join(entries) + "[[estimates]]", 1))
    assert main(["run", str(study_file), "--out", str(study_file.parent / "out"), "--workers", "1", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["estimate"]["value"] for row in rows[: len(OF_NOTHING)]] == [value for *_, value in OF_NOTHING]
    assert all(row["note"] for row in rows[: len(OF_NOTHING)])
    assert all(row["estimate"]["value"] is not None for row in rows[len(OF_NOTHING) :])


def test_texts_of_a_study_are_drawn_as_they_are_written(tmp_path):
    drawing, axes = new_figure(1, 3, 9.0, 3.0)
    text = "$5_$, $$ and $x"
    drawing.suptitle(text)
    axes[0, 0].set(title=text, xlabel=text, xscale="log", xlim=(1.0, 1e9))
    axes[0, 0].plot([1.0, 2.0], [1.0, 2.0], label=text)
    axes[0, 0].legend()
    axes[0, 1].barh([text, "$_$"], [1.0, 2.0])
    axes[0, 2].set_yticks([0.0, 1.0], labels=[text, "$^$"])
    assert all(path.stat().st_size > 1000 for path in save(drawing, tmp_path / "figure"))
    assert axes[0, 0].xaxis.get_ticklabels()[1].get_parse_math()
