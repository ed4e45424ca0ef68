"""`mfsolve explain`: which text a name stands for, and how it is printed."""

import re
import sys

import pytest

from mfsolve.cli import main
from mfsolve.commands import explain

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
    monkeypatch.setattr(explain, "books", lambda: {"collapse": MARKET, "flow": FLOW})


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
        (("1.3",), "1.3: no such section; did you mean 1.2?"),
        (("9",), "9: no such section; known: 1, 1.1, 1.1.1, 1.2, 2"),  # inside a fenced block is no heading
        (("collapse", "1.9"), "collapse: no section 1.9; did you mean 1.2?"),
        (("collapse", "2"), "collapse: no section 2; did you mean 1.2?"),
        (("1.1", "1.2"), "1.2: 1.1 is a section itself: one at a time"),
    ],
)
def test_unknown_names_are_one_line_with_the_nearest(shelf, capsys, arguments, expected):
    assert main(["explain", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err == expected + "\n"


def test_terminal_gets_tables_and_formulas_untouched(shelf, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    explain.explain("collapse")
    printed = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "State s^* and w^*, with code $x$." in printed
    assert "━" in printed or "─" in printed
    assert "## " not in printed


def test_a_section_holds_its_own_text_and_those_below_it():
    found = {section.number or section.title: section for section in explain.sections(MARKET)}
    assert list(found) == ["1", "1.1", "1.1.1", "1.2", "Symbols"]
    assert found["1"].text == MARKET
    assert found["1.1"].own.endswith("```")
    assert "1.1.1" in found["1.1"].text
    assert "1.2" not in found["1.1"].text


@pytest.mark.parametrize("name", list(explain._experiments()))
def test_every_experiment_belongs_to_a_system(name):
    assert explain.system_of(name) in explain.systems()
    if name in explain.systems():
        assert explain.system_of(name) == name


def test_the_shared_book_comes_with_the_package(run_cli, tmp_path):
    done = run_cli("explain", "inference", "8.6", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("## 8.6 Verdicts\n")
    assert "\x1b" not in done.stdout


def test_version_names_what_decides_a_result(run_cli, tmp_path):
    import numba
    import numpy

    import mfsolve

    done = run_cli("--version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    python = ".".join(map(str, sys.version_info[:3]))
    assert (
        done.stdout
        == f"mfsolve {mfsolve.__version__} (numba {numba.__version__}, numpy {numpy.__version__}, python {python})\n"
    )
