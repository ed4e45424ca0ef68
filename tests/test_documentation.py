"""Help and examples: what `help` says of settings is what they are, and what docstrings show is what happens."""

import doctest
import importlib
import inspect
import pydoc
import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tqdm
import tqdm.auto
from support import short_tables
from support.public_calls import PUBLIC

import mfsolve
from mfsolve.commands import explain, progress
from mfsolve.experiments import NAMES, load
from mfsolve.grammar import parser
from mfsolve.models import collapse
from mfsolve.models.frozen import Frozen, describe_range
from mfsolve.models.result_repr import shown_array
from mfsolve.study.file.shipped import shipped_studies

PACKAGE = Path(mfsolve.__file__).parent
EXAMPLES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_give_what_they_show(module, tmp_path):
    found = doctest.testmod(
        importlib.import_module(module),
        extraglobs={"folder": tmp_path},
        optionflags=doctest.ELLIPSIS,
        raise_on_error=True,
    )
    assert found.attempted >= 2, "examples are all in docstrings that are looked at"
    assert found.failed == 0


NAMED = ("run", "calibrate", "show", "regress", "deals", "provenance", "verify", "check", "merge")
"""Commands that a text may name without their arguments."""
PLACES = {"SHELL": "bash", "--data NAME": "--data co2", "--array N": "--array 4"}
"""Words that stand for one of several."""


def told(text):
    """Commands that a text shows, in code or in indented lines, without comments and redirections."""
    text = text.replace("\\\n", " ")
    shown = [*re.findall(r"`(mfsolve [^`]+)`", text), *re.findall(r"^    (.*\bmfsolve .*)$", text, re.MULTILINE)]
    for line in shown:
        for place, word in PLACES.items():
            line = line.replace(place, word)
        for command in re.split(r"&&|;", line.partition("#")[0]):
            words = shlex.split(command.partition(">")[0])
            if words and words[0].rpartition("/")[2] == "mfsolve" and len(words) > 1:
                yield words[1:]


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", *(f"runs/{name}.md" for name in ("README", "DATA", "CLAIMS"))]
)
def test_every_command_that_is_told_of_is_one(name):
    path = Path(__file__).parents[1] / name
    for words in told(path.read_text()):
        if {"...", "--help"} & {*words} or words in ([name] for name in NAMED):
            continue
        words = [word.removesuffix("...") for word in words if not word.startswith("[")]
        asked = parser().parse_args(words)
        if asked.command == "explain" and asked.name != "NAME" and ":" not in asked.name:
            assert explain.find(asked.name, asked.section)
        for study in (getattr(asked, "study", ""), getattr(asked, "like", None) or ""):
            if re.fullmatch(r"[a-z_]+", study):
                assert study in shipped_studies(), study


@pytest.mark.parametrize(
    "name", ["README.md", "runs/README.md", "runs/DATA.md", "runs/CLAIMS.md", "tests/benchmarks/README.md"]
)
def test_links_lead_somewhere(name):
    path = Path(__file__).parents[1] / name
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_short_tables_of_the_readme_are_those_of_the_long_ones():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert readme == short_tables.renewed(readme)


def test_help_shows_meaning_unit_and_range():
    text = pydoc.render_doc(collapse.Parameters, renderer=pydoc.plaintext)
    assert "variance_ratio : float, (0, 1], default 0.4735" in text
    assert "curvature of the cost of authentic production, kappa [welfare]" in text
    assert "subsidy_base : {'generator', 'pool', 'reverse'}, default 'generator'" in text


def test_every_setting_of_every_experiment_is_in_its_help():
    seen = set()
    for name in NAMES:
        experiment = load(name)
        kinds = [experiment.parameters, experiment.population, experiment.record]
        for kind in [*kinds, *(arm.settings for arm in experiment.arms.values())]:
            text = inspect.getdoc(kind)
            for key, field in kind.model_fields.items():
                line = next(row for row in text.splitlines() if re.match(rf"{key} : .*(default|required)", row))
                assert describe_range(field) in line
                assert (field.description or "not described") in text
            seen.add(kind)
    assert len(seen) > 40


def test_a_subclass_has_its_own_help():
    class Mine(Frozen):
        """Mine and nobody else's."""

        size: int = 3

    class More(Mine):
        other: float

    assert Mine.__doc__.startswith("Mine and nobody else's.\n")
    assert "other" not in Mine.__doc__
    assert "size : int, default 3\n    not described\nother : float, required" in More.__doc__


def test_arrays_are_shown_by_what_they_are():
    assert shown_array(np.array([1.5, 2.0])) == "[1.5, 2. ]"
    assert shown_array(np.array([[1.0, np.nan], [3.0, 4.0]] * 4)) == "<float64 (8, 2) in [1, 4], 4 not finite>"
    assert shown_array(np.zeros((7, 0))) == "[]"
    assert shown_array(np.array(["a"] * 9)) == "<<U1 (9,)>"
    assert shown_array(np.float64(0.25)) == "0.25"


def test_bars_are_widgets_in_a_notebook_only(monkeypatch):
    class ZMQInteractiveShell:
        config = {}  # noqa: RUF012

    assert not progress.in_notebook()
    assert progress.bar() is tqdm.std.tqdm
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=ZMQInteractiveShell))
    assert progress.in_notebook()
    assert progress.bar() is tqdm.auto.tqdm
    assert progress.Meter(3, 0, "rep")._terminal


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_functions_say_what_they_take_return_and_refuse(name):
    """Each argument is named under Parameters; signatures show the names of types, not what they stand for."""
    function = PUBLIC[name]
    text, signature = inspect.getdoc(function) or "", inspect.signature(function)
    needed = ("Parameters", "Returns", "Raises") if signature.parameters else ("Returns",)
    sections = dict(re.findall(r"^(\w+)\n-+\n((?:.*\n?)+?)(?=\n\w+\n-+\n|\Z)", text, re.MULTILINE))
    assert [section for section in needed if section not in sections] == []
    named = set(re.findall(r"^(?:\*\*)?\w+(?:, \w+)*", sections.get("Parameters", ""), re.MULTILINE))
    described = {word for line in named for word in line.replace("*", "").split(", ")}
    assert set(signature.parameters) - described == set()
    assert "_SupportsArray" not in str(signature)
    assert len(str(signature)) <= 600
