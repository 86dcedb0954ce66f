"""A long short-term memory in both directions (Hochreiter and Schmidhuber, 1997; Graves and Schmidhuber, 2005)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import BiLstmOptions


class BiLstm(nn.Module):
    """Maps (batch, channel, time) to (batch, directions * hidden, time); known inputs join every sample, as channels
    constant in time. Absent samples are skipped, and hold 0 in the map."""

    receptive_field = None
    stride, behind = 1, 0

    def __init__(self, options: BiLstmOptions, shape: InputShape) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            shape.channels + shape.known,
            options.hidden,
            options.layers,
            batch_first=True,
            dropout=options.dropout,
            bidirectional=options.bidirectional,
        )
        self.width = (2 if options.bidirectional else 1) * options.hidden

    def forward(self, signal: Tensor, known: Tensor | None, present: Tensor | None = None) -> Tensor:
        if known is not None:
            signal = torch.cat([signal, known.unsqueeze(-1).expand(-1, -1, signal.shape[-1])], dim=1)
        series = signal.transpose(1, 2)
        if present is None or bool(present.all()):
            mapped: Tensor = self.lstm(series)[0]
        else:
            mapped = self._read(series, present.sum(dim=1))
        return mapped.transpose(1, 2)

    def steps_present(self, present: Tensor) -> Tensor:
        """A step for each sample."""
        return present

    def _read(self, series: Tensor, lengths: Tensor) -> Tensor:
        """The map (batch, time, width) of series (batch, time, channel) whose last `lengths` samples are real."""
        samples = series.shape[1]
        place = torch.arange(samples, device=series.device)
        absent = (samples - lengths)[:, None]
        first, back = ((place + absent) % samples, (place - absent) % samples)
        moved = series.take_along_dim(
            first.unsqueeze(-1), dim=1
        )  # the real samples to the front, where packing wants them
        packed = pack_padded_sequence(moved, lengths.cpu(), batch_first=True, enforce_sorted=False)
        mapped, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=samples)
        return mapped.take_along_dim(back.unsqueeze(-1), dim=1)
