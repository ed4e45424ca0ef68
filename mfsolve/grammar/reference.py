"""Commands that list, explain and audit what there is, and write files to start from."""

from typing import Any

from mfsolve.grammar import arguments

SHELLS = ("bash", "zsh", "tcsh")


def add(add_command: Any) -> None:
    """Add these commands; `add_command(name, help)` makes one."""
    listing = add_command("list", "list experiments and shipped studies; of one, its settings or what it found")
    listing.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="an experiment, a shipped study, or the word study for the keys of every study",
    )
    arguments.as_json(listing)

    explain = add_command("explain", "print the equations of a system with symbols and sources, or find words in them")
    explain.add_argument(
        "name",
        metavar="NAME",
        help="a system, an experiment, MODULE:NAME of your own, the number of a section, or words to find",
    )
    explain.add_argument("section", nargs="?", metavar="SECTION", help="number or title of one of its sections")

    new = add_command("new", "write a commented study file to start from")
    new.add_argument("name", metavar="NAME", help="file to write, with or without its ending .toml")
    source = new.add_mutually_exclusive_group()
    source.add_argument("--model", metavar="EXPERIMENT", help="the experiment it runs; default collapse")
    source.add_argument("--like", metavar="STUDY", help="a copy of this shipped study")
    source.add_argument(
        "--experiment", action="store_true", help="an experiment of your own, NAME.py, with a study of it"
    )

    check = add_command("check", "audit an experiment of your own: determinism, threads, ranges, limits")
    check.add_argument("model", metavar="EXPERIMENT", help="a module, its file, MODULE:NAME, or an experiment's name")
    check.add_argument("--size", metavar="SECTION.KEY", help="number of agents; default: the first of [population]")
    check.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the draws; default 1")
    arguments.as_json(check)

    completion = add_command(
        "completion", "print a script that lets a shell complete commands, options, studies and experiments"
    )
    completion.add_argument("shell", choices=SHELLS, help="the shell that is to complete")
