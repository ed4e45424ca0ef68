"""Entry point of `python -m mfsolve`."""

import sys

from mfsolve.cli import main

sys.exit(main())
