"""A run that asks for fewer replicates than stand there: nothing is lost that stands nowhere else."""

import itertools
import json
import random
import shutil
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

import mfsolve
from mfsolve.cli import main
from mfsolve.commands import run as commands
from mfsolve.commands.terminal import BAD_INPUT
from mfsolve.study.execution import task_sizes as pace
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.continuation import _ranges, _without, refuse_loss
from mfsolve.study.storage.shards import Shard


def run(study_file, out, *words):
    return main(["run", str(study_file), "--out", str(out), "--workers", "1", *words])


def replicates(out):
    with h5py.File(next(out.glob("*.h5"))) as file:
        return {name: file[name]["replicate"].size for name in file}


@pytest.fixture(scope="module")
def many(tmp_path_factory, study_text):
    """A finished run of twelve replicates, in tasks of three."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "small.toml").write_text(study_text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(commands, "default_size", lambda replicates, parts: 3)
        patched.setattr(pace, "SHORT", -1.0)
        assert run(folder / "small.toml", folder / "out") == 0
    return folder / "out"


@pytest.fixture
def out(many, tmp_path):
    return shutil.copytree(many, tmp_path / "out")


def files(out):
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_replicates_that_only_the_file_has_are_not_dropped(study_file, out, capsys):
    shutil.rmtree(out / "shards")
    before = files(out)
    for words in (["--replicates", "5"], ["--replicates", "5", "--shard", "1/2"], ["--set", "ensemble.replicates=11"]):
        assert run(study_file, out, *words) == BAD_INPUT, words
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert f"{out / 'small.h5'}: holds 12 replicates, of which the new one would have" in line
        assert "ask for --replicates 12 or more, or choose another --out" in line
        assert files(out) == before
    with pytest.raises(mfsolve.InputError, match=r"holds 12 replicates, of which the new one would have 5"):
        mfsolve.run(study_file, out=out, replicates=5)
    assert files(out) == before
    assert run(study_file, out, "--replicates", "13") == 0
    assert set(replicates(out).values()) == {13}


def test_a_study_that_stops_by_itself_does_not_drop_them_either(study_file, tmp_path, capsys):
    """It went on to more replicates than it was asked to begin with; then other estimates are asked for."""
    asked = ["--replicates", "4", "--set", "ensemble.half_width=1e-9", "--set", "ensemble.most_replicates=12"]
    out = tmp_path / "out"
    assert run(study_file, out, *asked) == 0
    shutil.rmtree(out / "shards")
    before = files(out)
    capsys.readouterr()
    assert run(study_file, out, *asked, "--set", "ensemble.level=0.9") == BAD_INPUT
    assert "holds 12 replicates, of which the new one would have 4" in capsys.readouterr().err
    assert files(out) == before


def test_one_lost_or_broken_shard_is_enough(study_file, out, capsys):
    last = sorted((out / "shards").glob("*-9-12.h5"))[0]
    kept = last.read_bytes()
    last.unlink()
    assert run(study_file, out, "--replicates", "5") == BAD_INPUT
    assert "would be lost" in capsys.readouterr().err
    last.write_bytes(kept[:300] + bytes([kept[300] ^ 1]) + kept[301:])  # its seal is whole, its bytes are not
    assert run(study_file, out, "--replicates", "5") == BAD_INPUT
    said = capsys.readouterr().err
    assert "checksum does not match" in said
    assert "would be lost" in said
    assert set(replicates(out).values()) == {12}
    assert run(study_file, out) == 0


def test_what_its_shards_keep_may_be_left_out_and_that_is_said(study_file, out, capsys):
    whole = files(out)
    assert run(study_file, out, "--replicates", "5") == 0
    said = capsys.readouterr().err
    assert f"{out}: file, table and figures cover 5 of 12 replicates; the others remain in its folder shards" in said
    assert f"for all: mfsolve run {out} --replicates 12" in said
    assert set(replicates(out).values()) == {5}
    assert main(["run", str(out), "--replicates", "12", "--workers", "1"]) == 0
    assert "replicates;" not in capsys.readouterr().err
    assert json.loads(files(out)[next(out.glob("summary.json")).relative_to(out)]) == json.loads(
        whole[next(out.glob("summary.json")).relative_to(out)]
    )


def test_merging_drops_none(out, capsys):
    """The study that is kept there was changed by hand."""
    shutil.rmtree(out / "shards")
    (out / "shards").mkdir()
    text = (out / "study.toml").read_text()
    (out / "study.toml").write_text(text.replace("replicates = 12", "replicates = 5"))
    before = (out / "small.h5").read_bytes()
    assert main(["merge", str(out)]) != 0
    assert main(["run", str(out), "--workers", "1"]) == BAD_INPUT
    assert "would be lost" in capsys.readouterr().err
    assert (out / "small.h5").read_bytes() == before


def test_a_part_that_was_joined_is_not_replaced_by_a_smaller_one(out, capsys):
    (out / "summary.json").unlink()
    (out / "small.h5").unlink()
    assert main(["merge", "--partial", str(out)]) == 0
    for path in (out / "shards").glob("*-6-9.h5"):
        path.unlink()
    assert set(replicates(out / "partial").values()) == {12}
    assert main(["merge", "--partial", str(out)]) == BAD_INPUT
    assert f"{out / 'partial' / 'small.h5'}: holds 12 replicates" in capsys.readouterr().err
    assert set(replicates(out / "partial").values()) == {12}


def test_a_file_that_is_damaged_holds_nothing(study_file, out):
    shutil.rmtree(out / "shards")
    with h5py.File(out / "small.h5", "r+") as file:
        file["none/contamination"][3, 3] += 1e-9
    assert run(study_file, out, "--replicates", "5") == 0
    assert set(replicates(out).values()) == {5}


def test_ranges_without_others_are_sets_without_others():
    draw = random.Random(5)
    for _ in range(400):
        held = draw.sample(range(30), draw.randrange(20))
        starts = [draw.randrange(-3, 33) for _ in range(draw.randrange(6))]
        taken = [range(start, start + draw.randrange(9)) for start in starts]
        ranges = _ranges(np.array(held, dtype=np.int64))
        assert [n for part in ranges for n in part] == sorted(held)
        assert all(a.stop < b.start for a, b in itertools.pairwise(ranges))
        left = _without(ranges, taken)
        assert [n for part in left for n in part] == sorted(set(held) - {n for part in taken for n in part})


def test_replicates_that_are_only_asked_for_take_no_memory():
    held = {"a": np.arange(100)}
    tracemalloc.start()
    assert refuse_loss(Path("a.h5"), {}, [range(10**18)], []) == 0
    assert refuse_loss(Path("a.h5"), held, [range(10**18)], []) == 100
    assert refuse_loss(Path("a.h5"), held, [range(9)], [Shard(Path("s"), "a", 9, 10**18)]) == 100
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    with pytest.raises(
        StudyError, match=r"holds 100 replicates, of which the new one would have 9; .* --replicates 100 "
    ):
        refuse_loss(Path("a.h5"), held, [range(9)], [Shard(Path("s"), "a", 9, 99), Shard(Path("s"), "b", 99, 100)])
