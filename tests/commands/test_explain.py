"""`mfsolve explain`: which text a name stands for, and how it is printed."""

import re
import sys

import pytest

from mfsolve.cli import main
from mfsolve.commands import explain, keyword_search
from mfsolve.commands.keyword_search import Place
from mfsolve.commands.model_texts import experiments, model_texts, sections, system_of, systems

MARKET = """# 1 The market

State $s^*$ and $w^*$, with `code $x$`.

## 1.1 One generation

    s2_t = delta v_t

```
# 9 not a heading
```

### 1.1.1 A detail

A detail.

## 1.2 Producers ##

Producers choose $h_i$.

## Symbols

| letter | API name |
|---|---|
| $h_i$ | `human_share` |
"""
FLOW = "# 2 The flow\n\nAbout the flow.\n"


@pytest.fixture
def shelf(monkeypatch):
    monkeypatch.setattr(explain, "model_texts", lambda: {"collapse": MARKET, "flow": FLOW})


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        (("collapse",), "# 1 The market", "| $h_i$ | `human_share` |"),
        (("statics", "Symbols"), "## Symbols", "| $h_i$ | `human_share` |"),  # an experiment of this system
        (("2",), "# 2 The flow", "About the flow."),
        (("1.1",), "## 1.1 One generation", "A detail."),
        (("collapse", "1.1.1"), "### 1.1.1 A detail", "A detail."),
        (("collapse", "producers"), "## 1.2 Producers ##", "Producers choose $h_i$."),
        (("collapse", "Symbols"), "## Symbols", "| $h_i$ | `human_share` |"),
    ],
)
def test_text_as_it_stands_where_there_is_no_terminal(shelf, capsys, arguments, first, last):
    assert main(["explain", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == first
    assert lines[-1] == last


def test_an_experiment_is_explained_by_the_sections_it_cites(capsys):
    assert main(["explain", "pmir_regret"]) == 0
    heads = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("## ")]
    assert heads == ["1.3", "3.3"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("colapse",), "colapse: no such system, experiment or section; did you mean collapse?"),
        (("1.3",), "1.3: no such section; 1 has 1.1 and 1.2"),
        (("9",), "9: no such section; there are 1 and 2"),  # inside a fenced block is no heading
        (("collapse", "1.9"), "collapse: no section 1.9; did you mean 1.2?"),
        (("collapse", "2"), "collapse: no section 2; did you mean 1.2?"),
        (("1.1", "1.2"), "1.2: 1.1 is itself a section: name one at a time"),
    ],
)
def test_unknown_names_are_one_line_with_the_nearest(shelf, capsys, arguments, expected):
    assert main(["explain", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err == expected + "\n"


def test_a_study_is_said_to_be_one_of_its_model(capsys):
    """It was taken for a misspelt lineage."""
    said = "it is a study of collapse: mfsolve explain collapse; findings: mfsolve list headline"
    assert main(["explain", "headline"]) == 2
    assert capsys.readouterr().err == f"headline: no such system, experiment or section; {said}\n"
    assert main(["explain", "headlines"]) == 2
    assert capsys.readouterr().err == "headlines: found nowhere; did you mean headline?\n"


def test_terminal_gets_tables_and_formulas_untouched(shelf, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    explain.explain("collapse")
    printed = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "State s^* and w^*, with code $x$." in printed
    assert "━" in printed or "─" in printed
    assert "## " not in printed


def test_a_section_holds_its_own_text_and_those_below_it():
    found = {section.number or section.title: section for section in sections(MARKET)}
    assert list(found) == ["1", "1.1", "1.1.1", "1.2", "Symbols"]
    assert found["1"].text == MARKET
    assert found["1.1"].own.endswith("```")
    assert "1.1.1" in found["1.1"].text
    assert "1.2" not in found["1.1"].text


@pytest.mark.parametrize("name", list(experiments()))
def test_every_experiment_belongs_to_a_system(name):
    assert system_of(name) in systems()
    if name in systems():
        assert system_of(name) == name


def test_the_shared_book_comes_with_the_package(run_here, tmp_path):
    done = run_here("explain", "inference", "8.6", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("## 8.6 Verdicts\n")
    assert "\x1b" not in done.stdout


def test_version_names_what_decides_a_result(run_here, tmp_path):
    import numba
    import numpy

    import mfsolve

    done = run_here("--version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    python = ".".join(map(str, sys.version_info[:3]))
    assert (
        done.stdout
        == f"mfsolve {mfsolve.__version__} (numba {numba.__version__}, numpy {numpy.__version__}, python {python})\n"
    )


OWN = '''"""A coin: $p$ is the chance of heads.

    E share = p
"""
import numpy as np
from mfsolve.experiments import Arm, Experiment, Field, Frozen, Output, generator


class Parameters(Frozen):
    """The coin."""

    p: float = Field(0.5, ge=0, le=1, description="chance of heads")


def drawn(case):
    return {"share": Output((), "share of heads", support=(0.0, 1.0))}


def draw(case, seed, replicate, threads):
    return {"share": generator(seed, replicate).binomial(10, case.parameters.p) / 10}


EXPERIMENT = Experiment(name="coin", title="a coin", parameters=Parameters, arms={"plain": Arm(draw=draw, drawn=drawn)})
'''


def test_a_model_of_ones_own_is_explained_and_its_page_has_the_equations(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model, book = tmp_path / "my_own_coin.py", tmp_path / "my_own_coin.md"
    model.write_text(OWN)
    (tmp_path / "study.toml").write_text(
        '# Is the coin fair?\nmodel = "my_own_coin:EXPERIMENT"\nfigures = []\nensemble.replicates = 4\n'
    )
    for name in ("my_own_coin:EXPERIMENT", "my_own_coin.py"):
        assert main(["explain", name]) == 0
        said = capsys.readouterr().out
        assert said.startswith("# a coin\n\nA coin: $p$ is the chance of heads.\n")
        assert "| `p` | chance of heads | 0.5 | [0, 1] |" in said
        assert "| `share` | share of heads |" in said
    book.write_text("# The coin\n\n## 1 Heads\n\nWith probability $p$.\n")
    assert main(["explain", "my_own_coin:EXPERIMENT", "1"]) == 0
    assert capsys.readouterr().out == "## 1 Heads\n\nWith probability $p$.\n"
    assert main(["run", "study.toml", "--out", "out", "--workers", "1", "-q"]) == 0
    for path in (model, book, tmp_path / "study.toml"):
        path.unlink()  # the run directory holds all of it
    assert main(["report", "out"]) == 0
    page = (tmp_path / "out/report.html").read_text()
    assert "With probability" in page
    assert "<p>Is the coin fair?</p>" in page
    model.write_text(OWN + "\nx = 1 / 0\n")
    capsys.readouterr()
    assert main(["explain", "my_own_coin:EXPERIMENT"]) == 2
    line = OWN.count("\n") + 2
    assert capsys.readouterr().err == f"my_own_coin.py:{line}: ZeroDivisionError: division by zero\n"
    assert main(["explain", "nobody:EXPERIMENT"]) == 2
    assert "there is no nobody.py" in capsys.readouterr().err


def found(capsys, *words):
    """The commands that a search prints, in their order."""
    assert main(["explain", *words]) == 0
    return [line.split("  ")[0].removeprefix("mfsolve ") for line in capsys.readouterr().out.splitlines()]


def test_words_are_found_in_sections_experiments_and_studies(capsys):
    shapley = found(capsys, "shapley")
    assert {"explain 4.3", "explain attribution", "list attribution"} <= set(shapley)
    assert "explain 8.6" in found(capsys, "Holm")
    bound = found(capsys, "cramer rao")
    assert bound == found(capsys, "cramer", "rao") == found(capsys, "Cramér-Rao")
    assert {"explain 3.1", "explain provenance", "list cramer_rao"} <= set(bound[:4])
    assert len(found(capsys, "market")) <= 21  # and how many more there are


def test_a_title_counts_more_than_a_text_and_a_whole_word_more_than_its_beginning(monkeypatch):
    shelf = [
        Place("a", "Sources", "share share share"), Place("b", "1 One", "shares"), Place("c", "2 Two", "a share"),
        Place("d", "3 Shares", ""), Place("e", "4 Share", ""), Place("f", "5 None", "hare"),
    ]  # fmt: skip
    monkeypatch.setattr(keyword_search, "places", lambda: iter(shelf))
    assert [place.command for place in keyword_search.search("share")] == ["e", "d", "a", "c", "b"]
    assert [place.command for place in keyword_search.search("a share")] == ["c"]
    assert keyword_search.search("...") == []
    assert keyword_search.resembling("shore") == "share"
    assert keyword_search.resembling("share zwitterion") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["holmm"], "holmm: found nowhere; did you mean holm?"),
        (["cramer raoo"], "cramer raoo: found nowhere; did you mean cramer rao?"),
        (["holm qqxyzz"], "holm qqxyzz: no such system, experiment or section; known: agents, "),
        (["colapse"], "colapse: no such system, experiment or section; did you mean collapse?"),
        (["99.9"], "99.9: no such section; there are 1 to 9"),
        (["5.99"], "5.99: no such section; 5 has 5.1 to 5."),
        (["."], ".: no such system, experiment or section; known: agents, "),
    ],
)
def test_words_that_are_found_nowhere_are_one_line(capsys, words, said):
    assert main(["explain", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith(said)


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (r"s^2_t = \delta v_t", "s2_t = delta v_t"), (r"\rho \in (0, 1]", "rho in (0, 1]"), (r"x \le 2\,y", "x <= 2 y"),
        (r"\frac{a}{b + 1}", "(a)/(b + 1)"), (r"\sqrt{v_t}", "sqrt(v_t)"), (r"s^*", "s^*"), (r"I_d^2", "I_d^2"),
    ],
)  # fmt: skip
def test_a_formula_of_the_prose_is_written_as_in_blocks(formula, written):
    assert explain.legible(formula) == written


def test_no_formula_of_the_prose_keeps_a_backslash():
    formulas = [match[2] for text in model_texts().values() for match in explain.MATH.finditer(text) if match[2]]
    assert len(formulas) > 500
    assert [formula for formula in formulas if "\\" in explain.legible(formula)] == []
