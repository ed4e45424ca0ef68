"""Tests run in forked children of a process that has imported and collected everything, once for each change of a source.

`Recorder` and `Judge` are plugins of pytest that take the place of its loop over tests.
"""

import ast
import contextlib
import gc
import itertools
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest
from torture.changes import Mutant, changed_tree
from torture.planted import CHECKOUT, VARIABLE, plant

LIVES, KILLED, ENDLESS = "lives", "killed", "endless"
BROKEN = 70
"""Exit code of a child whose change could not be made."""


class Verdict(NamedTuple):
    """What became of a child: it lives, is killed or does not end; and the test that has failed, where one has."""

    what: str
    by: str = ""


def forked(work: Callable[[], int], processor: float = 1e6, clock: float = 1e6) -> Verdict:
    """The verdict on a piece of work in a child with so many seconds: it lives where the work returns zero."""
    home = tempfile.mkdtemp(prefix="mutant-")
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        code = BROKEN
        try:
            os.setsid()
            silent = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(silent, number)
            resource.setrlimit(resource.RLIMIT_CPU, (int(processor) + 1, int(processor) + 5))
            os.environ.update(TMPDIR=home, PYTEST_DEBUG_TEMPROOT=home)
            tempfile.tempdir = None
            code = int(work())
        except BaseException:
            Path(home, "why").write_text(traceback.format_exc())
        finally:
            os._exit(code)
    descriptor = os.pidfd_open(process)
    ready, _, _ = select.select([descriptor], [], [], clock)
    os.close(descriptor)
    with contextlib.suppress(ProcessLookupError):  # with all that it has started
        os.killpg(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code == BROKEN:
        raise RuntimeError(_read(home, "why"))
    by = _read(home, "by")
    shutil.rmtree(home, ignore_errors=True)
    if not ready or code in (-signal.SIGXCPU, -signal.SIGKILL):
        return Verdict(ENDLESS, by)
    return Verdict(KILLED if code else LIVES, by)


def _read(home: str, name: str) -> str:
    path = Path(home, name)
    return path.read_text() if path.exists() else ""


Functions = dict[tuple[str, str], list[FunctionType]]


def functions(folder: Path) -> Functions:
    """Every function that a file of a folder has made, wherever it is kept, by the file and its qualified name."""
    found: Functions = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(folder)):
            found.setdefault((thing.__code__.co_filename, thing.__code__.co_qualname), []).append(thing)
    return found


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all that are inside."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def change_function(mutant: Mutant, known: Functions) -> None:
    """Give a function of this process the code of a mutant, wherever it is kept, and tell processes that are started.

    Raises
    ------
    LookupError
        Where no function is of that code.
    """
    file = str(CHECKOUT / mutant.file)
    tree = changed_tree(mutant.file, mutant.number)
    changed = 0
    for code in codes(compile(tree, file, "exec", dont_inherit=True)):
        if code.co_qualname == mutant.function:
            for function in known.get((file, mutant.function), []):
                if function.__code__.co_firstlineno == code.co_firstlineno:
                    function.__code__ = code
                    changed += 1
    if not changed:
        raise LookupError(str(mutant))
    os.environ[VARIABLE] = json.dumps([mutant.file, (CHECKOUT / mutant.file).read_text(), ast.unparse(tree)])


def keeps_its_cells(mutant: Mutant, known: Functions) -> bool:
    """True where the changed code closes over what the function's own does, as its exchange demands."""
    own = known.get((str(CHECKOUT / mutant.file), mutant.function), [])
    mine = {function.__code__.co_freevars for function in own}
    tree = compile(changed_tree(mutant.file, mutant.number), "", "exec", dont_inherit=True)
    return mine == {code.co_freevars for code in codes(tree) if code.co_qualname == mutant.function}


class Loop:
    """A plugin of pytest: its tests, run one by one as it would."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """A failing example is not made smaller, which takes long."""
        from hypothesis import Phase, settings

        settings.register_profile("mutants", derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate],
                                  report_multiple_bugs=False)  # fmt: skip
        settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Leave a note of the test that fails."""
        if report.failed:
            Path(os.environ["TMPDIR"], "by").write_text(report.nodeid)

    @staticmethod
    def run(items: Sequence[pytest.Item]) -> int:
        """Run tests until the first failure; 1 where there is one."""
        for item, following in zip(items, [*items[1:], None]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if item.session.testsfailed:
                return 1
        return 0


class TooLong(BaseException):
    """A test takes longer than is waited for when it is recorded."""


class Recorder(Loop):
    """What each test executes of the given files, how long it takes, and whether it passes; told test file by test file.

    A test that takes longer than so many seconds of processor time counts as one that fails: mutants do not wait for it.
    """

    def __init__(self, files: Sequence[str], keep: Callable[[str, dict[str, Any]], None], patience: float) -> None:
        self.files, self.keep, self.patience = files, keep, patience

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from coverage import Coverage

        def leave(number: int, frame: Any) -> None:
            raise TooLong

        signal.signal(signal.SIGPROF, leave)
        for test_file, group in itertools.groupby(session.items, lambda item: item.nodeid.partition("::")[0]):
            measured = Coverage(data_file=None, include=[str(CHECKOUT / file) for file in self.files], messages=False)
            items = list(group)
            found: dict[str, Any] = {}
            measured.start()
            for item, following in zip(items, [*items[1:], None]):
                measured.switch_context(item.nodeid)
                begun, failed = time.process_time(), session.testsfailed
                signal.setitimer(signal.ITIMER_PROF, self.patience)
                with contextlib.suppress(TooLong):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    signal.setitimer(signal.ITIMER_PROF, 0.0)
                passed = session.testsfailed == failed
                found[item.nodeid] = {"seconds": time.process_time() - begun, "passed": passed, "lines": {}}
            measured.stop()
            data = measured.get_data()
            for file in self.files:
                for line, tests in data.contexts_by_lineno(str(CHECKOUT / file)).items():
                    for test in set(tests) & set(found):
                        found[test]["lines"].setdefault(file, []).append(line)
            self.keep(test_file, found)
        return True


class Warm(Loop):
    """The loop over changes of functions, each in a child that runs the tests which execute them."""

    def __init__(self, work: Callable[["Warm"], None]) -> None:
        self.work = work

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()  # a collection in a child would copy every page of its parent
        self.work(self)
        return True


def pytest_here(plugin: Loop, tests: Sequence[str]) -> int:
    """Run pytest in this process."""
    os.chdir(CHECKOUT)
    options = ["-n", "0", "-x", "-q", "-s", "--tb=no", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*options, *tests], plugins=[plugin]))


def change_module(mutant: Mutant) -> None:
    """Let this process, which has not imported the package, find a mutant in the file."""
    source = ast.unparse(changed_tree(mutant.file, mutant.number))
    plant(CHECKOUT / mutant.file, source)
    os.environ[VARIABLE] = json.dumps([mutant.file, (CHECKOUT / mutant.file).read_text(), source])
