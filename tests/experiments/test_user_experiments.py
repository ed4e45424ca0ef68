"""Models of a user's own: found beside the study, never mixed with other versions of themselves, mistakes by line."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from mfsolve.commands import run as commands
from mfsolve.commands.terminal import BAD_INPUT
from mfsolve.experiments import _user_experiments, generator, load
from mfsolve.experiments._user_checks import GuestError
from mfsolve.experiments.experiment import INHERITING, SECTIONS
from mfsolve.study.execution import execute, plan
from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.run_lookup import load_run
from mfsolve.study.storage.store import RunDirectory, code_of

MODEL = '''"""Adoption by imitation."""
import numpy as np

from helper import RATE
from mfsolve.experiments import Arm, Experiment, Field, Frozen, Output, Reference, generator


class Parameters(Frozen):
    rate: float = Field(RATE, gt=0, le=1, description="chance to imitate")


class Population(Frozen):
    firms: int = Field(60, ge=1, description="firms")


def drawn(case):
    return {"share": Output(("period",), "share of adopters")}


def coordinates(case):
    return {"period": np.arange(4)}


def draw(case, seed, replicate, threads):
    rng, n = generator(seed, replicate), case.population.firms
    count, path = n // 3, []
    for _ in range(4):
        path.append(count / n)
        count += rng.binomial(n - count, case.parameters.rate * count / n)
    return {"share": path}


def limit(case):
    path = [1 / 3]
    for _ in range(3):
        path.append(path[-1] + (1 - path[-1]) * case.parameters.rate * path[-1])
    return {"share": path}


PLAIN = Arm(draw=draw, drawn=drawn, coordinates=coordinates, reference=Reference(drawn, limit))
EXPERIMENT = Experiment(
    name="x", title="adoption", parameters=Parameters, population=Population, arms={"plain": PLAIN}, path="period"
)
'''  # fmt: skip
STUDY = """model = "mymarket:EXPERIMENT"
figures = []
ensemble.replicates = 5
[[estimates]]
name = "share"
quantity = "share"
"""


@pytest.fixture
def folder(tmp_path):
    here = tmp_path / "mine"
    here.mkdir()
    (here / "mymarket.py").write_text(MODEL)
    (here / "helper.py").write_text("RATE = 0.5\n")
    (here / "study.toml").write_text(STUDY)
    return here


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def run(folder, out, **options):
    return commands.run(str(folder / "study.toml"), out=str(out), **{"workers": 2, **options})


def shares(out):
    with h5py.File(next(out.glob("*.h5"))) as file:
        return file["plain/share"][()]


def test_a_module_beside_the_study_runs_and_its_source_is_kept_with_the_results(folder, tmp_path):
    assert run(folder, tmp_path / "out") == 0
    stored = shares(tmp_path / "out")
    rng, count = generator(1, 3), 20
    count += rng.binomial(40, 0.5 * 20 / 60)
    assert stored[3, 1] == count / 60
    (row,) = json.loads((tmp_path / "out/summary.json").read_text())["rows"]
    assert row["mean_field"] == pytest.approx(load("mymarket:EXPERIMENT", folder).arms["plain"].reference.compute(
        load_study(folder / "study.toml").points[0].case)["share"][-1])  # fmt: skip
    for name in ("mymarket.py", "helper.py"):
        (folder / name).unlink()
    again = load_run(str(tmp_path / "out"))
    assert again.finished()


@pytest.mark.parametrize(("file", "old", "new", "other"), [
    ("mymarket.py", "count / n)\n        count", "1 - count / n)\n        count", True),
    ("helper.py", "0.5", "0.5 * 1", True),
    ("helper.py", "RATE", "# a comment\nRATE", False),
])  # fmt: skip
def test_old_and_new_replicates_are_never_mixed(folder, tmp_path, file, old, new, other):
    """The module is edited within one process and within one second, as in a notebook."""
    assert run(folder, tmp_path / "out", replicates=3) == 0
    before, stored = code_of(load("mymarket:EXPERIMENT", folder)), shares(tmp_path / "out")
    edit(folder / file, old, new)
    assert (code_of(load("mymarket:EXPERIMENT", folder)) != before) is other
    if not other:
        assert run(folder, tmp_path / "out") == 0
        assert np.array_equal(shares(tmp_path / "out")[:3], stored)
        return
    with pytest.raises(StudyError, match="results of different code are not mixed"):
        run(folder, tmp_path / "out")
    assert run(folder, tmp_path / "other", replicates=3) == 0
    assert np.array_equal(shares(tmp_path / "other"), stored) is (file == "helper.py")


def test_two_models_of_one_name_live_in_one_process(folder, tmp_path):
    other = tmp_path / "theirs"
    other.mkdir()
    (other / "mymarket.py").write_text(MODEL.replace("from helper import RATE", "RATE = 1.0"))
    (other / "study.toml").write_text(STUDY)
    mine, theirs = (load_study(f / "study.toml") for f in (folder, other))
    assert code_of(mine.experiment) != code_of(theirs.experiment)
    for study in (mine, theirs, mine):
        directory = RunDirectory(tmp_path / study.experiment.home.digest, study)
        assert commands.complete(directory, 1) == 0
        arm, point = study.experiment.arms["plain"], study.points[0]
        assert np.array_equal(shares(directory.path)[2], arm.draw(point.case, point.seed, 2, 1)["share"])


def test_a_worker_elsewhere_finds_the_module_in_the_run_directory(folder, tmp_path):
    study = load_study(folder / "study.toml")
    directory = RunDirectory(tmp_path / "out", study)
    directory.open()
    order = execute._order(study, plan.Task(0, 0, 5), directory.shards, 1, {"code": "x"}, None, None)
    (tmp_path / "order").write_bytes(pickle.dumps(order))
    for name in ("mymarket.py", "helper.py"):
        (folder / name).unlink()
    script = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).__class__ and __import__('mfsolve.study.execution.execute', fromlist=['_']).carry_out(pickle.load(open(sys.argv[1], 'rb'))))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "order")], cwd="/", capture_output=True, text=True, check=False
    )
    assert "replicates=5" in done.stdout, done.stdout + done.stderr
    assert len(list(directory.shards.glob("*.h5"))) == 1


MISTAKES = {
    "syntax": ("import numpy as np", "import numpy as", r"mymarket\.py:2: SyntaxError"),
    "import": ("from helper import RATE", "from helper import RAT", r"mymarket\.py:4: ImportError: cannot import name 'RAT'"),
    "name": ("RATE, gt=0", "RATES, gt=0", r"mymarket\.py:9: NameError: name 'RATES'"),
    "no experiment": ("EXPERIMENT = E", "MARKET = E", r"mymarket\.py: has no EXPERIMENT; experiments in it: MARKET"),
    "no arm": ('{"plain": PLAIN}', "{}", r"mymarket\.py: EXPERIMENT: arms: a dict of at least one Arm"),
    "outputs": ('("period",), ', '("period",) + 1, ', r"^[^ ]*mymarket\.py:17: TypeError: .*drawn of arm 'plain'"),
    "no dimension": ('{"period": np', '{"time": np', r"'share' has the dimension 'period', which coordinates does not give"),
}  # fmt: skip
IN_DRAWS = {
    "number": ("count / n)\n        count", "count / 0)\n        count", r"mymarket\.py:28: ZeroDivisionError: division by zero \(draw of arm 'plain'\)"),
    "shape": ("in range(4)", "in range(3)", r"mymarket\.py: draw of arm 'plain': 'share' has shape \(3,\); declared: \(period\) = \(4,\)"),
    "names": ('{"share": path}\n\n\ndef limit', '{"shares": path}\n\n\ndef limit', r"'share' is declared and not returned"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_with_file_and_line(folder, name):
    old, new, expected = MISTAKES[name]
    edit(folder / "mymarket.py", old, new)
    with pytest.raises(GuestError, match=expected) as caught:
        load_study(folder / "study.toml")
    assert "\n" not in str(caught.value)
    edit(folder / "mymarket.py", new, old)
    load_study(folder / "study.toml")


def test_arms_are_not_called_by_a_word_of_every_study(folder):
    """Refused with the file that says so: a study that lists arms under it would fail with something else."""
    plain = 'path="period"'
    for section in ("title", "parameters", "grid", "design", "calibration", "extends", "without"):
        assert section in (*SECTIONS, *INHERITING)
        named = f'{plain}, section="{section}"'
        edit(folder / "mymarket.py", plain, named)
        with pytest.raises(GuestError, match=rf"mymarket\.py: EXPERIMENT: section: '{section}' stands for something"):
            load_study(folder / "study.toml")
        edit(folder / "mymarket.py", named, plain)
    load_study(folder / "study.toml")


@pytest.mark.parametrize("name", IN_DRAWS)
def test_a_mistake_in_a_draw_ends_with_two_and_can_be_mended(folder, tmp_path, capsys, name):
    old, new, expected = IN_DRAWS[name]
    text = STUDY.replace('name = "share"\nquantity = "share"', "").replace("[[estimates]]", "")
    (folder / "study.toml").write_text(text)  # without an estimate nothing asks for coordinates before
    edit(folder / "mymarket.py", old, new)
    assert run(folder, tmp_path / "out") == BAD_INPUT
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert __import__("re").search(expected, said.strip().splitlines()[-1]), said
    edit(folder / "mymarket.py", new, old)
    assert run(folder, tmp_path / "out") == 0


@pytest.mark.parametrize(("model", "expected"), [
    ("nomarket:EXPERIMENT", r"model: 'nomarket' given: there is no nomarket\.py in .*mine, and Python finds no module"),
    ("mymarket", r"model: 'mymarket' given: unknown; for .*mymarket\.py write 'mymarket:EXPERIMENT'"),
    ("mymarket:", r"model: 'mymarket:' given: MODULE:NAME is needed"),
    ("json:EXPERIMENT", r"json.*has no EXPERIMENT"),
    ("worded:EXPERIMENT", r"model: calls its arms 'weight', a key of every estimate; choose another `word`"),
])  # fmt: skip
def test_a_model_that_is_not_there(folder, model, expected):
    (folder / "worded.py").write_text(MODEL.replace('path="period"', 'path="period", word="weight"'))
    edit(folder / "study.toml", "mymarket:EXPERIMENT", model)
    with pytest.raises(ValueError, match=expected):
        load_study(folder / "study.toml")


def test_a_file_with_the_name_of_another_module_is_refused(folder):
    (folder / "numpy.py").write_text("EXPERIMENT = 1")
    edit(folder / "study.toml", "mymarket:", "numpy:")
    with pytest.raises(StudyError, match=r"another module has that name .*rename the file"):
        load_study(folder / "study.toml")


def test_entry_points_bring_experiments(folder, tmp_path, monkeypatch):
    site = tmp_path / "site-packages"
    (site / "theirs-1.0.dist-info").mkdir(parents=True)
    (site / "theirs-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (site / "theirs-1.0.dist-info/entry_points.txt").write_text(
        "[mfsolve.experiments]\ntheir_market = theirs.market:EXPERIMENT\n"
    )
    (site / "theirs").mkdir()
    (site / "theirs/__init__.py").write_text("")
    (site / "theirs/market.py").write_text(MODEL.replace("from helper", "from theirs.rates"))
    (site / "theirs/rates.py").write_text("RATE = 0.5")
    monkeypatch.syspath_prepend(site)
    experiment = load("their_market")
    assert (experiment.name, experiment.home.installed) == ("their_market", True)
    before = code_of(experiment)
    for name in [name for name in sys.modules if name.startswith("theirs")]:
        del sys.modules[name]
    (site / "theirs/rates.py").write_text("RATE = 0.75")
    assert code_of(load("their_market")) != before
    with pytest.raises(ValueError, match=r"did you mean their_market\?"):
        load("their_markt")


def test_a_users_kernel_is_compiled_apart_from_its_older_versions(folder):
    """Numba notices an edit of the file that defines a kernel, not of a constant that it takes from another."""
    kernel = "from numba import njit\nfrom helper import RATE\n\n@njit(cache=True)\ndef rate(x):\n    return RATE * x\n"
    (folder / "kernel.py").write_text(kernel)
    edit(folder / "mymarket.py", "from helper import RATE", "from kernel import rate\nRATE = rate(1.0)")
    assert load("mymarket:EXPERIMENT", folder).parameters().rate == 0.5
    edit(folder / "helper.py", "0.5", "0.9")
    assert load("mymarket:EXPERIMENT", folder).parameters().rate == 0.9
    edit(folder / "kernel.py", "RATE * x", "x.nothing")
    with pytest.raises(GuestError, match=r"kernel\.py:6: TypingError: Unknown attribute"):
        load("mymarket:EXPERIMENT", folder)


def test_generator_is_a_function_of_seed_and_replicate():
    draws = {key: generator(*key).random(3).tobytes() for key in ((1, 0), (1, 1), (2, 0), (0, 1))}
    assert len(set(draws.values())) == 4
    assert all(generator(*key).random(3).tobytes() == draw for key, draw in draws.items())


def test_modules_of_a_folder_hide_no_library(folder):
    """Only what the model imports is found beside it."""
    (folder / "colorsys.py").write_text("raise RuntimeError")
    load("mymarket:EXPERIMENT", folder)
    sys.modules.pop("colorsys", None)
    import colorsys

    assert Path(colorsys.__file__).parent == _user_experiments.STANDARD_LIBRARY


def test_a_model_that_cannot_be_used_stands_in_no_other_s_way(folder, tmp_path):
    """It was imported, and refused for what it holds."""
    other = tmp_path / "theirs"
    other.mkdir()
    (other / "mymarket.py").write_text(MODEL.replace("from helper import RATE", "RATE = 1.0").replace("PLAIN}", "1}"))
    with pytest.raises(GuestError, match="an Arm is needed"):
        load("mymarket:EXPERIMENT", other)
    assert load("mymarket:EXPERIMENT", folder).parameters().rate == 0.5
