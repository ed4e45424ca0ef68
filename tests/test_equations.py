"""Every citation of an equation leads to a heading of exactly one MODEL.md, and every heading to files that exist."""

import re
from pathlib import Path

import pytest

from mfsolve.commands.model_texts import Section, sections

CHECKOUT = Path(__file__).parents[1]
NUMBER = r"\d+(?:\.\d+)*"
CITATION = re.compile(rf"\bMODEL\s+(?:#\s+)?({NUMBER}(?:(?:,\s+|\s+and\s+|,\s+and\s+){NUMBER}\b(?! \d))*)")
BOOKS = sorted([*CHECKOUT.glob("mfsolve/models/*/MODEL.md"), CHECKOUT / "mfsolve/inference/MODEL.md"])
NAMES = [path.parent.name for path in BOOKS]


def citations(text: str) -> list[str]:
    """Numbers of the sections that a text cites: `MODEL 1.1, 1.6` cites two."""
    return [number for cited in CITATION.findall(text) for number in re.findall(NUMBER, cited)]


def files_by_section(text: str) -> dict[str, list[str]]:
    """The table `section -> files` of a MODEL.md: files by number; a row may stand for several sections."""
    found: dict[str, list[str]] = {}
    for section in sections(text):
        if "files" not in section.title.lower() or "section" not in section.title.lower():
            continue
        for line in section.own.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            files = re.findall(r"[\w./-]+/[\w.-]+\.\w+", cells[-1]) if len(cells) > 1 else []
            for number in re.findall(NUMBER, cells[0]) if files else []:
                found.setdefault(number, []).extend(files)
    return found


def numbered(path: Path) -> list[Section]:
    return [section for section in sections(path.read_text(encoding="utf-8")) if section.number]


def test_every_system_has_its_equations():
    folders = {path.name for path in CHECKOUT.glob("mfsolve/models/[!_]*") if path.is_dir()}
    assert {*NAMES} == folders | {"inference"}


def test_every_citation_resolves_to_a_heading_of_exactly_one_book():
    places: dict[str, list[str]] = {}
    for path in BOOKS:
        for section in numbered(path):
            places.setdefault(section.number, []).append(path.parent.name)
    cited = {
        (path.relative_to(CHECKOUT).as_posix(), number)
        for room in ("kernels", "mfsolve", "tests", "runs")
        for kind in ("*.py", "*.toml")
        for path in (CHECKOUT / room).rglob(kind)
        if path != Path(__file__)
        for number in citations(path.read_text(encoding="utf-8"))
    }
    wrong = [
        f"{file}: MODEL {number} is in {places.get(number, 'no book')}"
        for file, number in sorted(cited)
        if len(places.get(number, [])) != 1
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_no_number_stands_for_two_headings(path):
    numbers = [section.number for section in numbered(path)]
    assert sorted(set(numbers)) == sorted(numbers)


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_every_section_names_files_that_exist(path):
    table = files_by_section(path.read_text(encoding="utf-8"))
    numbers = {section.number for section in numbered(path)}
    assert numbers - table.keys() == set(), "sections that the table leaves out"
    assert table.keys() - numbers == set(), "rows without a section"
    missing = [name for files in table.values() for name in files if not (CHECKOUT / name).is_file()]
    assert not missing, missing


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_every_heading_has_a_body(path):
    empty = [
        section.number or section.title for section in sections(path.read_text(encoding="utf-8")) if not section.own
    ]
    assert not empty, empty


@pytest.mark.parametrize("path", BOOKS, ids=NAMES)
def test_every_book_has_its_symbols_and_its_sources(path):
    titles = [section.title.lower() for section in sections(path.read_text(encoding="utf-8"))]
    assert any("symbols" in title for title in titles), titles
    assert any("sources" in title for title in titles), titles


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the law (MODEL 1.1, 1.6)", ["1.1", "1.6"]),
        ("rounds (MODEL\n    3.3).", ["3.3"]),
        ("see MODEL 4.1; 12 creators", ["4.1"]),
        ("(MODEL 5.1, 5.2 and 5.3)", ["5.1", "5.2", "5.3"]),
        ("in MODEL 1.7, 1 000 producers", ["1.7"]),
        ("MODEL = 3", []),
    ],
)
def test_citations_are_read(text, expected):
    assert citations(text) == expected


def test_tables_of_files_are_read():
    text = "# 1 A\n\n## Section -> files\n\n| section | files |\n|---|---|\n| 1, 1.1 | `kernels/a.py`, mfsolve/b.py |\n"
    assert files_by_section(text) == {"1": ["kernels/a.py", "mfsolve/b.py"], "1.1": ["kernels/a.py", "mfsolve/b.py"]}
