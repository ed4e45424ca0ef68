"""Names and paths that commands take: one line on each that is none, with what may have been meant."""

import pytest

STUDIES = (["run"], ["run", "--dry-run"], ["calibrate"], ["identify"], ["submit", "--array", "2"])
RUNS = (["merge"], ["show"], ["plot"], ["report"])
PLACES = (".", "..", "", "/", "./", "folder", "folder/", "none/", "none.toml/")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder").mkdir()
    return tmp_path


def refusal(run_here, folder, *words):
    """The line that refuses a command; nothing is printed or written."""
    before = sorted(folder.rglob("*"))
    done = run_here(*words, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert sorted(folder.rglob("*")) == before
    lines = done.stderr.splitlines()
    return lines[-1] if lines[0].startswith("usage: ") else done.stderr.removesuffix("\n")


@pytest.mark.parametrize("place", PLACES)
def test_a_place_without_a_study_or_a_run_is_one_line(folder, run_here, place):
    for command, *options in (*STUDIES, *RUNS):
        line = refusal(run_here, folder, command, place, *options)
        said = "it has no run.json"
        if not place:
            said = "'' given: is empty"
        elif place.startswith("none") and [command, *options] in STUDIES:
            said = "no such study file"
        assert said in line
        assert "\n" not in line
    for words in (["list", place], ["explain", place], ["check", place], ["new", "mine", "--like", place],
                  ["new", "mine", "--model", place], ["verify", place], ["export", place, "a.csv"],
                  ["diff", place, place], ["deals", place], ["regress", place],
                  ["run", "headline", "--out", ""]):  # fmt: skip
        assert "\n" not in refusal(run_here, folder, *words)


def test_results_are_found_by_the_name_of_the_study(folder, run_here):
    for name in ("headline", "other"):
        (folder / "results" / name).mkdir(parents=True)
        (folder / "results" / name / "run.json").write_text("{}")
        found = refusal(run_here, folder, "show", "headline")
        assert found == "headline: not a run directory (it has no run.json); did you mean results/headline?"
        found = refusal(run_here, folder, "run", "results")
        meant = "did you mean results/headline?" if name == "headline" else "runs in it: headline, other"
        assert found == f"results: is a folder without a run (it has no run.json); {meant}"


def test_names_that_resemble_none_are_not_answered_with_all(folder, run_here):
    assert refusal(run_here, folder, "run", "results") == "results: no such study file; see `mfsolve list`"
    assert refusal(run_here, folder, "run", "nofile.toml") == "nofile.toml: no such study file; see `mfsolve list`"
    assert refusal(run_here, folder, "run", "headlin").endswith("; did you mean headline?")
    assert refusal(run_here, folder, "verify", "x").endswith("; see `mfsolve verify --all --list`")
    (folder / "mine.toml").write_text('extends = "."\n')
    assert refusal(run_here, folder, "run", "mine.toml").endswith("no such file or shipped study; see `mfsolve list`")


def test_a_page_or_folder_that_cannot_be_written_is_refused_before_the_work(folder, run_here):
    (folder / "file").write_text("")
    for page in ("folder", "none/page.html", "."):
        line = refusal(run_here, folder, "verify", "shock.decline", "--quick", "--page", page)
        assert line == f"--page {page}: the name of a file in a folder that exists is needed"
    line = refusal(run_here, folder, "verify", "shock.decline", "--quick", "--out", "file")
    assert line == "--out file: is a file; name a folder"
    assert refusal(run_here, folder, "example", "file") == "file: already exists; choose another folder"
