"""The models, by name. A new model is one line here; `load` imports it when it is first asked for."""

from importlib import import_module

from mfsolve.models.model import Model

MODULES = {
    "collapse": "mfsolve.models.collapse",
    "creators": "mfsolve.models.creators.studies.market",
    "creator_stream": "mfsolve.models.creators.studies.streams",
    "creator_dynamics": "mfsolve.models.creators.studies.dynamics",
    "creator_phases": "mfsolve.models.creators.studies.phases",
    "intermediary": "mfsolve.models.intermediary.study",
    "attribution": "mfsolve.models.creators.studies.attribution",
    "flow": "mfsolve.models.flow",
    "governance": "mfsolve.models.transition.governance",
    "impossibility": "mfsolve.models.provenance.impossibility_study",
    "multiplicity": "mfsolve.models.collapse.multiplicity_study",
    "optimality_gap": "mfsolve.models.collapse.optimality_study",
    "pmir": "mfsolve.models.provenance.pmir_study",
    "pmir_rate": "mfsolve.models.provenance.rate_study",
    "pmir_regret": "mfsolve.models.provenance.regret_study",
    "provenance": "mfsolve.models.provenance",
    "quantal_response": "mfsolve.models.transition.quantal",
    "retreat": "mfsolve.models.transition.retreat",
    "transition": "mfsolve.models.transition.study",
    "uniqueness": "mfsolve.models.collapse.uniqueness_study",
    "statics": "mfsolve.models.collapse.statics_study",
    "supply_shock": "mfsolve.models.supply_shock",
    "agents": "mfsolve.models.agents",
}


def load(name: str) -> Model:
    """The model of that name.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name not in MODULES:
        raise ValueError(f"{name!r} given; allowed: {', '.join(MODULES)}")
    model: Model = import_module(MODULES[name]).MODEL
    return model
