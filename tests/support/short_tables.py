"""The README's two short tables, made from the long ones: verdicts by document, and the closest peer of every row.

    python -m support.short_tables

From `tests/`, after `runs/CLAIMS.md` or `tests/benchmarks/README.md` was made anew.
"""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
CLAIMS, PEERS = CHECKOUT / "runs" / "CLAIMS.md", CHECKOUT / "tests" / "benchmarks" / "README.md"
VERDICTS = ("supported", "contradicted", "mixed", "cannot tell", "reproduced", "missed", "not determined")
WORK, HERE, PEER, RATIO, LIMIT = 0, 2, 5, 9, 10  # columns of the table of peers
NONE = [""] * 11


def cells(line):
    """Cells of a line of a markdown table."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def table(titles, lines):
    """A markdown table."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [titles, ["---"] * len(titles), *lines])


def verdicts(page):
    """Numbers of verdicts by document, and their sums."""
    found = []
    for title, total, said in re.findall(r"<summary>(.+): (\d+) claims \((.+)\)</summary>", page):
        counts = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+)", said)}
        assert sum(counts.values()) == int(total), title
        assert counts.keys() <= {*VERDICTS}, counts
        found.append([title, int(total), *(counts.get(word, 0) for word in VERDICTS)])
    sums = ["together", *(sum(column) for column in list(zip(*found))[1:])]
    return table(["document", "claims", *VERDICTS], [[str(cell or "") for cell in line] for line in [*found, sums]])


def peers(page):
    """One line for each work on one core that others do as well: the peer that comes closest to our time."""
    closest = {}
    work = NONE
    for line in (cells(text) for text in page.splitlines() if text.startswith("| ")):
        work = line if line[WORK] else work
        if work[1] == "1" and (ratio := re.match(r"\**([\d.]+)", line[RATIO])):
            best = closest.setdefault(work[WORK], (float(ratio[1]), work, line))
            closest[work[WORK]] = min(best, (float(ratio[1]), work, line), key=lambda one: one[0])
    lines = [[work[WORK], work[HERE], line[PEER], f"**{ratio:g}**" if ratio < 1 else f"{ratio:g}"]
             for ratio, work, line in closest.values()]  # fmt: skip
    return table(["work, on one core", "here", "closest peer", "its time over ours"], lines)


SHORT = {"verdicts": (CLAIMS, verdicts), "closest peers": (PEERS, peers)}
"""Tables of the README by what its marks call them: the page with the long one, and how the short one is made."""


def marks(name):
    """Lines of the README between which a table stands."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def renewed(readme):
    """The README with its short tables made anew."""
    for name, (page, short) in SHORT.items():
        begin, end = marks(name)
        assert readme.count(begin) == readme.count(end) == 1, name
        text = short(page.read_text(encoding="utf-8"))
        readme = f"{readme.partition(begin)[0]}{begin}\n\n{text}\n\n{end}{readme.partition(end)[2]}"
    return readme


if __name__ == "__main__":
    path = CHECKOUT / "README.md"
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
