"""Settings of the atlas: the families that its maps can have, and the axes along which a map runs (MODEL 9.6)."""

from itertools import pairwise
from typing import ClassVar, Literal, NamedTuple, TypeVar

from pydantic import Field

from mfsolve.data.corpus import Corpus
from mfsolve.data.features import Features
from mfsolve.experiments.experiment import Case
from mfsolve.models.atlas.exponential_families import ExponentialFamily
from mfsolve.models.atlas.families import Family, Linked
from mfsolve.models.atlas.gaussian import Gaussian
from mfsolve.models.atlas.kernel_density import KernelDensity
from mfsolve.models.atlas.random_networks import Wiring
from mfsolve.models.atlas.regression import RegressionParameters
from mfsolve.models.atlas.tokens import Tokens
from mfsolve.models.atlas.workflows import (
    WORKFLOWS,
    Curated,
    Growing,
    Mixed,
    Temperature,
    Verified,
    Workflow,
)
from mfsolve.models.frozen import Frozen

FamilyName = Literal[
    "gaussian", "tokens", "text", "features", "exponential", "poisson", "bernoulli", "kernel_density", "regression"
]
Place = TypeVar("Place", int, float)


class Content(Frozen):
    """The user's own data, for the families `text` and `features`."""

    FILES: ClassVar[tuple[str, ...]] = ("text", "features")

    text: Corpus | None = Field(None, description="words of a text file, or of pydoc_topics, for family = text")
    features: Features | None = Field(None, description="rows of a CSV file, or of co2, for family = features")


class Workflows(Frozen):
    """All workflows of a family side by side."""

    family: FamilyName = Field("gaussian", description="family of models")
    divisor: Literal["n", "n-1"] = Field("n-1", description="of a Gaussian's variance")
    dimension: int = Field(1, ge=1, le=10**6, description="dimensions of Gaussian content, features of a regression")
    vocabulary: int = Field(50, ge=2, le=10**5, description="tokens K")
    exponent: float = Field(1.0, ge=0.0, le=5.0, description="exponent of Zipf's law")
    mean: float = Field(0.3, gt=0.0, le=1e6, description="human mean of exponential, Poisson and Bernoulli items")
    bandwidth: float | None = Field(
        None, ge=0.0, le=100.0, description="of a kernel density; none: by Silverman's rule"
    )
    ridge: float = Field(0.0, ge=0.0, le=1e6, description="of a regression")
    growth: float = Field(0.5, ge=0.0, le=3.0, description="of `growing`")
    strength: float = Field(0.1, ge=0.0, le=1.0, description="of `verified`")
    reward_variance: float = Field(10.0, gt=0.0, description="of `curated`")
    temperature: float = Field(0.95, gt=0.0, le=10.0, description="of `temperature`")
    replicates: int | None = Field(
        None, ge=2, le=10**7, description="replicates of a block, where a family is expensive; else those of population"
    )

    def member(self, items: int, dimension: int, content: Content) -> Family:
        """The family at a sample size.

        Raises
        ------
        ValueError
            For a family of data that are not given.
        """
        match self.family:
            case "gaussian":
                return Gaussian(items=items, divisor=self.divisor, dimension=dimension)
            case "tokens":
                return Tokens(items=items, vocabulary=self.vocabulary, exponent=self.exponent)
            case "text" | "features":
                data = getattr(content, self.family)
                if data is None:
                    raise ValueError(
                        f"family: {self.family!r} given; allowed: with parameters.{self.family}, the data of it"
                    )
                return Tokens(items=items, **{self.family: data})
            case "kernel_density":
                return KernelDensity(items=items, bandwidth=self.bandwidth)
            case "regression":
                return RegressionParameters(items=items, features=dimension, ridge=self.ridge)
            case name:
                return ExponentialFamily(family=name, items=items, mean=self.mean)

    def workflow(self, name: str) -> Workflow:
        """A workflow by its name, with its own setting."""
        match name:
            case "growing":
                return Growing(growth=self.growth)
            case "verified":
                return Verified(strength=self.strength)
            case "curated":
                return Curated(reward_variance=self.reward_variance)
            case "temperature":
                return Temperature(temperature=self.temperature)
        return WORKFLOWS[name]()


def ascending(values: tuple[Place, ...], kind: str, least: float, most: float = float("inf")) -> None:
    """Refuse places of an axis that do not ascend, or lie outside their range.

    Raises
    ------
    ValueError
        Naming the values.
    """
    ordered = all(a < b for a, b in pairwise(values))
    if len(values) < 2 or not ordered or values[0] < least or values[-1] > most:
        where = f"from {least:g} on" if most == float("inf") else f"in [{least:g}, {most:g}]"
        raise ValueError(f"values: {values!r} given; allowed: at least two ascending {kind} {where}")


class Contamination(Workflows):
    """The weight of synthetic items beside as many fresh human ones; of a regression their share of its items."""

    values: tuple[float, ...] = Field(
        (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0), description="weights of the synthetic items, 1 - w"
    )

    def model_post_init(self, context: object) -> None:
        """Refuse weights outside [0, 1]."""
        ascending(self.values, "numbers", 0.0, 1.0)


class Items(Workflows):
    """The sample size, under one workflow."""

    of: Literal[tuple(WORKFLOWS)] = Field("replace", description="the workflow")  # type: ignore[valid-type]
    values: tuple[int, ...] = Field((10, 20, 50, 100, 200, 500, 1000), description="items n of a generation")

    def model_post_init(self, context: object) -> None:
        """Refuse sample sizes that a refit cannot do with."""
        ascending(self.values, "whole numbers", 4)


class Dimension(Workflows):
    """The dimension of Gaussian content, or of a regression's features, under one workflow."""

    family: Literal["gaussian", "regression"] = Field("gaussian", description="family of models")
    of: Literal[tuple(WORKFLOWS)] = Field("replace", description="the workflow")  # type: ignore[valid-type]
    values: tuple[int, ...] = Field((1, 2, 5, 10, 50, 200), description="dimensions d")

    def model_post_init(self, context: object) -> None:
        """Refuse dimensions that are none."""
        ascending(self.values, "whole numbers", 1)


class Networks(Frozen):
    """Networks of linear models side by side, with human data in no model, in one, in half of them."""

    models: int = Field(20, ge=4, le=10**4, description="models of a network")
    degree: int = Field(3, ge=1, le=1000, description="sources of a model")
    human_share: float = Field(0.5, gt=0.0, le=1.0, description="share of human items of a model that has any")
    replicates: int | None = Field(None, ge=2, le=10**7, description="replicates of a block; else those of population")

    def wirings(self) -> dict[str, Wiring]:
        """Networks by name: without human data two, with them in one model of a ring, and in half of two others."""
        shapes = {
            "alone": ("alone", 0.0), "closed_ring": ("ring", 0.0), "open_ring": ("ring", 1.0 / self.models),
            "random": ("erdos_renyi", 0.5), "scale_free": ("scale_free", 0.5),
        }  # fmt: skip
        return {
            name: Wiring(
                family=family, models=self.models, degree=self.degree, human_models=human, human_share=self.human_share
            )
            for name, (family, human) in shapes.items()
        }


class Row(NamedTuple):
    """A row of a map: its place, and what is run there; no workflow where the family has none of that name."""

    place: float
    family: Family
    workflow: Workflow | None


def rows(case: Case) -> list[Row]:
    """Rows of a case's map.

    Raises
    ------
    ValueError
        For a family of data that are not given.
    """
    arm, n = case.arm, case.population.items
    if isinstance(arm, Networks):
        linked = [Linked(items=n, wiring=wiring) for wiring in arm.wirings().values()]
        return [Row(float(i), family, WORKFLOWS["replace"]()) for i, family in enumerate(linked)]

    def member(items: int = n, dimension: int = arm.dimension) -> Family:
        return arm.member(items, dimension, case.parameters)  # type: ignore[no-any-return]

    if isinstance(arm, Contamination):
        return [Row(x, member(), Mixed(weight=1.0 - x)) for x in arm.values]
    if isinstance(arm, Items):
        return [Row(float(x), member(x), arm.workflow(arm.of)) for x in arm.values]
    if isinstance(arm, Dimension):
        return [Row(float(d), member(n, d), arm.workflow(arm.of)) for d in arm.values]
    family = member()
    return [
        Row(float(i), family, arm.workflow(name) if name in family.workflows else None)
        for i, name in enumerate(WORKFLOWS)
    ]
