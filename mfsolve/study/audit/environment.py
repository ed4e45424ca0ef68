"""Promises on what surrounds an arm: other processes, where texts have other hashes, and files that it reads."""

from mfsolve.experiments import NAMES
from mfsolve.experiments._undeclared_files import complaint, undeclared
from mfsolve.experiments.experiment import Arm, Case, Experiment
from mfsolve.study.audit.other_processes import COUNT, elsewhere, here
from mfsolve.study.audit.promise import Answer, Audit


def processes(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """The same replicates in other processes, each with another `PYTHONHASHSEED`: sets of texts have another order."""
    home = experiment.home
    if home is None and experiment.name not in NAMES:
        return None, "is in no file that another process could load"
    folder = "." if home is None else str(home.folder)
    digest = "" if home is None else home.digest
    mine = here(arm, case, choices.seed)
    for theirs in elsewhere(experiment.name, folder, digest, choices.seed):
        found = theirs.get(case.rule, "nothing comes back")
        if isinstance(found, str):
            return False, f"in another process: {found}"
        other = ", ".join(sorted(name for name in mine.keys() | found.keys() if mine.get(name) != found.get(name)))
        if other:
            return False, f"{other} differs in another process, for example by the order of a set or by hash()"
    return True, f"the same bits in {COUNT + 1} processes"


def files(experiment: Experiment, arm: Arm, case: Case, choices: Audit) -> Answer:
    """Files that the model has read so far, which it has to declare."""
    home = experiment.home
    if home is None:
        return None, "not the user's own"
    found = undeclared(home)
    if found:
        more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
        return False, complaint(home, found[0]) + more
    return True, f"{len(home.data)} declared" if home.data else "reads none"
