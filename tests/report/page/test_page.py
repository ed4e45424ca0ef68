"""The page of a run: self-contained, every number that of the report, readable in a browser where there is one."""

import hashlib
import itertools
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mfsolve.cli import main
from mfsolve.commands import report as commands
from mfsolve.commands import run as runs
from mfsolve.commands.diff import HELD
from mfsolve.commands.verify import Report
from mfsolve.report import tables
from mfsolve.report.page import article, text
from mfsolve.study.file.settings import Figure
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.digests import digests
from mfsolve.study.storage.run_lookup import finished_run

STUDY = """
title = "A <b>title</b> & its price, $5_$"
model = "collapse"
figures = ["forest"]

[population]
producers = 50
items = 4
generations = 3

[policies.none]
[policies.closed_form]

[ensemble]
replicates = 6
seed = 7

[[estimates]]
name = "contamination < 1"
quantity = "contamination"
policy = "none"
published = 0.5
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run."""
    made = tmp_path_factory.mktemp("page")
    (made / "small.toml").write_text(STUDY)
    assert runs.run(str(made / "small.toml"), out=str(made / "out"), workers=1) == 0
    return made / "out"


@pytest.fixture(scope="module")
def page(folder):
    assert commands.report([str(folder)]) == 0
    return folder / "report.html"


class Reader(HTMLParser):
    """References and the cells of tables."""

    def __init__(self):
        super().__init__()
        self.references, self.cells, self.tags, self._in_cell = [], [], set(), False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.references += [value for name, value in attrs if name in ("src", "href")]
        if tag == "td":
            self.cells.append("")
        self._in_cell = tag == "td"

    def handle_endtag(self, tag):
        self._in_cell &= tag != "td"

    def handle_data(self, data):
        if self._in_cell:
            self.cells[-1] += data


def test_nothing_is_fetched_and_every_number_is_that_of_the_report(page, folder):
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert reader.references
    assert all(reference.startswith(("data:", "#")) for reference in reader.references)
    assert "b" not in reader.tags  # the title is text
    summary = json.loads((folder / "summary.json").read_text())
    expected = [cell for line in tables.grid(summary["rows"], summary["level"])[1] for cell in line]
    assert [cell.replace("\u00a0", " ") for cell in reader.cells[: len(expected)]] == expected
    held = json.loads(HELD.search(page.read_text(encoding="utf-8"))[1])
    summary.pop("sha256")  # of the file, not of what it says
    assert held[0]["summary"] == summary


def test_the_digests_are_those_of_the_numbers(page, folder):
    held = json.loads(HELD.search(page.read_text(encoding="utf-8"))[1])[0]
    assert held["digests"] == digests(folder / "small.h5")
    assert len(held["digests"]) > 10


def test_the_metadata_name_every_file_with_its_hash(page, folder):
    crate = json.loads((folder / commands.CRATE).read_text())
    graph = {entity["@id"]: entity for entity in crate["@graph"]}
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    parts = [part["@id"] for part in graph["./"]["hasPart"]]
    assert {"study.toml", "small.h5", "summary.json", "report.html", "forest.png", "forest.pdf"} <= set(parts)
    for name in parts:
        assert graph[name]["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert int(graph[name]["contentSize"]) == (folder / name).stat().st_size


def test_a_page_and_its_run_do_not_differ_and_another_seed_does(page, folder, tmp_path, capsys):
    assert main(["diff", str(page), str(folder)]) == 0
    assert "data sets are equal" in capsys.readouterr().out
    (tmp_path / "small.toml").write_text(STUDY.replace("seed = 7", "seed = 8"))
    assert runs.run(str(tmp_path / "small.toml"), out=str(tmp_path / "out"), workers=1) == 0
    capsys.readouterr()
    assert main(["diff", str(page), str(tmp_path / "out"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["settings"] == [{"name": "ensemble.seed", "first": 7, "second": 8}]
    assert found["versions"] == []
    assert [row["name"] for row in found["estimates"]] == ["contamination < 1"]
    assert abs(found["estimates"][0]["standard_errors"]) < 6.0
    assert 0 < len(found["bits"]["differ"]) < found["bits"]["data_sets"]  # coordinates are equal


def test_a_page_whose_numbers_were_changed_is_not_compared(page, folder, tmp_path, capsys):
    whole = page.read_text(encoding="utf-8")
    match, file = HELD.search(whole), tmp_path / "other.html"
    held = json.loads(match[1])
    row = held[0]["summary"]["rows"][0]
    row["estimate"]["value"] += 0.5
    changed = "its numbers are not those that were written"
    for other, said in ((held, changed), ([row], "0 runs in it"), ({}, "0 runs in it")):
        file.write_text(whole[: match.start(1)] + json.dumps(other) + whole[match.end(1) :], encoding="utf-8")
        assert main(["diff", str(file), str(folder)]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["null", "true", "-1", "NaN", "Infinity", '"3"', "[]"])
def test_a_damaged_time_is_none(folder, tmp_path, seconds):
    shutil.copy(folder / "summary.json", tmp_path)
    (tmp_path / "timing.json").write_text(f'{{"simulation_seconds": {seconds}}}')
    with pytest.raises(StudyError, match=r"timing\.json: damaged; delete it; it only records how long the run took"):
        Report.read(tmp_path)


@pytest.mark.parametrize("command", [["report", "no"], ["diff", "no", "no"]])
def test_what_is_no_run_is_refused_in_a_line(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no").write_text("<html></html>") if command[0] == "diff" else (tmp_path / "no").mkdir()
    assert main(command) == 2
    error = capsys.readouterr().err
    assert error.startswith("no: ")
    assert error.count("\n") == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_formulas_become_mathml_and_code_stays_code():
    found = text.to_html("A share $\\rho_{t+1} < \\frac{a}{b}$ and `$x$`, a*b*c <script>")
    assert "<math" in found
    assert "<mfrac>" in found
    assert "<code>$x$</code>" in found
    assert "<script>" not in found


def test_words_of_a_formula_are_set_as_words_and_products_as_letters():
    found = text.to_html("With $floor + a/n$, $ab$, $\\max_i x_{dep}$ and $\\text{one word}$")
    assert "<mtext>floor</mtext>" in found
    assert "<mtext>dep</mtext>" in found
    assert "<mi>a</mi><mi>b</mi>" in found
    assert "<mtext>one" in found


def test_headings_of_a_text_stand_below_those_of_the_page():
    assert "<h3>A</h3>" in text.to_html("# A", 2)
    assert "<h6>A</h6>" in text.to_html("##### A", 3)
    assert "<h1>A</h1>" in text.to_html("# A")


def test_headings_fall_by_one_level_at_a_time_and_figures_say_what_they_show(page, folder):
    whole = page.read_text(encoding="utf-8")
    levels = [int(level) for level in re.findall(r"<h(\d)", whole)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    (alternative,) = re.findall(r'<img alt="([^"]*)"', whole)
    (caption,) = re.findall(r"<figcaption>([^<]*)<", whole)
    assert caption.startswith("Claims: the claimed value")
    assert alternative.endswith(caption[1:])
    assert "its price" in alternative
    assert set(article.CAPTIONS) == set(Figure)
    shutil.copy(folder / "forest.png", folder / "forest-2.png")
    assert "intervals, page 2</figcaption>" in article._figure(folder / "forest-2.png", "t")
    (folder / "forest-2.png").unlink()


def test_several_runs_have_one_title_and_no_table_of_sources(folder):
    run = commands.described(finished_run(str(folder), of_any_code=True))
    book = "# Book\n\n## 1 One\n\nText\n\n## Section -> files\n\n| a | b |\n|---|---|\n| 1 | `x.py` |\n"
    whole = article.page([replace(run, equations=book), replace(run, equations=book + "\n## Sources\n\nA book\n")])
    assert whole.count("<h1>") == 1
    assert "x.py" not in whole
    assert "A book" in whole


def test_runs_of_one_study_are_told_apart_by_their_folders(folder):
    run = commands.described(finished_run(str(folder), of_any_code=True))
    assert f"({folder})" not in article.page([run])
    other = replace(run, summary={**run.summary, "title": "Another"}, folder="third")
    whole = article.page([run, replace(run, folder="second"), other])
    links = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a>', whole)
    for words in (str(folder), "second"):
        assert sum(text.endswith(f"({words})") for _, text in links) == 1
        assert whole.count(f"({words})</h2>") == 1
    assert links[2][1] == "Another"
    assert len({mark for mark, _ in links}) == 3
    assert all(whole.count(f'<article id="{mark}">') == 1 for mark, _ in links)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_a_browser_shows_it_without_errors_and_without_scrolling_sideways(page, tmp_path):
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="f" src="{page.as_uri()}" style="width:400px;height:900px;border:0"></iframe><p id="wide"></p>'
        '<script>f.onload = () => { wide.textContent = "wide " + f.contentDocument.documentElement.scrollWidth; '
        'wide.textContent += " math " + f.contentDocument.querySelector("math").getBoundingClientRect().height; };'
        "</script>"
    )
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
        "--enable-logging=stderr", "--virtual-time-budget=5000", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
    ]  # fmt: skip
    done = subprocess.run([*command, frame.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in done.stderr
    words = done.stdout.split('id="wide">')[1].split("<")[0].split()
    assert words[0] == "wide"
    assert int(words[1]) <= 400
    assert float(words[3]) > 5.0  # formulas are set
    assert Path(page).stat().st_size < 3e6
