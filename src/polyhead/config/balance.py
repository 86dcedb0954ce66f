"""The `balance` block: how the losses or gradients of K tasks become one step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, NonNegativeFloat, PositiveFloat, PositiveInt, Tag

from polyhead.config.block import Block, NameOrOwn, text_as

Share = Annotated[float, Field(ge=0, lt=1)]


class SumOptions(Block):
    """Add the losses as they are. Scales and units decide which task is heard."""

    method: Literal["sum"]
    """Add the losses as they are."""


class FloorOptions(Block):
    """Divide each loss by its floor loss, the least value that one constant output reaches on the training set."""

    method: Literal["floor"]
    """Divide each loss by its floor loss: 1.0 means "learned nothing"."""


class KendallOptions(Block):
    """Learn one log-variance per task (Kendall, Gal and Cipolla, CVPR 2018)."""

    method: Literal["kendall"]
    """Learn one log-variance v = log s^2 per task."""
    form: Literal["half", "log_var", "published_003", "clamped_004"] = "log_var"
    """`half`: L / 2 s^2 + log s; `log_var`: the same in v, 0.5 e^-v L + 0.5 v; `published_003`: 0.5 e^-v L + v;
    `clamped_004`: max(0.5 e^-v, 0.05) L + 0.5 v with v in [-2, 2]."""
    lr: PositiveFloat = 1e-2
    """Learning rate of the log-variances: at that of a network they are rarely at rest when training ends."""
    start: Literal["loss"] | PositiveFloat | dict[str, PositiveFloat] = "loss"
    """s at the first step: `loss`, where s^2 is the floor loss that heads start at; a number; or one for each task."""
    min_share: Share = 0
    """Least share of each task in the sum of the weights."""


class SoftmaxOptions(Block):
    """Weights softmax(-L / temperature): tasks compete, and the one that is learned first takes the most."""

    method: Literal["softmax"]
    """Weights softmax(-L / temperature), in units of the floor loss: tasks compete."""
    temperature: PositiveFloat = 1.0
    """Temperature; the higher, the more equal the weights."""
    min_share: Share = 0
    """Least share of each task in the sum of the weights."""


class DwaOptions(Block):
    """Dynamic weight average (Liu, Johns and Davison, CVPR 2019): the slower a loss falls, the larger its weight."""

    method: Literal["dwa"]
    """Weights softmax of each loss's fall over the last two epochs: the slower, the larger."""
    temperature: PositiveFloat = 2.0
    """Temperature; the higher, the more equal the weights."""


class RlwOptions(Block):
    """Random loss weighting (Lin et al., TMLR 2022): the softmax of a normal draw at every step."""

    method: Literal["rlw"]
    """Weights softmax of a normal draw at every step."""


class GlsOptions(Block):
    """Geometric mean of the losses (Chennupati et al., CVPR workshops 2019), or the sum of their logarithms."""

    method: Literal["gls"]
    """Geometric mean of the losses, or the sum of their logarithms: same direction, another length."""
    form: Literal["geometric", "log"] = "geometric"
    """`geometric`: K (L1 L2 ...)^(1/K); `log`: log L1 + log L2 + ..."""


class FamoOptions(Block):
    """Fast adaptive multitask optimisation (Liu et al., NeurIPS 2023): all losses fall by the same share."""

    method: Literal["famo"]
    """Weights under which all losses fall by the same share; looks at each batch a second time, without gradient."""
    lr: PositiveFloat = 0.025
    """Learning rate of the weights' logits."""
    decay: NonNegativeFloat = 0.01
    """Pull of the logits towards equal weights."""


class StchOptions(Block):
    """Smooth Tchebycheff scalarisation (Lin et al., ICML 2024): a smooth maximum of the losses."""

    method: Literal["stch"]
    """A smooth maximum of the losses in units of the floor loss: the worst task counts most."""
    temperature: PositiveFloat = 0.2
    """mu of the paper; the higher, the more equal the weights."""


At = Literal["features", "block", "parameters"]


class GradientOptions(Block):
    """Keys of every method that looks at the tasks' gradients."""

    at: At = "features"
    """Where gradients are compared: `features`, the backbone's output (one backward pass); `block`, the parameters of
    the backbone's last block; `parameters`, all shared parameters (a backward pass for each task)."""
    every: PositiveInt = 1
    """Steps between comparisons; in between, the last weights hold."""


class PcgradOptions(GradientOptions):
    """PCGrad (Yu et al., NeurIPS 2020): take from each gradient what points against another."""

    method: Literal["pcgrad"]
    """Take from each gradient what points against another, in random order."""
    at: At = "parameters"
    """Where gradients are compared. They hardly conflict at the `features`, where this method is the plain sum."""


class MgdaOptions(GradientOptions):
    """MGDA (Desideri, 2012; Sener and Koltun, NeurIPS 2018): the shortest vector in the gradients' convex hull."""

    method: Literal["mgda"]
    """The shortest vector in the convex hull of the gradients."""


class ImtlOptions(GradientOptions):
    """IMTL-G (Liu et al., ICLR 2021): the step has the same projection on every gradient's direction."""

    method: Literal["imtl"]
    """The step that has the same projection on every gradient's direction."""


class CagradOptions(GradientOptions):
    """CAGrad (Liu et al., NeurIPS 2021): near the mean gradient, the step that helps the worst-off task most."""

    method: Literal["cagrad"]
    """Near the mean gradient, the step that helps the worst-off task most."""
    c: float = Field(default=0.5, ge=0, lt=1)
    """Radius of the search, in lengths of the mean gradient; 0 is the mean itself."""


class AlignedOptions(GradientOptions):
    """Aligned-MTL (Senushkin et al., CVPR 2023): gradients made orthogonal and of one length."""

    method: Literal["aligned"]
    """Gradients made orthogonal and of one length, that of the least singular value."""


class GradnormOptions(GradientOptions):
    """GradNorm (Chen et al., ICML 2018): learned weights under which slow tasks have somewhat longer gradients."""

    method: Literal["gradnorm"]
    """Learned weights under which weighted gradients have like lengths, those of slow tasks somewhat more."""
    alpha: NonNegativeFloat = 1.5
    """How much more a slow task gets; 0 makes all lengths equal."""
    lr: PositiveFloat = 0.025
    """Learning rate of the weights."""


class UpgradOptions(GradientOptions):
    """UPGrad (Quinton and Rey, arXiv 2406.16232): the sum of the gradients' projections on their dual cone."""

    method: Literal["upgrad"]
    """The sum of the gradients' projections on their dual cone: to first order no loss rises."""
    at: At = "parameters"
    """Where gradients are compared. They hardly conflict at the `features`, where this method is the plain sum."""


class NashOptions(GradientOptions):
    """Nash-MTL (Navon et al., ICML 2022): the bargaining solution."""

    method: Literal["nash"]
    """The Nash bargaining solution: the product of the tasks' gains is largest."""


class TorchjdOptions(GradientOptions):
    """A weighting of the library torchjd, `torchjd:MGDAWeighting`; the further keys are its keyword arguments."""

    model_config = ConfigDict(extra="allow")

    method: str = Field(pattern=r"^torchjd:\w+$", examples=["torchjd:MGDAWeighting"])
    """A weighting of the library torchjd (extra `torchjd`), called with the further keys."""
    at: At = "parameters"
    """Where gradients are compared: all shared parameters, as in that library, unless said otherwise."""


TORCHJD = "torchjd:NAME"
_METHODS = (
    SumOptions,
    FloorOptions,
    KendallOptions,
    SoftmaxOptions,
    DwaOptions,
    RlwOptions,
    GlsOptions,
    FamoOptions,
    StchOptions,
    PcgradOptions,
    MgdaOptions,
    ImtlOptions,
    CagradOptions,
    AlignedOptions,
    GradnormOptions,
    UpgradOptions,
    NashOptions,
)

Balance = Annotated[
    Annotated[SumOptions, Tag("sum")]
    | Annotated[FloorOptions, Tag("floor")]
    | Annotated[KendallOptions, Tag("kendall")]
    | Annotated[SoftmaxOptions, Tag("softmax")]
    | Annotated[DwaOptions, Tag("dwa")]
    | Annotated[RlwOptions, Tag("rlw")]
    | Annotated[GlsOptions, Tag("gls")]
    | Annotated[FamoOptions, Tag("famo")]
    | Annotated[StchOptions, Tag("stch")]
    | Annotated[PcgradOptions, Tag("pcgrad")]
    | Annotated[MgdaOptions, Tag("mgda")]
    | Annotated[ImtlOptions, Tag("imtl")]
    | Annotated[CagradOptions, Tag("cagrad")]
    | Annotated[AlignedOptions, Tag("aligned")]
    | Annotated[GradnormOptions, Tag("gradnorm")]
    | Annotated[UpgradOptions, Tag("upgrad")]
    | Annotated[NashOptions, Tag("nash")]
    | Annotated[TorchjdOptions, Tag(TORCHJD)],
    Field(discriminator=Discriminator(NameOrOwn("method", TORCHJD, "torchjd:"))),
    text_as("method", *_METHODS, TorchjdOptions),
]


def default_balance() -> Any:
    """`floor`, so that all tasks start alike and units cancel."""
    return FloorOptions(method="floor")
