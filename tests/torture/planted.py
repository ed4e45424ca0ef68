"""A fault in a source file, for one process: the file stays as it is, and Python reads another text.

As a plugin of pytest (`-p torture.planted`) it plants what the variable MFSOLVE_PLANT names, a JSON list of the file, the
text that is looked for, and the text that takes its place.
"""

import json
import os
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

VARIABLE = "MFSOLVE_PLANT"
CHECKOUT = Path(__file__).parents[2]


def plant(file: Path, source: str) -> None:
    """Let imports from now on find this text in the file."""
    whole = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
        if Path(loader.path).resolve() != file.resolve():
            return whole(loader, fullname)
        return compile(source, str(file), "exec", dont_inherit=True)

    SourceFileLoader.get_code = get_code


def changed(file: str, old: str, new: str) -> str:
    """The text of a file of the checkout with one place changed; ValueError where there is no such place."""
    text = (CHECKOUT / file).read_text()
    if old not in text:
        raise ValueError(f"{file}: nothing reads {old!r}")
    return text.replace(old, new, 1)


if VARIABLE in os.environ:
    _file, _old, _new = json.loads(os.environ[VARIABLE])
    plant(CHECKOUT / _file, changed(_file, _old, _new))
