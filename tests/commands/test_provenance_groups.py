"""`mfsolve provenance --by COLUMN`: shares by group of a pool, in text and JSON, and what cannot be asked."""

import json

import numpy as np
import pytest

from mfsolve.cli import main

TRUTH = {"blog": 0.7, "news, old": 0.1}


def rows_of(rng, count, share):
    return rng.normal(size=(count, 2)) + 2.0 * (rng.random((count, 1)) < share)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rng, folder = np.random.default_rng(1), tmp_path_factory.mktemp("groups")
    for name, share in (("human", 0.0), ("synthetic", 1.0)):
        np.savetxt(folder / f"{name}.csv", rows_of(rng, 600, share), delimiter=",", header="x,y", comments="")
    lines = [f'{x},{y},"{name}"' for name, share in TRUTH.items() for x, y in rows_of(rng, 300, share)]
    order = rng.permutation(len(lines))
    text = "\n".join(["x,y,Kind of Site", *(lines[k] for k in order), "0.5,0.5,tiny", lines[order[0]]])
    (folder / "pool.csv").write_text(text + "\n")
    word = {False: ["a", "b", "c", "d"], True: ["c", "d", "e", "f"]}
    for name, n, share in (("t_human", 60, 0.0), ("t_synthetic", 60, 1.0), ("t_pool", 240, 0.5)):
        made = [" ".join(rng.choice(word[bool(s)], 30)) for s in rng.random(n) < share]
        (folder / f"{name}.csv").write_text(
            "text,site\n" + "".join(f"{t},{'' if k == 0 else 'xy'[k % 2]}\n" for k, t in enumerate(made))
        )
    return folder


def run(capsys, folder, *options, prefix=""):
    files = [str(folder / f"{prefix}{name}.csv") for name in ("pool", "human", "synthetic")]
    code = main(["provenance", files[0], "--human", files[1], "--synthetic", files[2], *options])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_every_group_has_its_share_interval_and_band(folder, capsys):
    code, out, _ = run(capsys, folder, "--by", "Kind of Site", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["by"], found["level"], found["columns"]) == ("kind_of_site", 0.95, ["x", "y"])
    assert [row["group"] for row in found["groups"]] == ["blog", "news, old", "tiny"]
    for row in found["groups"][:2]:
        low, high = row["band"]
        assert low <= row["interval"][0] <= row["share"] <= row["interval"][1] <= high
        assert low < TRUTH[row["group"]] < high
        assert row["band"] != row["interval"]
    assert sum(row["items"] for row in found["groups"]) == 602
    tiny = found["groups"][2]
    assert (tiny["share"], tiny["interval"], tiny["band"]) == (None, None, None)
    assert tiny["warnings"] == ["1 item: at least 2 different ones are needed"]
    assert any("1 row repeated: copies count" in note for note in found["notes"])


def test_a_group_alone_is_what_it_is_among_others(folder, capsys, tmp_path):
    """One model serves all groups: its share and interval are those of a pool of its own."""
    header, *lines = (folder / "pool.csv").read_text().splitlines()
    alone = [line.rpartition(",")[0] for line in lines if line.endswith('"blog"')]
    (tmp_path / "blog.csv").write_text("\n".join([header.rpartition(",")[0], *alone]) + "\n")
    grouped = json.loads(run(capsys, folder, "--by", "kind_of_site", "--json")[1])["groups"][0]
    files = ["--human", str(folder / "human.csv"), "--synthetic", str(folder / "synthetic.csv")]
    assert main(["provenance", str(tmp_path / "blog.csv"), *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [found[k] for k in ("share", "interval")] == [grouped[k] for k in ("share", "interval")]


def test_the_text_says_what_intervals_hold_for(folder, capsys, tmp_path):
    code, out, _ = run(capsys, folder, "--by", "kind_of_site", "--figure", str(tmp_path / "groups.png"))
    assert code == 0
    assert "by kind_of_site, from features; 95 % intervals hold for one group, bands for all groups at once" in out
    assert "tiny       not identifiable    1 item\n" in out
    assert (tmp_path / "groups.png").exists()
    assert out.endswith(f"  figure       {tmp_path / 'groups.png'}, {tmp_path / 'groups.pdf'}\n")


def test_texts_without_a_group_are_left_out(folder, capsys):
    code, out, _ = run(capsys, folder, "--by", "site", prefix="t_")
    assert code == 0
    assert "left out: 1 text without a group" in out
    assert "from documents" in out
    code, out, error = run(capsys, folder, "--by", "text", prefix="t_")
    assert (code, out) == (2, "")
    assert error.endswith("t_pool.csv: column text: 240 groups given; allowed: 1 .. 200\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--by", "kind_of_sit"], "column 'kind_of_sit' is missing; did you mean kind_of_site?"),
        (["--by", "kind_of_site", "--date", "x"], "--by: takes one pool, without --date, --source, --baseline and"),
    ],
)
def test_what_cannot_be_grouped_is_refused_in_one_line(folder, capsys, options, said):
    code, out, error = run(capsys, folder, *options)
    assert (code, out) == (2, "")
    assert said in error
    assert error.count("\n") == 1
