"""Temporal convolutions: dilated, causal residual blocks (Bai, Kolter and Koltun, arXiv 1803.01271)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.norm import build_norm
from polyhead.config.model import Norm, TcnOptions


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

    def forward(self, signal: Tensor) -> Tensor:
        hidden = self.dropout(F.relu(self.first_norm(self.first(signal))))
        hidden = self.dropout(self.second_norm(self.second(hidden)))
        return F.relu(hidden + self.shortcut(signal))


class Tcn(nn.Module):
    """Maps (batch, channel, time) to (batch, width, time / stem_stride); known inputs are added to every
    step of the first layer, as channels constant in time would be.

    The map's last step always sees the window's last sample: a stride drops samples at the start. No step sees later
    ones, unless `norm: group`, whose statistics are over time.
    """

    def __init__(self, options: TcnOptions, channels: int, known: int) -> None:
        super().__init__()
        widths = options.channels
        dilations = options.dilations or [2**i for i in range(len(widths))]
        self.stride = options.stem_stride
        self.stem = CausalConv(channels, widths[0], options.stem_kernel)
        self.known = nn.Linear(known, widths[0], bias=False) if known else None
        blocks = zip([widths[0], *widths[:-1]], widths, dilations, strict=True)
        self.blocks = nn.Sequential(
            *(Block(i, o, options.kernel, d, options.dropout, options.norm) for i, o, d in blocks)
        )
        self.width = widths[-1]
        steps = 1 + 2 * (options.kernel - 1) * sum(dilations)
        reach = options.stem_kernel + (steps - 1) * self.stride
        # Statistics of a group are over time too, so that every step depends on the whole window.
        self.receptive_field = None if options.norm == "group" else reach

    def forward(self, signal: Tensor, known: Tensor | None) -> Tensor:
        first = self._stem(signal)
        if self.known is not None:
            first = first + self.known(known).unsqueeze(-1)
        mapped: Tensor = self.blocks(F.relu(first))
        return mapped

    def _stem(self, signal: Tensor) -> Tensor:
        """The stem at every `stride`-th position, counted back from the last sample."""
        if self.stride == 1:
            mapped: Tensor = self.stem(signal)
            return mapped
        kernel = self.stem.kernel_size[0]
        padded = F.pad(signal, (kernel - 1, 0))
        padded = padded[..., (signal.shape[-1] - 1) % self.stride :]
        return F.conv1d(padded, self.stem.weight, self.stem.bias, self.stride)
