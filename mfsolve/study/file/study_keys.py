"""Keys that every study file may have, beside the settings of its experiment: name, default, values, meaning."""

from typing import Any

from mfsolve.study.file.designs import DesignKind
from mfsolve.study.file.settings import Figure, Purpose


def _key(name: str, meaning: str, default: Any = None, values: str = "", *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "required": required, "default": default, "range": values, "meaning": meaning}


TOP = (
    _key("model", 'the experiment, or "MODULE:NAME" of your own; with extends: that of the other study', required=True),
    _key("title", "title of report and figures; default: the name of the file"),
    _key("kind", "estimates at the points, or orders along the axes", str(Purpose.ENSEMBLE), " | ".join(Purpose)),
    _key("figures", "figures to draw; default: all that the study has data for", values=" | ".join(Figure)),
    _key("extends", "shipped study or file that this one starts from; tables are merged key by key, estimates by name"),
    _key("without", 'what is not taken over from it: ["section.key", "name of an estimate"]'),
    _key("parameters", "settings of the experiment: mfsolve list EXPERIMENT", {}),
    _key("population", "sizes: mfsolve list EXPERIMENT", {}),
    _key("record", "what is stored beside the outputs: mfsolve list EXPERIMENT", {}),
)
"""Keys that stand before the first section, and the sections whose settings are the experiment's."""
ARM = (
    _key("rule", "the arm of the experiment that this is; default: its own name"),
    _key("label", "what figures and tables call it; default: its name in words"),
)
"""Keys of every arm, in a section that the experiment names."""
GRID = (
    _key("parameters.NAME", "values of a setting: every combination of all is a point of the study"),
    _key("population.NAME", "values of a size"),
    _key("ARMS.NAME", "values of a setting of all arms that have it; others ignore the axis"),
    _key("ARMS.ARM.NAME", "values of a setting of one arm"),
    _key("linspace, logspace", "instead of a list: { linspace = [first, last, count] }"),
)
"""Keys of [grid]."""
OVER = (
    _key(
        "over",
        f"what the design varies, named as in [grid]: [lowest, highest] or {{ range = [0.1, 10], scale = 'log' }}; "
        f"{DesignKind.ZIP}: lists",
        required=True,
    ),
)
"""Key of [design] beside its settings."""
FREE = (
    _key(
        "free",
        "parameters to be calibrated, each with a range: parameters.NAME = [lowest, highest] or "
        "{ range = [0.1, 1], scale = 'log' }",
        required=True,
    ),
)
"""Key of [calibration] beside its settings."""
