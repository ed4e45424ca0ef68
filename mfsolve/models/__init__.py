"""The models, by name. A new model is one line here; `load` imports it when it is first asked for."""

from importlib import import_module

from mfsolve.models.model import Model

MODULES = {
    "collapse": "mfsolve.models.collapse",
    "flow": "mfsolve.models.flow",
    "provenance": "mfsolve.models.provenance",
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
