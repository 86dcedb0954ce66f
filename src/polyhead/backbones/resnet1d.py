"""Residual convolutions over time (He et al., CVPR 2016; as a baseline of time series Wang, Yan and Oates, 2017)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.norm import build_norm
from polyhead.backbones.presence import every, zero_absent
from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import ResNet1dOptions


class CentredConv(nn.Conv1d):
    """A convolution that looks as far ahead as back (an even kernel one step further back), at every `stride`-th
    position counted back from the last: step m from the end is centred on position m * stride from the end."""

    def forward(self, signal: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        padded = F.pad(signal, (kernel // 2, (kernel - 1) // 2))
        return super().forward(padded[..., (signal.shape[-1] - 1) % stride :])


class Block(nn.Module):
    """Two convolutions beside a shortcut; the first one and the shortcut take the stride."""

    def __init__(self, inputs: int, width: int, stride: int, options: ResNet1dOptions) -> None:
        super().__init__()
        self.first = CentredConv(inputs, width, options.kernel, stride=stride, bias=options.norm == "none")
        self.first_norm = build_norm(options.norm, width)
        self.second = CentredConv(width, width, options.kernel, bias=options.norm == "none")
        self.second_norm = build_norm(options.norm, width)
        self.dropout = nn.Dropout1d(options.dropout) if options.dropout else nn.Identity()
        same = inputs == width and stride == 1
        self.shortcut = nn.Identity() if same else CentredConv(inputs, width, 1, stride=stride)

    def forward(self, signal: Tensor, steps: Tensor | None) -> Tensor:
        hidden = self.dropout(F.relu(self.first_norm(self.first(signal))))
        hidden = self.dropout(self.second_norm(self.second(zero_absent(hidden, steps))))
        return zero_absent(F.relu(hidden + self.shortcut(signal)), steps)


class ResNet1d(nn.Module):
    """Maps (batch, channel, time) to (batch, width, time / all strides); known inputs are added to every step of the
    first layer, as channels constant in time would be.

    Steps are counted back from the window's last sample, on which the last one is centred. `receptive_field` counts
    what a step away from the window's edges sees, ahead and back. Absent steps hold 0 after every layer, as the padding
    does, so that a window does not depend on how far it is padded (statistics of norms do, while they are taken).
    """

    behind = 0

    def __init__(self, options: ResNet1dOptions, shape: InputShape) -> None:
        super().__init__()
        width = options.channels[0]
        self.stem = CentredConv(shape.channels, width, options.stem_kernel, stride=options.stem_stride)
        self.known = nn.Linear(shape.known, width, bias=False) if shape.known else None
        self.stem_norm = build_norm(options.norm, width)
        self.blocks = nn.ModuleList()
        self.strides: list[int] = []  # of each block
        self.stride, reach = options.stem_stride, options.stem_kernel
        for stage, channels in enumerate(options.channels):
            for number in range(options.blocks):
                stride = options.stride if stage and not number else 1
                self.blocks.append(Block(width, channels, stride, options))
                self.strides.append(stride)
                reach += (options.kernel - 1) * self.stride  # the first convolution, in samples
                self.stride *= stride
                reach += (options.kernel - 1) * self.stride
                width = channels
        self.width = width
        self.receptive_field = None if options.norm == "group" else reach

    def forward(self, signal: Tensor, known: Tensor | None, present: Tensor | None = None) -> Tensor:
        first = self.stem(signal)
        if self.known is not None:
            first = first + self.known(known).unsqueeze(-1)
        steps = None if present is None else every(present, self.stem.stride[0])
        mapped = zero_absent(F.relu(self.stem_norm(first)), steps)
        for block, stride in zip(self.blocks, self.strides, strict=True):
            steps = None if steps is None else every(steps, stride)
            mapped = block(mapped, steps)
        return mapped

    def steps_present(self, present: Tensor) -> Tensor:
        """Steps (batch, step) whose central sample is real."""
        return every(present, self.stride)
