"""Stresses of the collapse market: what a critique says the model leaves out, each an option of its own (MODEL 7.1)."""

import enum

from pydantic import Field

from mfsolve.models.collapse.parameters import Share
from mfsolve.models.frozen import Frozen


class Reference(enum.StrEnum):
    """Human content that a regulator measures divergence from: that of generation 0, or that of the day."""

    ORIGINAL = "original"
    CURRENT = "current"


class Instrument(enum.StrEnum):
    """Instrument of the policy: each follows its closed form, but for a subsidy that is fixed."""

    SUBSIDY = "subsidy"
    FIXED = "fixed"
    LEVY = "levy"
    WATERMARK = "watermark"


class Stress(Frozen):
    """Stresses that the market has to bear, and the instrument tried against them; by default there are none."""

    instrument: Instrument = Field(Instrument.SUBSIDY, description="subsidy, fixed, levy or watermark")
    subsidy: Share = Field(0.5, description="subsidy s if the instrument is `fixed`")
    drift: Share = Field(0.0, description="share eta of the way to the generator's variance per generation")
    reference: Reference = Field(Reference.ORIGINAL, description="human content from which divergence is measured")
    capacity: float | None = Field(
        None, gt=0.0, description="stock R_0 of human material, in generations of all-human production; none: unlimited"
    )
    renewal: float = Field(0.0, ge=0.0, description="human material that grows back per generation")
    outside: Share = Field(0.0, description="share l of producers outside the jurisdiction")
    relocation: float = Field(0.0, ge=0.0, description="share of producers that move per unit of profit gained")
    strip_cost: float | None = Field(
        None, gt=0.0, description="cost g of stripping, g x^2 / 2 for a share x of marks; none: nobody strips"
    )
    anticipating: bool = Field(False, description="whether the watermark's strength anticipates stripping")
    evasion: Share = Field(0.0, description="fraction e by which synthetic items move to human content")
    evasion_cost: float | None = Field(
        None, gt=0.0, description="cost of moving, gamma e^2: e is then the best response to the levy"
    )
    volume: float = Field(1.0, ge=1.0, description="synthetic items V that replace one human item")

    def compared(self) -> "Stress":
        """The market it is compared with: the same rule with the original reference, or without any stress."""
        if self.reference is Reference.CURRENT:
            return self.model_copy(update={"reference": Reference.ORIGINAL})
        return Stress(instrument=self.instrument, subsidy=self.subsidy)
