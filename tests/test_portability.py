"""Nothing is used that Windows or macOS do not have, unless the code looks first; and a study runs without it."""

import ast
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_house import sources


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES = words("crypt curses fcntl grp nis ossaudiodev posix pty pwd readline resource spwd syslog termios tty")
"""Modules that Windows does not have."""
ATTRIBUTES = {
    "os": words("""
        chown chroot ctermid fchdir fchmod fchown fdatasync fork forkpty fpathconf getegid geteuid getgid getgroups
        getloadavg getpgid getpgrp getpriority getresuid getsid getuid initgroups killpg lchown lockf major mkfifo mknod
        nice openpty pathconf pidfd_open pipe2 posix_fadvise posix_fallocate posix_spawn pread preadv pwrite pwritev
        readv register_at_fork sched_getaffinity sched_setaffinity sched_yield sendfile setgid setpgid setpriority
        setsid setuid statvfs sync sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid writev O_ASYNC O_CLOEXEC
        O_DIRECTORY O_DIRECT O_DSYNC O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_SYNC O_TMPFILE WEXITSTATUS
        WIFEXITED WIFSIGNALED WNOHANG WTERMSIG EX_OK"""),
    "signal": words("""
        SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGUSR1
        SIGUSR2 SIGVTALRM SIGWINCH alarm getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending
        sigtimedwait sigwait sigwaitinfo"""),
    "socket": words("AF_UNIX SO_REUSEPORT"),
    "time": words("tzset clock_settime pthread_getcpuclockid"),
    "select": words("poll epoll kqueue"),
}
"""Names that Windows or macOS do not have, by module. `os.kill` is not among them: there it means something else."""
ELSEWHERE = {"os": frozenset({"kill"})}
"""Names that are there and do something else on Windows: signal 0 is Ctrl-C."""


def uses(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Nodes that name something that is not everywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, a.name) for a in node.names if a.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known = ATTRIBUTES.get(node.module or "", frozenset())
            yield from ((node, a.name) for a in node.names if node.module in MODULES or a.name in known)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = node.value.id
            if node.attr in ATTRIBUTES.get(module, frozenset()) | ELSEWHERE.get(module, frozenset()):
                yield node, node.attr


def guarded(node: ast.AST, name: str, parents: dict[ast.AST, ast.AST]) -> bool:
    """True where a branch, an earlier operand or an earlier way out of the function asks for the name or the system.

    An import may also stand in a `try` that expects an ImportError.
    """

    def asks(test: ast.AST) -> bool:
        words = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)}
        said = {n.value for n in ast.walk(test) if isinstance(n, ast.Constant)}
        named = {n.attr for n in ast.walk(test) if isinstance(n, ast.Attribute)}
        return ("hasattr" in words and name in said) or bool({"WINDOWS"} & words) or bool({"platform", "name"} & named)

    child, parent = node, parents.get(node)
    while parent is not None:
        if isinstance(parent, ast.If | ast.IfExp) and child is not parent.test and asks(parent.test):
            return True
        if isinstance(parent, ast.BoolOp) and any(asks(v) for v in parent.values[: parent.values.index(child)]):
            return True
        if isinstance(parent, ast.Try) and child in parent.body and isinstance(node, ast.Import | ast.ImportFrom):
            expected = {n.id for handler in parent.handlers for n in ast.walk(handler) if isinstance(n, ast.Name)}
            if expected & {"ImportError", "ModuleNotFoundError"}:
                return True
        body = getattr(parent, "body", [])
        for earlier in body[: body.index(child)] if isinstance(body, list) and child in body else []:
            if (
                isinstance(earlier, ast.If)
                and asks(earlier.test)
                and isinstance(earlier.body[-1], ast.Return | ast.Raise)
            ):
                return True
        child, parent = parent, parents.get(parent)
    return False


def unguarded(tree: ast.Module) -> list[tuple[int, str]]:
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    return [(node.lineno, name) for node, name in uses(tree) if not guarded(node, name, parents)]


@pytest.mark.parametrize(
    "planted",
    [
        "import fcntl",
        "import os\nme = os.getuid()",
        "from os import fork",
        "import os\ndef f(d):\n    return os.pread(d, 1, 0)",
        "import signal\nsignal.signal(signal.SIGHUP, print)",
        "try:\n    import resource\nexcept ValueError:\n    pass",
        "import os\nif hasattr(os, 'getgid'):\n    os.getuid()",
        "import os\nos.kill(1, 0)",
        "import os\nos.sched_getaffinity(0) if os.sched_getaffinity else 1",
    ],
)
def test_a_planted_use_is_found(planted):
    assert len(unguarded(ast.parse(planted))) >= 1


@pytest.mark.parametrize(
    "fine",
    [
        "try:\n    import resource\nexcept ImportError:\n    resource = None",
        "import os\nn = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else 1",
        "import os\nmine = not hasattr(os, 'getuid') or os.getuid() == 0",
        "import os\ndef f():\n    if os.name == 'nt':\n        return 0\n    return os.getuid()",
    ],
)
def test_a_guarded_use_is_none(fine):
    assert unguarded(ast.parse(fine)) == []


def test_sources_use_nothing_that_a_system_lacks():
    found = [f"{file}:{line} {name}" for file, tree in sources("mfsolve", "kernels") for line, name in unguarded(tree)]
    assert not found, "\n".join(found)


def undeclared(tree: ast.Module) -> Iterator[int]:
    """Lines that read or write text, or what a process says, in whatever encoding the system has and as if it held."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        said = {word.arg: word.value for word in node.keywords}
        on_path = name in ("read_text", "write_text") and isinstance(node.func, ast.Attribute)
        mode = next((n for n in (*node.args[1:2], said.get("mode")) if n is not None), ast.Constant("r"))
        opens = isinstance(node.func, ast.Name) and name == "open" and "b" not in str(getattr(mode, "value", ""))
        if ((on_path or opens) and "encoding" not in said) or (
            getattr(said.get("text"), "value", False) is True and "errors" not in said
        ):
            yield node.lineno


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p.read_text()", 1), ("p.write_text(x)", 1), ("open(p)", 1), ("open(p, 'w', newline='')", 1), ("run(c, text=True)", 1),
        ("p.read_text(encoding='utf-8')", 0), ("open(p, 'rb')", 0), ("open(p, encoding='utf-8')", 0), ("write_text(p, x)", 0),
    ],
)  # fmt: skip
def test_a_planted_text_without_an_encoding_is_found(text, found):
    assert len(list(undeclared(ast.parse(text)))) == found


def test_texts_do_not_depend_on_the_encoding_of_the_system():
    found = [f"{file}:{line}" for file, tree in sources("mfsolve", "kernels") for line in undeclared(tree)]
    assert not found, "\n".join(found)


def test_memory_is_counted_in_the_unit_of_the_system(monkeypatch):
    """Linux says KiB, macOS bytes, which may also refuse the limit that it has; Windows says nothing."""
    from mfsolve.study.execution import trial

    usage = SimpleNamespace(RUSAGE_SELF=0, RLIMIT_AS=5, getrusage=lambda who: SimpleNamespace(ru_maxrss=3))
    assert [trial._peak(usage), math.isnan(trial._peak(None))] == [3072.0, True]
    with monkeypatch.context() as on_a_mac:
        on_a_mac.setattr(sys, "platform", "darwin")
        assert trial._peak(usage) == 3.0

    def refused(*_):
        raise ValueError("current limit exceeds maximum limit")

    usage.setrlimit = refused
    monkeypatch.setitem(sys.modules, "resource", usage)
    assert trial._limited(1000) is usage


WITHOUT = """
import builtins, contextlib, os, signal, sys, types
sys.path.insert(0, {tests!r})
from test_portability import ATTRIBUTES, MODULES

plain_open, plain_replace, plain_unlink = os.open, os.replace, os.unlink

def asked_by_us():
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__") in ("pathlib", "pathlib._local", "contextlib", "shutil", "weakref"):
        frame = frame.f_back
    return frame.f_globals.get("__name__", "").startswith("mfsolve")

def refuse_what_is_in_use(*paths):
    held = set()
    for entry in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # another thread has closed it since
            held.add(os.readlink("/proc/self/fd/" + entry))
    for path in paths:
        if os.path.realpath(path) in held:
            raise PermissionError(13, "The process cannot access the file: it is in use", str(path))

def windows_open(path, flags, *more, **named):
    if asked_by_us():
        if isinstance(path, (str, os.PathLike)) and os.path.isdir(path):
            raise PermissionError(13, "Permission denied", str(path))
        assert flags & os.O_BINARY or str(path) == os.devnull, path
    return plain_open(path, flags & ~os.O_BINARY, *more, **named)

def windows_replace(source, target, **named):
    if asked_by_us():
        refuse_what_is_in_use(source, target)
    return plain_replace(source, target, **named)

def windows_unlink(path, **named):
    if asked_by_us():
        refuse_what_is_in_use(path)
    return plain_unlink(path, **named)

def windows_kill(process, number):
    raise AssertionError("os.kill means something else on Windows")

os.O_BINARY = 1 << 30
os.open, os.replace, os.unlink = windows_open, windows_replace, windows_unlink
seen = {{}}
for module in (os, signal):
    seen[module.__name__] = types.ModuleType(module.__name__)
    lacking = ATTRIBUTES[module.__name__]
    vars(seen[module.__name__]).update({{name: value for name, value in vars(module).items() if name not in lacking}})
seen["os"].kill, seen["os"].name = windows_kill, "nt"
plain_import = builtins.__import__

def windows_import(name, globals=None, locals=None, fromlist=(), level=0):
    if (globals or {{}}).get("__name__", "").startswith("mfsolve") and not level:
        if name in MODULES:
            raise ImportError(name)
        if name in seen:
            return seen[name]
    return plain_import(name, globals, locals, fromlist, level)

builtins.__import__ = windows_import
from mfsolve.study.storage import system
assert system.WINDOWS
from mfsolve.cli import main
codes = [main(arguments) for arguments in {commands!r}]
assert codes == [0, 0], codes
"""
"""Runs whose sources see an `os` and a `signal` as Windows has them, where files in use are neither replaced nor removed."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are looked up in /proc")
def test_a_study_runs_with_what_windows_has(tmp_path, study_file):
    """Run, go on with more replicates over what is there, and show: no name, no open folder, no file in use."""
    out = tmp_path / "out"
    common = ["run", str(study_file), "--out", str(out), "--workers", "2"]
    script = WITHOUT.format(tests=str(Path(__file__).parent), commands=[common, [*common, "--replicates", "20"]])
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "contamination" in done.stdout
    assert not list(out.rglob("*.tmp"))
