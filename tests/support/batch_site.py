"""A SLURM site: its commands as stubs, and the options of a script by the rules of its parser."""

import shutil

import pytest

from mfsolve.cli import main

TOOLS = ("bash", "cat", "env", "git", "grep", "sh", "sleep")
"""What stubs and the command itself may call: not all of /usr/bin, where a cluster has its own `sbatch`."""

PRINTS = """#!/bin/bash
for word in "$@"; do printf '%s\\n' "$word"; done >> {calls}
echo >> {calls}
echo 4$(grep -c '^$' {calls})
"""


class Site:
    """Commands of a cluster, as stubs that stand in the path."""

    def __init__(self, folder, capsys):
        self.folder, self._calls, self._capsys = folder / "bin", folder / "calls", capsys
        self.folder.mkdir()

    def has(self, name, text=PRINTS):
        """Put a command there, by default `sbatch` as it should be."""
        (self.folder / name).write_text(text.format(calls=self._calls) if text is PRINTS else f"#!/bin/bash\n{text}\n")
        (self.folder / name).chmod(0o755)

    def calls(self):
        """Words of each call of `sbatch`."""
        return [call.split("\n") for call in self._calls.read_text().removesuffix("\n\n").split("\n\n")]

    def submit(self, *words):
        """Exit code and last line of `mfsolve submit`."""
        self._capsys.readouterr()
        try:
            code = main(["submit", *map(str, words)])
        except SystemExit as error:
            code = error.code
        return code, (self._capsys.readouterr().err.strip().splitlines() or [""])[-1]


@pytest.fixture
def site(tmp_path, monkeypatch, capsys):
    """A cluster whose commands are to be put there."""
    made, tools = Site(tmp_path, capsys), tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", f"{made.folder}:{tools}")
    return made


@pytest.fixture(autouse=True, scope="session")
def no_cluster():
    """SLURM's own commands, where there are any, know of no cluster: tests submit nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", "/dev/null")
        yield


def sbatch_reads(script):
    """Options of a script, by the rules of SLURM's parser of its lines (`_get_argument` of src/sbatch/opt.c)."""
    found = []
    for line in script.split("\n"):
        if line.strip() and not line.startswith("#"):
            break
        if not line.startswith("#SBATCH"):
            continue
        word, quote, escaped = None, "", False
        for letter in line[len("#SBATCH") :] + " ":
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
                continue
            elif quote:
                if letter == quote:
                    quote = ""
                    continue
            elif letter in "\"'":
                quote = letter
                continue
            elif letter == "#":
                break
            elif letter.isspace():
                found += [word] if word is not None else []
                word = None
                continue
            word = (word or "") + letter
        found += [word] if word is not None else []
        assert not quote, line
    return found
