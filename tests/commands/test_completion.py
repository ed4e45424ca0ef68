"""Completion: the scripts are those of a shell, and bash completes studies, models and claims by them."""

import shutil
import subprocess

import pytest

from mfsolve.cli import main
from mfsolve.grammar import parser
from mfsolve.grammar.completion import COMPLETED, _arguments


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    from contextlib import redirect_stdout
    from io import StringIO

    with redirect_stdout(StringIO()) as out:
        assert main(["completion", "bash"]) == 0
    path = tmp_path_factory.mktemp("completion") / "mfsolve.bash"
    path.write_text(out.getvalue())
    return path


def complete(script, line, folder):
    """Words that bash offers at the end of a line."""
    words = line.split(" ")
    ask = f"""
source {script}
COMP_WORDS=({" ".join(repr(w) for w in words)})
COMP_CWORD={len(words) - 1}
$(complete -p mfsolve | sed 's/.*-F \\([^ ]*\\).*/\\1/') mfsolve "{words[-1]}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, cwd=folder, check=True)
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "offered", "not_offered"),
    [
        ("mfsolve r", {"run", "regress", "report"}, {"show"}),
        ("mfsolve run hea", {"headline"}, {"hysteresis"}),
        ("mfsolve run my", {"mystudy.toml"}, {"mynotes.txt"}),
        ("mfsolve run --dry", {"--dry-run"}, set()),
        ("mfsolve run --lo", {"--log"}, set()),
        ("mfsolve new x --model pmir_r", {"pmir_rate", "pmir_regret"}, {"pmir_rounds"}),
        ("mfsolve explain coll", {"collapse"}, {"collapse_law"}),
        ("mfsolve list multi", {"multiplicity", "multilevel", "multilevel_cost"}, set()),
        ("mfsolve verify collapse.d", {"collapse.drift.none"}, {"atlas.replace.diverges"}),
        ("mfsolve show res", {"results"}, {"resources.txt"}),
        ("mfsolve completion z", {"zsh"}, {"bash"}),
    ],
)
def test_bash_completes(script, tmp_path, line, offered, not_offered):
    for name in ("mystudy.toml", "mynotes.txt", "resources.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "results").mkdir()
    found = complete(script, line, tmp_path)
    assert offered <= {word.rstrip("/") for word in found}, found
    assert not not_offered & found


def test_every_completed_argument_is_there_and_other_shells_have_scripts(capsys):
    known = {f"{command} {action.dest}" for command, action in _arguments(parser())}
    assert set(COMPLETED) <= known
    for shell, mark in (("zsh", "#compdef mfsolve"), ("tcsh", "complete mfsolve")):
        assert main(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert mark in script
        assert "headline" in script
