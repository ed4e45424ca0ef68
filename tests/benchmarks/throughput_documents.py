"""`mfsolve provenance` on many texts against one pass of a compiled tokenizer over the same file: time and memory.

    python tests/benchmarks/throughput_documents.py [--documents 1000000]

The tokenizer is Python's `re` on `\\w+`, compiled C, and scikit-learn's `CountVectorizer`, which rests on it, where it is
installed; both read the same CSV file row by row. Times are processor times of whole processes. The pool repeats ten
thousand different texts of 200 words each: the file grows, what has to be kept does not.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from benchmarks.rows.documents import corpus  # noqa: E402

TEXTS = 10_000

OURS = """
import sys
from mfsolve.cli import main
main(["provenance", *sys.argv[1:]])
"""
TOKENIZER = """
import csv, re, sys
word = re.compile(r"\\w+")
with open(sys.argv[1], newline="") as file:
    rows = csv.reader(file)
    next(rows)
    print(sum(len(word.findall(text)) for text, in rows))
"""
COUNTER = """
import csv, sys
from sklearn.feature_extraction.text import CountVectorizer
with open(sys.argv[1], newline="") as file:
    rows = csv.reader(file)
    next(rows)
    print(CountVectorizer().fit_transform(text for text, in rows).sum())
"""


USED = """
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(used.ru_utime + used.ru_stime, int(peak) / 1024, file=sys.stderr)
"""


def measured(program: str, *arguments: str) -> tuple[float, float]:
    """Processor time in s and greatest memory in MB of a process that runs a program."""
    command = [sys.executable, "-P", "-c", program + USED, *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, memory = map(float, found.stderr.split()[-2:])
    return seconds, memory


def write(path: Path, texts: list[str], times: int = 1) -> None:
    with open(path, "w") as file:
        file.write("text\n")
        for _ in range(times):
            file.writelines(text + "\n" for text in texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--counter", action="store_true", help="also CountVectorizer, which keeps the whole matrix")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pool, human, synthetic = (str(Path(folder) / f"{name}.csv") for name in ("pool", "human", "synthetic"))
        write(Path(human), corpus(1, 500, 1.0))
        write(Path(synthetic), corpus(2, 500, 1.05))
        ours = (OURS, pool, "--human", human, "--synthetic", synthetic)
        texts = corpus(3, TEXTS, 1.0)
        write(Path(pool), texts)
        measured(*ours)  # compiles
        small, least = measured(*ours)
        write(Path(pool), texts, asked.documents // TEXTS)
        rivals = {"mfsolve provenance": ours, "re, \\w+": (TOKENIZER, pool)}
        if asked.counter:
            rivals["CountVectorizer"] = (COUNTER, pool)
        print(f"{TEXTS} documents: {small:.2f} s, {least:.0f} MB")
        for name, command in rivals.items():
            seconds, memory = measured(*command)
            print(f"{asked.documents} documents, {name}: {seconds:.2f} s, {memory:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
