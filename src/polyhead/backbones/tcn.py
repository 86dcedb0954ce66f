"""Temporal convolutions: dilated, causal residual blocks (Bai, Kolter and Koltun, arXiv 1803.01271)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.norm import build_norm
from polyhead.backbones.presence import every, zero_absent
from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import Norm, TcnOptions


class CausalConv(nn.Conv1d):
    """A convolution whose output at a step sees that step and earlier ones only."""

    def forward(self, signal: Tensor) -> Tensor:
        reach = (self.kernel_size[0] - 1) * self.dilation[0]
        return super().forward(F.pad(signal, (reach, 0)))


class Block(nn.Module):
    """Two causal convolutions beside a shortcut."""

    def __init__(self, inputs: int, width: int, kernel: int, dilation: int, dropout: float, norm: Norm) -> None:
        super().__init__()
        self.first = CausalConv(inputs, width, kernel, dilation=dilation)
        self.first_norm = build_norm(norm, width)
        self.second = CausalConv(width, width, kernel, dilation=dilation)
        self.second_norm = build_norm(norm, width)
        self.dropout = nn.Dropout1d(dropout) if dropout else nn.Identity()
        self.shortcut = nn.Identity() if inputs == width else nn.Conv1d(inputs, width, 1)

    def forward(self, signal: Tensor, steps: Tensor | None) -> Tensor:
        hidden = self.dropout(F.relu(self.first_norm(self.first(signal))))
        hidden = self.dropout(self.second_norm(self.second(zero_absent(hidden, steps))))
        return zero_absent(F.relu(hidden + self.shortcut(signal)), steps)


class Tcn(nn.Module):
    """Maps (batch, channel, time) to (batch, width, time / stem_stride); known inputs are added to every
    step of the first layer, as channels constant in time would be.

    The map's last step always sees the window's last sample: a stride drops samples at the start. No step sees later
    ones, unless `norm: group`, whose statistics are over time. Absent steps hold 0 after every layer, as the padding
    does, so that a window does not depend on how far it is padded (statistics of norms do, while they are taken).
    """

    behind = 0

    def __init__(self, options: TcnOptions, shape: InputShape) -> None:
        super().__init__()
        widths = options.channels
        dilations = options.dilations or [2**i for i in range(len(widths))]
        self.stride = options.stem_stride
        self.stem = CausalConv(shape.channels, widths[0], options.stem_kernel)
        self.known = nn.Linear(shape.known, widths[0], bias=False) if shape.known else None
        blocks = zip([widths[0], *widths[:-1]], widths, dilations, strict=True)
        self.blocks = nn.ModuleList(Block(i, o, options.kernel, d, options.dropout, options.norm) for i, o, d in blocks)
        self.width = widths[-1]
        steps = 1 + 2 * (options.kernel - 1) * sum(dilations)
        reach = options.stem_kernel + (steps - 1) * self.stride
        # Statistics of a group are over time too, so that every step depends on the whole window.
        self.receptive_field = None if options.norm == "group" else reach

    def forward(self, signal: Tensor, known: Tensor | None, present: Tensor | None = None) -> Tensor:
        steps = None if present is None else self.steps_present(present)
        first = self._stem(signal)
        if self.known is not None:
            first = first + self.known(known).unsqueeze(-1)
        mapped = zero_absent(F.relu(first), steps)
        for block in self.blocks:
            mapped = block(mapped, steps)
        return mapped

    def steps_present(self, present: Tensor) -> Tensor:
        """Steps (batch, step) whose last sample is real."""
        return every(present, self.stride)

    def _stem(self, signal: Tensor) -> Tensor:
        """The stem at every `stride`-th position, counted back from the last sample."""
        if self.stride == 1:
            mapped: Tensor = self.stem(signal)
            return mapped
        kernel = self.stem.kernel_size[0]
        padded = F.pad(signal, (kernel - 1, 0))
        padded = padded[..., (signal.shape[-1] - 1) % self.stride :]
        return F.conv1d(padded, self.stem.weight, self.stem.bias, self.stride)
