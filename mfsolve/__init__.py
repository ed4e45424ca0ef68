"""mfsolve: Monte Carlo and mean-field solver for the economics of AI training data.

>>> from mfsolve.models import collapse
>>> collapse.mean_field(collapse.Parameters(), policy="closed_form", generations=10)
"""

from pathlib import Path

__version__ = "0.1.0"

# In a checkout the kernels and the shipped studies stand beside this folder, not inside it: a Python
# started there finds this source tree first, and needs to be told where they are.
_here = Path(__file__).parent
if not (_here / "kernels").is_dir():
    __path__.append(str(_here.parent))
