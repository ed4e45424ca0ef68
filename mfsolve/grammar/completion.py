"""Completion by the shell: a script in which the names of studies, models and claims are written out."""

import argparse
import shlex
from collections.abc import Iterator, Mapping

FILES = ("FILE", "PATH", "POOL", "NAME=FILE", "GENERATIONS.csv", "FILE.csv|json", "ADDRESS", "A", "B")
"""Placeholders of arguments that are files, or may be."""
COMPLETED = {
    "run study": "study", "submit study": "study", "calibrate study": "study", "identify study": "study",
    "new like": "shipped", "new model": "model", "list name": "anything", "explain name": "book",
    "check model": "own_model", "verify claims": "claim", "provenance into": "study",
}  # fmt: skip
"""Words that an argument takes, by its command and name."""

PREAMBLE = {
    "bash": """
_mfsolve_files() {{ compgen -f -X '!'"$1" -- "$2"; compgen -d -- "$2"; }}
_mfsolve_study() {{ compgen -W {shipped} -- "$1"; _mfsolve_files '*.toml' "$1"; }}
_mfsolve_shipped() {{ compgen -W {shipped} -- "$1"; }}
_mfsolve_model() {{ compgen -W {models} -- "$1"; }}
_mfsolve_anything() {{ compgen -W {models}' '{shipped}' study' -- "$1"; }}
_mfsolve_book() {{ compgen -W {models}' '{systems} -- "$1"; }}
_mfsolve_own_model() {{ compgen -W {models} -- "$1"; _mfsolve_files '*.py' "$1"; }}
_mfsolve_claim() {{ compgen -W {claims} -- "$1"; }}
""",
    "zsh": """
_mfsolve_study() {{ compadd -- ${{=:-{shipped}}}; _files -g '*.toml' }}
_mfsolve_shipped() {{ compadd -- ${{=:-{shipped}}} }}
_mfsolve_model() {{ compadd -- ${{=:-{models}}} }}
_mfsolve_anything() {{ compadd -- ${{=:-{models}}} ${{=:-{shipped}}} study }}
_mfsolve_book() {{ compadd -- ${{=:-{models}}} ${{=:-{systems}}} }}
_mfsolve_own_model() {{ compadd -- ${{=:-{models}}}; _files -g '*.py' }}
_mfsolve_claim() {{ compadd -- ${{=:-{claims}}} }}
""",
}


def completion(shell: str) -> int:
    """Print the script that makes a shell complete `mfsolve`."""
    import shtab

    from mfsolve.grammar import parser

    top = parser()
    names = _names()
    for command, action in _arguments(top):
        found = _completed(command, action, names)
        if found is not None:
            action.complete = found  # type: ignore[attr-defined]
    quoted = {kind: shlex.quote(" ".join(words)) for kind, words in names.items()}
    bare = {kind: " ".join(words) for kind, words in names.items()}
    preamble = PREAMBLE.get(shell, "").format(**(quoted if shell == "bash" else bare))
    print(shtab.complete(top, shell, preamble=preamble))
    return 0


def _names() -> dict[str, list[str]]:
    """Names by kind, as they are now."""
    from mfsolve.claims import claims
    from mfsolve.commands.model_texts import model_texts
    from mfsolve.experiments import NAMES, guests
    from mfsolve.study.file.shipped import shipped_studies

    return {
        "models": [*NAMES, *guests()],
        "shipped": list(shipped_studies()),
        "systems": list(model_texts()),
        "claims": [claim.id for claim in claims()],
    }


def _arguments(top: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """Every argument of every command, with the command's name."""
    for group in top._actions:
        if isinstance(group, argparse._SubParsersAction):
            for command, inner in group.choices.items():
                yield from ((command, action) for action in inner._actions)


def _completed(command: str, action: argparse.Action, names: dict[str, list[str]]) -> dict[str, str] | None:
    """Completion of an argument by shell; None where nothing is known of it."""
    import shtab

    kind = COMPLETED.get(f"{command} {action.dest}")
    if kind is not None:
        function = f"_mfsolve_{kind}"
        return {"bash": function, "zsh": function, "tcsh": _of_tcsh(kind, names)}
    if action.metavar == "DIR":
        return _by_shell(shtab.DIRECTORY)
    return _by_shell(shtab.FILE) if action.metavar in FILES else None


def _by_shell(completer: Mapping[str, object]) -> dict[str, str]:
    """A completer of shtab, shell by shell."""
    return {shell: str(function) for shell, function in completer.items()}


def _of_tcsh(kind: str, names: dict[str, list[str]]) -> str:
    """Words of a kind, or files, which tcsh cannot have both."""
    words = {
        "shipped": names["shipped"], "model": names["models"], "claim": names["claims"],
        "anything": [*names["models"], *names["shipped"], "study"], "book": [*names["models"], *names["systems"]],
    }.get(kind)  # fmt: skip
    return "f" if words is None else f"({' '.join(words)})"
