"""The atlas of model collapse: workflows of recursive training, families, closed forms (MODEL 9)."""

from .closed_form import (
    Moments,
    Weighting,
    accumulate_limit,
    accumulate_oracle,
    curation_oracle,
    mixed_oracle,
    replace_oracle,
    sampled_oracle,
    temperature_oracle,
    weighting_oracle,
)
from .gaussian import Gaussian, Run, Yardsticks, gaussian_ensemble, gaussian_oracle
from .labels import Labels, Verification, Verifier, label_ensemble, verification_oracle
from .tokens import (
    Shares,
    Tokens,
    mixed_tokens_oracle,
    pooled_tokens_oracle,
    tails_oracle,
    token_ensemble,
    token_oracle,
    tokens_oracle,
)
from .workflows import WORKFLOWS, Workflow

Parameters = Gaussian

__all__ = [
    "WORKFLOWS",
    "Gaussian",
    "Labels",
    "Moments",
    "Parameters",
    "Run",
    "Shares",
    "Tokens",
    "Verification",
    "Verifier",
    "Weighting",
    "Workflow",
    "Yardsticks",
    "accumulate_limit",
    "accumulate_oracle",
    "curation_oracle",
    "gaussian_ensemble",
    "gaussian_oracle",
    "label_ensemble",
    "mixed_oracle",
    "mixed_tokens_oracle",
    "pooled_tokens_oracle",
    "replace_oracle",
    "sampled_oracle",
    "tails_oracle",
    "temperature_oracle",
    "token_ensemble",
    "token_oracle",
    "tokens_oracle",
    "verification_oracle",
    "weighting_oracle",
]
