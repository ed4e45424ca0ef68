"""What else a user hands over, as seeded mutants: JSON, settings, chains of studies, data files, and stored runs."""

import contextlib
import io
import json
import re
import shutil
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.fuzz import (
    Broken,
    chain_mutant,
    command_mutant,
    json_mutant,
    range_mutant,
    settings_mutant,
    study_mutant,
    text_mutant,
)
from test_fuzz import LOGS, POOLS, QUICK, RUNS, loaded, survey

from mfsolve.cli import main
from mfsolve.study.file.config import load_study, read_study

Reader = Callable[[str, int], Any]
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?(inf|nan|infinity)", re.IGNORECASE)


def as_records(text: str, lines: bool) -> str:
    """A table of text as JSON records, one a line or as a list."""
    head, *rows = (line.split(",") for line in text.splitlines())
    records = [{n: json.loads(c) if re.fullmatch(r"-?\d+(\.\d+)?", c) else c for n, c in zip(head, r)} for r in rows]
    return "\n".join(map(json.dumps, records)) if lines else json.dumps(records)


def ran(*arguments: object) -> str | None:
    """What a command prints; None where it refuses or fails in one line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(list(map(str, arguments)))
        except SystemExit as leave:
            code = int(leave.code or 0)
    said = err.getvalue().splitlines()
    wrong = [line for line in said if not line.isprintable() or len(line) > 2000]
    if code not in (0, 1, 2) or (code and not said and not out.getvalue()) or wrong:
        raise Broken(f"{arguments}: exit {code}, {err.getvalue()[-500:]!r}")
    return out.getvalue() if code == 0 else None


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list | tuple):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*at, key))
    else:
        yield at, value


def same_numbers(raw: dict[str, Any], resolved: Any) -> None:
    """Hold every number, word and truth value of a study's sections against what the study stands for."""
    swept = {key for section in ("grid", "design") for key in raw.get(section, {})}
    for at, value in leaves({k: v for k, v in raw.items() if k not in ("estimates", "figures")}):
        held = resolved
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for key in at:
                held = held[key]
            known = isinstance(held, dict | list) or any(".".join(map(str, at)).startswith(key) for key in swept)
            kinds = [(isinstance(x, bool), isinstance(x, str)) for x in (value, held)]
            if not known and (kinds[0] != kinds[1] or held != value):
                raise Broken(f"{at}: {value!r} became {held!r}")


def range_reader(folder: Path) -> Reader:
    def read(name: str, number: int) -> Any:
        path = folder / "study.toml"
        path.write_bytes(range_mutant((RUNS / f"{name}.toml").read_text(), number))
        return loaded(path)

    return read


def settings_reader(folder: Path) -> Reader:
    def read(name: str, number: int) -> Any:
        raw = read_study(RUNS / f"{name}.toml")
        settings = settings_mutant(raw, number)
        study = load_study(RUNS / f"{name}.toml", settings)
        last = dict(setting.partition("=")[::2] for setting in settings)
        for key, text in last.items():
            with contextlib.suppress(tomllib.TOMLDecodeError):
                value = tomllib.loads(f"value = {text}")["value"]
                *sections, key = (part.strip() for part in key.split("."))
                for section in reversed([*sections, key]):
                    value = {section: value}
                if len(last) == 1:
                    same_numbers(value, study.resolved)
        return study

    return read


def chains_reader(folder: Path) -> Reader:
    """A study that extends one that extends another, from another folder."""
    (folder / "above").mkdir(exist_ok=True)

    def read(name: str, number: int) -> Any:
        texts = {
            "study.toml": 'extends = "above/middle.toml"\ntitle = "below"\nwithout = ["ensemble.seed"]\n[ensemble]\nlevel = 0.9\n',
            "above/middle.toml": f'extends = "top.toml"\ntitle = "middle"\n[ensemble]\nseed = {1 + number % 7}\n',
            "above/top.toml": (RUNS / f"{name}.toml").read_text(),
        }
        for file, content in chain_mutant(texts, number).items():
            (folder / file).write_bytes(content)
        study = loaded(folder / "study.toml")
        same_numbers(read_study(folder / "study.toml"), study.resolved)
        return study

    return read


RECORDS = {
    "regress": as_records(LOGS["commas"], lines=False),
    "regress lines": as_records(LOGS["commas"], lines=True),
    "tokens": as_records(POOLS["tokens"][0], lines=True),
    "items": as_records(POOLS["items"][0], lines=False),
    "features": as_records(POOLS["features"][0], lines=True),
    "likelihoods": as_records(POOLS["likelihoods"][0], lines=True),
    "deals": json.dumps([
        {"data_receiver": f"R{i}", "data_aggregator": "A", "date": 2020 + i, "type": "text", "value_raw": raw, "codes": codes,
         "value_min": low, "value_max": high}
        for i, (raw, codes, low, high) in enumerate([
            ("60m/yr", ["R"], 6e7, 6e7), ("25-50m", [], None, None), ("20m+", [], 2e7, None), ("Undisclosed", [], None, None),
        ])
    ]),
}  # fmt: skip


def records_reader(folder: Path) -> Reader:
    """Tables as JSON; beside a pool stand its references as they are."""

    def read(name: str, number: int) -> Any:
        path = folder / "table.json"
        path.write_bytes(json_mutant(RECORDS[name], number))
        if name in POOLS:
            others = [folder / "human.csv", folder / "synthetic.csv"]
            for other, text in zip(others, POOLS[name][1:]):
                other.write_text(text)
            dated = ("--date", "date") if name == "features" else ()
            return ran("provenance", path, "--human", others[0], "--synthetic", others[1], *dated, "--json")
        return ran(name.split()[0], path, *(["--figure", "none"] if "regress" in name else []), "--json")

    return read


EDGES = "source,target,weight\nhuman,a,0.5\nb,a,0.5\nhuman,b,0.25\na,b,0.75\n"
DATA = {
    "real_data": ("parameters.features", "data.csv", "f,g\n" + "".join(f"{i % 7}.5,{i * i % 11}\n" for i in range(64))),
    "atlas_networks": ("parameters.edges", "data.csv", EDGES),
    "atlas_text": ("parameters.text", "data.txt", "".join(f"word{i % 5} and word{i % 7} of it.\n" for i in range(450))),
}


def data_reader(folder: Path) -> Reader:
    """Data files beside a study."""

    def read(name: str, number: int) -> Any:
        key, file, text = DATA[name]
        path = folder / f"{number}{file}"
        path.write_bytes(text_mutant(text, number))
        try:
            return load_study(RUNS / f"{name}.toml", [f"{key}={json.dumps(str(path))}"])
        finally:
            path.unlink()

    return read


def ledger_reader(folder: Path) -> Reader:
    """Stored points of a calibration: what is kept is what was stored."""
    from mfsolve.calibration.landscape import SimulatedMoments
    from mfsolve.calibration.ledger import Ledger

    whole, found = (
        folder / "whole.jsonl",
        SimulatedMoments(np.array([0.1, 1 / 3]), np.array([[1e-300, 0.25], [0.25, 2.0]])),
    )
    with contextlib.closing(Ledger(whole, "collapse")) as ledger:
        ledger.open()
        for number in range(6):
            ledger.add(
                f"point {number}", {"x": 0.1 * number}, found if number % 3 else None, None if number % 3 else "no"
            )

    def read(name: str, number: int) -> Any:
        path = folder / "evaluations.jsonl"
        path.write_bytes(json_mutant(whole.read_text(), number))
        with contextlib.closing(Ledger(path, "collapse")) as ledger:
            ledger.open()
            for key in (key for key in map("point {}".format, range(6)) if key in ledger):
                held, wanted = ledger[key], found if int(key[-1]) % 3 else None
                if (held is None) != (wanted is None) or (held and held.moments.tobytes() != found.moments.tobytes()):
                    raise Broken(f"{key}: {held}")
            return ledger if len(ledger) else None

    return read


READING = ("show OUT", "show OUT --json", "diff OUT WHOLE", "report OUT", "merge OUT --json", "run STUDY --out OUT --workers 1 --json",
           "plot OUT", "export OUT FILE.csv", "merge OUT --partial")  # fmt: skip


def stored_reader(folder: Path) -> Reader:
    """What stands beside a run's numbers: a report that is printed is the one that was stored."""
    from torture import study

    file, whole = study.write(folder), folder / "whole"
    assert ran("run", file, "--out", whole, "--workers", "1") is not None
    rows = json.loads((whole / "summary.json").read_text())["rows"]
    places = {"WHOLE": whole, "OUT": folder / "out", "STUDY": file, "FILE.csv": folder / "file.csv"}

    def read(name: str, number: int) -> Any:
        shutil.rmtree(places["OUT"], ignore_errors=True)
        places["FILE.csv"].unlink(missing_ok=True)
        shutil.copytree(whole, places["OUT"])
        path = places["OUT"] / name
        text = path.read_text()
        path.write_bytes((study_mutant if name.endswith(".toml") else json_mutant)(text, number))
        command = READING[number // 4 % len(READING)]
        printed = ran(*(places.get(word, word) for word in command.split()))
        if printed and command.endswith("--json") and name != "study.toml" and json.loads(printed)["rows"] != rows:
            raise Broken(f"{command}: other rows")
        return printed

    return read


COMMANDS = (
    "run small.toml --dry-run --replicates 3 --set ensemble.seed=3", "submit small.toml --array 3 --workers 2 --time-limit 1:00:00 --replicates 3 --set ensemble.seed=3 --task-time 90 --sbatch=--mem=1G",
    "run small.toml --out out --shard 1/2 --workers 1 --time-limit 0:10:00", "list collapse --json", "explain collapse 1.2",
    "merge out --json", "show out", "diff out out --json", "export out table.csv --variables end,walk", "new mine --like headline",
    "new mine --model flow", "regress log.csv --figure none --contamination 0.5 --level 0.9 --lags 2 --structural 0.1",
    "deals --cap 1e9 --fee 0.1 --lineage 0.2 --developers 3 deals.json", "completion bash", "report out --page page.html",
    "provenance tokens.csv --human tokens.csv --source a=tokens.csv --source b=log.csv --level 0.9 --json",
)  # fmt: skip


def commands_reader(folder: Path) -> Reader:
    """Command lines, in a folder with a run and tables."""
    from torture import study

    study.write(folder)
    for name, text in {
        "log.csv": LOGS["commas"],
        "tokens.csv": POOLS["tokens"][0],
        "deals.json": RECORDS["deals"],
    }.items():
        (folder / name).write_text(text)

    def read(name: str, number: int) -> Any:
        if not (folder / "out/run.json").is_file():
            ran("run", "small.toml", "--out", "out", "--workers", "1")
        for made in (*folder.glob("mine*"), *folder.glob("table*"), *folder.glob("results")):
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        return ran(*command_mutant(name.split(), number))

    return read


HANDED: dict[str, tuple[list[str], Callable[[Path], Reader], int]] = {
    "settings": (["headline", "policies", "workflow_law", "atlas_weighting", "pmir_rounds"], settings_reader, 30),
    "ranges": (list(QUICK), range_reader, 150),
    "chains": (["headline", "policies", "workflow_law", "atlas_weighting"], chains_reader, 28),
    "records": (list(RECORDS), records_reader, 28),
    "data": (list(DATA), data_reader, 24),
    "ledger": (["ledger"], ledger_reader, 40),
    "commands": (list(COMMANDS), commands_reader, 24),
    "stored": (["run.json", "summary.json", "study.toml", "timing.json"], stored_reader, 24),
}


@pytest.mark.parametrize("kind", HANDED)
def test_mutants_of_what_is_handed_over_are_used_or_refused(kind, tmp_path, monkeypatch):
    names, reader, count = HANDED[kind]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mfsolve.commands.deals.draw", lambda *_: [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert survey(names, range(count), reader(tmp_path)) >= count // 20


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", HANDED)
def test_many_mutants_of_what_is_handed_over_are_used_or_refused(kind, tmp_path, monkeypatch):
    names, reader, _ = HANDED[kind]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mfsolve.commands.deals.draw", lambda *_: [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert survey(names, range(1000, 4000), reader(tmp_path)) >= 100
