"""The losses by name, each with its own keys; a bare name is the loss with its defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, field_validator

from polyhead.config.block import FROM_LIST, Block, text_as

PointLossName = Literal[
    "smooth_l1", "huber", "l1", "mse", "l2", "relative_l1", "relative_smooth_l1", "relative_mse", "log_cosh"
]


class PointLoss(Block):
    """A loss of one number per output."""

    name: PointLossName
    """smooth_l1, huber and log_cosh change from square to linear at `loss_beta`, smooth_l1 and log_cosh with slope 1
    beyond it, huber with slope `loss_beta`; mse (or l2) has no factor 1/2; relative_* divide by the target (its square
    for relative_mse) and act in target units, a target counting at least a thousandth of the training median."""

    @field_validator("name")
    @classmethod
    def _one_spelling(cls, name: PointLossName) -> PointLossName:
        return "mse" if name == "l2" else name


class QuantileLoss(Block):
    """Pinball loss of several quantiles, which never cross; the prediction is the median."""

    name: Literal["quantile"]
    """Pinball loss of several quantiles, which never cross; the prediction is the median."""
    levels: list[float] = Field(default=[0.05, 0.5, 0.95], min_length=1)
    """Probabilities of the quantiles, rising and with 0.5 among them. With 0.05 and 0.95 there is a 90 % interval."""
    calibrate: bool = True
    """Multiply the width of the 90 % interval by what it takes on validation's recordings, each counting as one; with
    fewer than 9 of them it stays as it is."""

    @field_validator("levels")
    @classmethod
    def _rising(cls, levels: list[float]) -> list[float]:
        if any(a >= b for a, b in zip([0.0, *levels], [*levels, 1.0], strict=True)) or 0.5 not in levels:
            raise ValueError(f"levels must rise between 0 and 1 and hold 0.5, not {levels}")
        return levels


class GaussianLoss(Block):
    """Mean and variance by likelihood. Reported as 1 + loss - loss of the best constant, so 1 means "learned nothing"
    and it may fall below 0."""

    name: Literal["gaussian_nll"]
    """Mean and variance by likelihood, reported as 1 + loss - loss of the best constant."""
    beta: float = Field(default=0.5, ge=0, le=1)
    """Each window's loss counts by its predicted variance to this power (beta-NLL, Seitzer et al. 2022): 0 is the
    likelihood itself, 1 gives the mean the gradient of mse."""
    logvar_clamp: Annotated[tuple[float, float], FROM_LIST] = (-10.0, 10.0)
    """Range of the logarithm of the variance, in units of the training variance."""
    var_reg: NonNegativeFloat = 0.0
    """Times the squared logarithm of the variance is added, which holds the variance near that of training."""
    calibrate: bool = True
    """Multiply the width of the 90 % interval by what it takes on validation's recordings, each counting as one; with
    fewer than 9 of them it stays as it is."""

    @field_validator("logvar_clamp")
    @classmethod
    def _around_training(cls, clamp: tuple[float, float]) -> tuple[float, float]:
        if not clamp[0] < 0 < clamp[1]:
            raise ValueError(f"logvar_clamp must be [low, high] with low < 0 < high, not {list(clamp)}")
        return clamp


class CrossEntropyLoss(Block):
    """Cross-entropy."""

    name: Literal["ce"]
    """Cross-entropy."""


class ClassFocalLoss(Block):
    """Cross-entropy that counts less where a window is already right (Lin et al. 2017)."""

    name: Literal["focal"]
    """Cross-entropy times (1 - p)^gamma, p the probability of the true class."""
    gamma: NonNegativeFloat = 2.0
    """How fast it fades; 0 is cross-entropy."""
    alpha: list[PositiveFloat] | None = Field(default=None, min_length=2)
    """Weight of each class, numbers by size and words by alphabet."""


class DistancePenalizedLoss(Block):
    """Cross-entropy plus the expected distance to the true class, in classes."""

    name: Literal["distance_penalized"]
    """alpha times cross-entropy plus beta times the mean distance to the true class under the probabilities."""
    alpha: PositiveFloat = 1.0
    """Weight of the cross-entropy."""
    beta: NonNegativeFloat = 0.5
    """Weight of the distance, which counts 1 per class in between."""


class BceLoss(Block):
    """Binary cross-entropy on the logit."""

    name: Literal["bce"]
    """Binary cross-entropy on the logit."""


class FocalLoss(Block):
    """Binary cross-entropy that counts less where a window is already right (Lin et al. 2017)."""

    name: Literal["focal"]
    """Binary cross-entropy times (1 - p)^gamma, p the probability of the true answer."""
    gamma: NonNegativeFloat = 2.0
    """How fast it fades; 0 is binary cross-entropy."""
    alpha: float | None = Field(default=None, gt=0, lt=1)
    """Weight of yes; no has 1 - alpha. Default: both 1."""


class SoftIouLoss(Block):
    """One minus intersection over union of a window's labels, with probabilities for the predicted ones."""

    name: Literal["soft_iou"]
    """1 - sum p y / sum (p + y - p y), both sums over the labels of a window."""
    eps: PositiveFloat = 1.0e-3
    """Added to both sums. A window without any label teaches by this alone: raise it where there are many of them."""


class DiceLoss(Block):
    """One minus the overlap of a window's marks, counted as F1 counts it, with probabilities for the predicted ones."""

    name: Literal["dice"]
    """1 - 2 sum p y / (sum p + sum y), the sums over the samples of a window (Sudre et al. 2017)."""
    eps: PositiveFloat = 1.0
    """Added above and below. A window without a mark teaches by this alone."""


class CrfLoss(Block):
    """Linear chain of two tags (Lafferty, McCallum and Pereira 2001): the marks of neighbours depend on each other."""

    name: Literal["crf"]
    """Negative log-likelihood of a window's marks, over its samples. The head also learns how likely a mark follows a
    mark; scores are the marginal probabilities of the chain, marks those above the threshold of validation."""


class BoundaryLoss(Block):
    """A probability for every sample of being the first, and another of being the last of the span."""

    name: Literal["boundary"]
    """Mean of the cross-entropies of the first and of the last sample over all samples of the window; the prediction
    is the likeliest pair in order."""


RegressionLoss = Annotated[
    PointLoss | QuantileLoss | GaussianLoss,
    Field(discriminator="name"),
    text_as("name", PointLoss, QuantileLoss, GaussianLoss),
]
ClassificationLoss = Annotated[
    CrossEntropyLoss | ClassFocalLoss,
    Field(discriminator="name"),
    text_as("name", CrossEntropyLoss, ClassFocalLoss),
]
OrdinalLoss = Annotated[
    CrossEntropyLoss | DistancePenalizedLoss,
    Field(discriminator="name"),
    text_as("name", CrossEntropyLoss, DistancePenalizedLoss),
]
BinaryLoss = Annotated[BceLoss | FocalLoss, Field(discriminator="name"), text_as("name", BceLoss, FocalLoss)]
SpanLoss = Annotated[
    BceLoss | FocalLoss | SoftIouLoss | DiceLoss | CrfLoss,
    Field(discriminator="name"),
    text_as("name", BceLoss, FocalLoss, SoftIouLoss, DiceLoss, CrfLoss),
]
PointersLoss = Annotated[
    PointLoss | BoundaryLoss, Field(discriminator="name"), text_as("name", PointLoss, BoundaryLoss)
]
MultilabelLoss = Annotated[
    BceLoss | FocalLoss | SoftIouLoss,
    Field(discriminator="name"),
    text_as("name", BceLoss, FocalLoss, SoftIouLoss),
]
