"""Objections to the collapse market, each a stress that its conclusions have to bear (MODEL 7)."""

from mfsolve.models.objections.levers import mark_strength, stripping
from mfsolve.models.objections.stress import Instrument, Reference, Stress
from mfsolve.models.objections.stressed_market import stressed

__all__ = ["Instrument", "Reference", "Stress", "mark_strength", "stressed", "stripping"]
