"""`-q`, `-v` and `--log`: what is said on standard error, and what a log keeps of it."""

import json
import logging
import re
import signal
import subprocess
import sys
import time

import pytest

from mfsolve.cli import main
from mfsolve.commands import compilation_notices
from mfsolve.commands.log import OneLine, _Kept
from mfsolve.commands.messages import LOG, count

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ \d+ (DEBUG|INFO|WARNING|ERROR) \S.*")


@pytest.fixture
def small(study_file, monkeypatch):
    monkeypatch.chdir(study_file.parent)
    return ["run", "small.toml", "--workers", "1"]


def test_quiet_says_nothing_and_verbose_says_what_was_done(small, capsys):
    assert main([*small, "-q", "--shard", "1/2"]) == 0
    assert capsys.readouterr().err == ""
    assert main([*small, "-v"]) == 0
    said = capsys.readouterr().err
    assert re.search(r"of 24 replicates to compute \((1 point|\d+ points)\), 1 worker\n", said)
    assert re.search(r"replicates? \d+(\.\.\d+)? stored after", said)
    assert "continues with" in said
    assert main([*small, "-q"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "95 % interval" in printed.out  # the result itself is no message
    assert main(["run", "small.toml", "-q", "--set", "parameters.imitatio=1"]) == 2
    assert "did you mean imitation?" in capsys.readouterr().err
    assert main(["list", "colapse", "-v"]) == 2
    assert "exit code 2" in capsys.readouterr().err


def test_the_log_of_a_run_that_was_cut_in_slices(small, tmp_path):
    for shard in ("1/3", "2/3"):
        assert main([*small, "--log", "run.log", "--shard", shard, "-q"]) == 0
    assert main([*small, "--log", "run.log"]) == 0
    assert main(["show", "results/small", "--log", "run.log", "--json"]) == 0
    lines = (tmp_path / "run.log").read_text().splitlines()
    assert all(LINE.fullmatch(line) for line in lines), [line for line in lines if not LINE.fullmatch(line)]
    text = "\n".join(lines)
    assert text.count("exit code 0") == 4
    for words in (
        "mfsolve run small.toml --workers 1 --log run.log --shard 1/3 -q", "python 3.", "numba ", "numpy ",
        "8 of 8 replicates of the slice to compute", "replicate 0 stored", "continues with 16 replicates stored",
        "replicates in", "ends after",
    ):  # fmt: skip
        assert words in text, words


def test_a_log_has_no_control_characters_and_one_line_a_record():
    record = logging.LogRecord("mfsolve", logging.INFO, "", 0, "a\x1b[31mb\r\nc\x9bd\u2028e %s", ("\x07",), None)
    line = OneLine().format(record)
    assert line.endswith(r"a\x1b[31mb\r\nc\x9bd\u2028e \x07")
    assert LINE.fullmatch(line)


def test_a_log_that_cannot_be_written_is_one_line(small, tmp_path, capsys):
    before = sorted(tmp_path.rglob("*"))
    assert main([*small, "--log", "no/such/run.log"]) == 2
    assert capsys.readouterr().err == "--log no/such/run.log: No such file or directory; name another file\n"
    assert sorted(tmp_path.rglob("*")) == before
    assert not any(isinstance(handler, _Kept) for handler in LOG.handlers)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
def test_a_full_disk_behind_the_log_costs_no_result(small, capsys, tmp_path):
    assert main([*small, "--log", "/dev/full"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("the log ends here") == 1
    assert json.loads((tmp_path / "results/small/summary.json").read_text())["rows"]


def test_a_stop_is_in_the_log(tmp_path):
    script = "import sys, time; from mfsolve.commands import catalogue; catalogue.list_everything = lambda *a: time.sleep(60);"
    script += "from mfsolve.cli import main; sys.exit(main(['list', '--log', 'run.log']))"
    process = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "run.log"
    for _ in range(600):
        if log.exists() and "cores" in log.read_text():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert "WARNING SIGTERM: stopped; what was stored is kept" in log.read_text().splitlines()[-1]


def test_compilation_is_said_where_it_takes_long(monkeypatch, capsys):
    from numba.core import event

    monkeypatch.setattr(compilation_notices, "PATIENCE", 0.05)
    kernel = "numba:compile"
    with (
        compilation_notices.noticed(),
        compilation_notices.noticed(),
        event.trigger_event(kernel),
        event.trigger_event(kernel),
    ):
        time.sleep(0.2)
    said = capsys.readouterr().err.splitlines()
    assert said == ["compiling kernels, once ...", "compiling kernels, once: 0 s"]
    with compilation_notices.noticed(), event.trigger_event("numba:compile"):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_cold_run_with_processes_says_once_that_it_compiles(study_file, tmp_path, run_cli, monkeypatch):
    monkeypatch.setenv("MFSOLVE_CACHE_DIR", str(tmp_path / "cold"))
    done = run_cli("run", study_file, "--task-time", "10:00", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiling kernels, once ...") == 1
    assert re.search(r"compiling kernels, once: \d+ s", done.stderr)


def test_one_of_a_kind_is_not_many():
    assert [count(number, "worker") for number in (0, 1, 2)] == ["0 workers", "1 worker", "2 workers"]
