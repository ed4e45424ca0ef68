"""Seeded mutants of files that users write, and the verdict on what the program makes of one: used, refused, or broken.

A mutant depends on its file and its number alone: what fails once can be made again.
"""

import contextlib
import copy
import json
import math
import random
import signal
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import tomli_w

from mfsolve.models.frozen import InputError

SECONDS = 20
"""Processor time that a reader may take, compiling its kernels included where they are not cached yet."""
LONGEST = 2000
"""Characters of a refusal; a list of known names is the longest thing in one."""
NUMBERS = (0, -1, 1, 2, 0.0, -0.0, 1e-300, 1e300, math.inf, -math.inf, math.nan, 2**31, 2**63, -(2**63), 2**64, 10**400)
FAR = (10**23, -(10**23), 2**63 - 1, 1.7e308, -1.7e308, 10**308, 5e-324, 1e16, 0.1)
"""Numbers that some types hold and others do not."""
WORDS = (
    "", " ", ".", "..", "/", "0.5", "nan", "true", "none", "collapse", "$5_$", "$$", "{", "{name}", "%s", "\x00", "\x1b[31m",
    "\n", "a\nb", "\u202e", "\u00e9", "x" * 3000, "../../etc", "C:\\", "2019-01-01", "extends", "--", "a.b.c", "\ud7ff",
)  # fmt: skip


class Broken(AssertionError):
    """Something else than a result or a refusal of one line."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TimeoutError where the block takes more processor time, or waits for twenty times as long."""

    def late(*_: object) -> None:
        raise TimeoutError(f"{seconds} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, 20 * seconds))
    before = [signal.signal(number, late) for number, _, _ in timers]
    for _, timer, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def outcome(read: Callable[[], Any]) -> Any:
    """What a reader returns; None where it refuses in one printable line.

    Raises
    ------
    Broken
        For another exception, a refusal of many lines or with control characters, or a reader that does not end.
    """
    try:
        with within(SECONDS):
            return read()
    except InputError as refusal:
        text = str(refusal)
        if not text.isprintable() or len(text) > LONGEST:
            raise Broken(f"no line of a terminal: {len(text)} characters, {text[:300]!r}") from refusal
        return None
    except Exception as error:
        raise Broken(f"{type(error).__name__}: {str(error)[:300]}") from error


def study_mutant(text: str, number: int) -> bytes:
    """A study file with one to three mistakes in its tables, or in its text."""
    draw = random.Random(f"study/{number}")
    if draw.random() < 0.25:
        return text_mutant(text, number)
    raw = tomllib.loads(text)
    for _ in range(draw.choice((1, 1, 2, 3))):
        _mutate(raw, draw)
    return tomli_w.dumps(raw).encode("utf-8", "replace")


def range_mutant(text: str, number: int) -> bytes:
    """A study that varies one or two of its own settings over ranges of every form, whose ends may be anything."""
    draw = random.Random(f"range/{number}")
    raw = tomllib.loads(text)
    settings = [
        (section, key)
        for section in ("parameters", "population")
        for key, held in raw.get(section, {}).items()
        if isinstance(held, int | float)
    ]
    place = draw.choice(("grid", "design", "free"))
    over: dict[str, Any] = {}
    for section, key in draw.sample(settings, min(len(settings), draw.choice((1, 2)))):
        over.setdefault(section, {})[key] = _range(raw[section][key], draw)
    for name in ("grid", "design"):
        raw.pop(name, None)
    if place != "free":
        raw.pop("estimates", None)  # which may need places that are no longer there
    if place == "grid":
        raw["grid"] = over
    elif place == "design":
        kinds = ("zip", "random", "latin_hypercube", "sobol", "saltelli", "morris", "one_at_a_time")
        raw["design"] = {
            "kind": draw.choice(kinds),
            "points": draw.choice((2, 4, 4, 8, draw.choice(NUMBERS))),
            "over": over,
        }
    else:
        raw["calibration"] = {"free": over}
    return tomli_w.dumps(raw).encode("utf-8", "replace")


def _range(held: float, draw: random.Random) -> Any:
    ends = [draw.choice((*FAR, *NUMBERS)) if draw.random() < 0.6 else held * draw.choice((0.5, 1, 2)) for _ in range(2)]
    if draw.random() < 0.7:
        ends.sort(key=lambda x: (x != x, x))
    count = draw.choice((2, 3, 3, draw.choice(NUMBERS)))
    scale = draw.choice(("linear", "log", "log", draw.choice(WORDS)))
    return draw.choice((
        ends, ends, {"linspace": [*ends, count]}, {"logspace": [*ends, count]}, {"range": ends},
        {"range": ends, "scale": scale}, {"choices": ends}, [*ends, draw.choice(FAR)],
    ))  # fmt: skip


def json_mutant(text: str, number: int) -> bytes:
    """JSON, as one value or one a line, with one to three mistakes in what it holds, in its text, or a key twice."""
    draw = random.Random(f"json/{number}")
    kind = draw.random()
    if kind < 0.2:
        return text_mutant(text, number)
    lines = text.lstrip()[:1] == "{" and len(text.splitlines()) > 1 and text.splitlines()[0].rstrip()[-1:] == "}"
    raw = [json.loads(line) for line in text.splitlines()] if lines else json.loads(text)
    for _ in range(draw.choice((1, 1, 2, 3))):
        _mutate(raw, draw)
    with contextlib.suppress(ValueError):  # a whole number of thousands of digits
        text = "\n".join(map(json.dumps, raw)) if lines else json.dumps(raw)
    if kind < 0.25:
        place = text.find("{", draw.randrange(len(text))) + 1
        key = text[place:].partition(":")[0]
        if place and key.startswith('"'):
            text = f"{text[:place]}{key}: {draw.choice((1, 0.5, 'null', '[]'))}, {text[place:]}"
    return text.encode()


def settings_mutant(raw: dict[str, Any], number: int) -> list[str]:
    """One or two settings of the command line for a study: a key of its own or a wrong one, and a value for it."""
    draw = random.Random(f"settings/{number}")
    return [_setting(raw, draw) for _ in range(draw.choice((1, 1, 2)))]


def _setting(raw: dict[str, Any], draw: random.Random) -> str:
    names, held = [], raw
    while isinstance(held, dict) and held:
        names.append(draw.choice(list(held)))
        held = held[names[-1]]
        if draw.random() < 0.1:
            break
    if draw.random() < 0.15:
        names[draw.randrange(len(names))] = draw.choice((*WORDS, names[-1] + "x", names[0].upper()))
    value = held
    kind = draw.randrange(4)
    if kind == 0 and isinstance(held, int | float):
        value = type(held)(held * 2.0 ** draw.gauss(0.0, 1.0))
    elif kind == 1:
        value = draw.choice(NUMBERS)
    elif kind == 2:
        value = _anything(draw)
    try:
        text = tomli_w.dumps({"value": value}).partition("=")[2].strip()
    except (ValueError, TypeError):
        text = str(value)
    if draw.random() < 0.2:
        text = draw.choice((*WORDS, text[1:], text[:-1], text + " " + text, f"{text} # {text}", f"{text}\nseed = 1"))
    return draw.choice((".".join(names), ".".join(names), ".".join(names), "..".join(names))) + "=" + text


def command_mutant(words: list[str], number: int) -> list[str]:
    """Words of a command line with one or two mistakes: lost, doubled, moved, replaced; no path leads out of the folder."""
    draw = random.Random(f"command/{number}")
    words = list(words)
    known = [word for word in WORDS if not {"/", "\\", "\0"} & set(word) and len(word) < 99 and word != "\ud7ff"] + [
        str(value) for value in NUMBERS[:-1]
    ]
    for _ in range(draw.choice((1, 1, 2))):
        place, kind = draw.randrange(1, len(words)), draw.randrange(5)
        if kind == 0 and len(words) > 2:
            del words[place]
        elif kind == 1:
            words.insert(place, words[draw.randrange(len(words))])
        else:
            words[place] = draw.choice(
                (*known, words[place][:-1], words[place] + draw.choice(known), str(draw.gauss(0.0, 2.0)))
            )
    return words


def chain_mutant(texts: dict[str, str], number: int) -> dict[str, bytes]:
    """Files of studies that extend one another, one of them with mistakes."""
    wrong = random.Random(f"chain/{number}").choice(list(texts))
    return {name: study_mutant(text, number) if name == wrong else text.encode() for name, text in texts.items()}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every table or list of a tree with each of its keys."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _mutate(raw: dict[str, Any], draw: random.Random) -> None:
    places = list(_places(raw))
    if not places:
        raw[draw.choice(WORDS)] = _anything(draw)
        return
    held, key = draw.choice(places)
    kind = draw.randrange(11)
    if kind > 7 and isinstance(held[key], int | float) and abs(held[key]) < 10**300:
        held[key] = type(held[key])(held[key] * 2.0 ** draw.gauss(0.0, 1.0))
    elif kind in (0, 8):
        del held[key]
    elif kind == 1:
        held[key] = _anything(draw)
    elif kind == 2:
        held[key] = draw.choice(NUMBERS)
    elif kind == 3:
        held[key] = draw.choice(([held[key]], {"a": held[key]}, [held[key], held[key]], [_anything(draw), held[key]]))
    elif kind == 4:
        other, name = draw.choice(places)
        with contextlib.suppress(KeyError, IndexError):  # taken away by an earlier mistake
            held[key] = copy.deepcopy(other[name])
    elif kind == 5 and isinstance(held, dict):
        name = draw.choice((*WORDS, key + "x", key.upper(), str(draw.choice(places)[1])))
        held[name] = held.pop(key)
    elif kind == 6 and isinstance(held, dict):
        held[draw.choice((*WORDS, str(draw.choice(places)[1])))] = _anything(draw)
    elif isinstance(held, list):
        held.insert(key, draw.choice((copy.deepcopy(held[key]), _anything(draw))))
    else:
        held[key] = _nested(held[key], draw.randrange(1, 40))


def _nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = {"a": value} if depth % 2 else [value]
    return value


def _anything(draw: random.Random, depth: int = 0) -> Any:
    kind = draw.randrange(6 if depth < 3 else 4)
    if kind == 0:
        return draw.choice(NUMBERS)
    if kind == 1:
        return draw.choice(WORDS)
    if kind == 2:
        return draw.choice((True, False, [], {}))
    if kind == 3:
        return round(draw.gauss(0.0, 10.0), draw.randrange(4))
    if kind == 4:
        return [_anything(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice((*WORDS, "a", "b")): _anything(draw, depth + 1) for _ in range(draw.randrange(4))}


def _cell(lines: list[bytes], place: int, draw: random.Random, value: Any) -> None:
    mark = b";" if b";" in lines[place] else b","
    cells = lines[place].rstrip(b"\r\n").split(mark)
    cells[draw.randrange(len(cells))] = str(value).encode("utf-8", "replace")
    lines[place] = mark.join(cells) + b"\n"


def text_mutant(text: str, number: int) -> bytes:
    """A text file with one to three mistakes: bytes, cells, lines that are lost, doubled, moved or replaced."""
    draw = random.Random(f"text/{number}")
    data = text.encode()
    for _ in range(draw.choice((1, 1, 2, 3))):
        lines = data.splitlines(keepends=True) or [b"\n"]
        place, other = draw.randrange(len(lines)), draw.randrange(len(lines))
        place = draw.choice((place, place, place, 0))  # headers matter
        kind = draw.randrange(16)
        if kind == 0:
            del lines[place]
        elif kind == 1:
            lines.insert(place, lines[other])
        elif kind == 2:
            lines[place], lines[other] = lines[other], lines[place]
        elif kind == 3:
            lines[place] = draw.choice((b"\n", b",,,\n", b" \n", b'"\n', b"\xff\xfe\n", b"\x00\n", b"a,b\n"))
        elif kind == 4:
            lines = lines[:place]
        elif kind in (5, 6):
            _cell(lines, place, draw, draw.choice((*WORDS, *NUMBERS)))
        elif kind > 8:  # what may well be used
            _cell(lines, other, draw, draw.choice((round(draw.gauss(0.0, 3.0), draw.randrange(3)), 0, 1, "")))
        else:
            cut = bytearray(data)
            if cut:
                cut[draw.randrange(len(cut))] = draw.randrange(256)
            lines = [bytes(cut)]
        data = b"".join(lines)
    return data
