"""Options of `sbatch`: which of them the joining of an array takes over, and which are asked for in other words.

Options are read as `sbatch` reads them (getopt): `-plong`, `-p long` and `--part=long` are `--partition=long`.
"""

import re
from collections.abc import Sequence

from mfsolve.models.frozen import InputError

INHERITED = {
    "partition": "p", "account": "A", "qos": "q", "clusters": "M", "cluster": "", "constraint": "C", "reservation": "",
    "exclude": "x", "mail-type": "", "mail-user": "", "comment": "", "nice": "", "wckey": "", "export": "",
    "export-file": "", "get-user-env": "",
}  # fmt: skip
"""Options that say where and for whom a job runs, with their letters: the joining takes them over."""

_ARRAY, _LOGS = "--array N, and --at-once K for the most that run at a time", "the logs, slice-I.log and merge.log"
_PRINTS = "submit has to read what sbatch prints"
REFUSED = {
    "array": ("a", f"give {_ARRAY}"),
    "cpus-per-task": ("c", "give --workers N"),
    "time": ("t", "give --time-limit H:MM:SS"),
    "time-min": ("", "give --time-limit H:MM:SS"),
    "signal": ("", "the time at which slices are stopped follows --time-limit"),
    "output": ("o", f"the run directory, --out DIR, has {_LOGS}"),
    "error": ("e", f"the run directory, --out DIR, has {_LOGS}"),
    "dependency": ("d", "only the joining job waits for the array; use --sbatch=--begin=TIME to start later"),
    "kill-on-invalid-dep": ("", "the joining job has it"),
    "wrap": ("", "slices run mfsolve; for another command, edit array.sh in the run directory and submit that"),
    "wait": ("W", "submit does not wait; the joining job does"),
    "test-only": ("", "mfsolve run --dry-run shows what a study takes"),
    "parsable": ("", _PRINTS),
    "quiet": ("Q", f"{_PRINTS}; give -q for fewer lines of this command"),
    "help": ("h", _PRINTS),
    "usage": ("u", _PRINTS),
    "version": ("V", _PRINTS),
}
"""Options that an array cannot have from a user, with their letters and what to do instead."""

ALONE = "hHOQRuvVW"
"""Letters of options that never have a value, behind which `sbatch` would read another letter; -b, -I, -k, -s may."""


def normal(option: str) -> str:
    """An option as one word: without the blanks between a letter and its value.

    Raises
    ------
    InputError
        For several letters in one, and for an option that an array cannot have; the line says what to use instead.
    """
    name = _name(option)
    if name in REFUSED:
        raise InputError(f"--sbatch={option}: not --{name}: {REFUSED[name][1]}")
    if option.startswith("--"):
        return option
    letter, value = option[1], option[2:].lstrip()
    if value and letter in ALONE:
        raise InputError(f"--sbatch={option}: -{letter} takes no value; give one --sbatch for every option")
    return f"-{letter}{value}"


def inherited(options: Sequence[str]) -> list[str]:
    """Those options that say where and for whom a job runs."""
    return [option for option in options if _name(option) in INHERITED]


def _name(option: str) -> str:
    """The long name of an option, of which `sbatch` takes a beginning, too; empty for one that is in no list."""
    letters = INHERITED | {name: letter for name, (letter, _) in REFUSED.items()}
    if not option.startswith("--"):
        return {"P": "dependency", "U": "account"}.get(option[1]) or next(
            (name for name, letter in letters.items() if letter == option[1]), ""
        )
    given = option[2:].partition("=")[0]
    if given in letters:
        return given
    return next((name for name in (*REFUSED, *INHERITED) if name.startswith(given)), "")


def written(option: str) -> str:
    """An option as a line `#SBATCH` has it, whose parser knows quotes, comments, and backslashes within quotes."""
    if re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]+", option):
        return option
    return '"' + re.sub(r'([\\"])', r"\\\1", option) + '"'
