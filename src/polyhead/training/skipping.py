"""The bilstm backbone without packed sequences, which no graph can hold: it skips absent samples by its gates."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.backbones.bilstm import BiLstm

_SHUT = -1e4  # a gate's sigmoid is 0 here


class SkippingLstm(nn.Module):
    """The same map as `backbone` in evaluation mode, absent samples at the front or not.

    At an absent sample the gates that write and keep are shut, by a channel that says so: the state stays zero until
    the first real sample. Backwards in time absent samples come last, where nothing real follows.
    """

    receptive_field = None

    def __init__(self, backbone: BiLstm) -> None:
        super().__init__()
        self.width = backbone.width
        self.layers = nn.ModuleList(_layer(backbone.lstm, number) for number in range(backbone.lstm.num_layers))

    def forward(self, signal: Tensor, known: Tensor | None, present: Tensor) -> Tensor:
        """As BiLstm."""
        if known is not None:
            signal = torch.cat([signal, known.unsqueeze(-1).expand(-1, -1, signal.shape[-1])], dim=1)
        real = present.unsqueeze(-1).to(signal.dtype)
        series = signal.transpose(1, 2)
        for layer in self.layers:
            series = layer(torch.cat([series, 1 - real], dim=2))[0] * real
        return series.transpose(1, 2)

    def steps_present(self, present: Tensor) -> Tensor:
        """A step for each sample."""
        return present


def _layer(lstm: nn.LSTM, number: int) -> nn.LSTM:
    """One layer of `lstm`, with one more input: 1 at an absent sample."""
    directions = ["", "_reverse"] if lstm.bidirectional else [""]
    inputs = getattr(lstm, f"weight_ih_l{number}").shape[1]
    layer = nn.LSTM(inputs + 1, lstm.hidden_size, batch_first=True, bidirectional=lstm.bidirectional)
    with torch.no_grad():
        for end in directions:
            for kind in ("weight_hh", "bias_ih", "bias_hh"):
                getattr(layer, f"{kind}_l0{end}").copy_(getattr(lstm, f"{kind}_l{number}{end}"))
            absent = torch.zeros(4 * lstm.hidden_size, 1)
            absent[: 2 * lstm.hidden_size] = _SHUT  # input and forget gates are the first two of four
            weights = torch.cat([getattr(lstm, f"weight_ih_l{number}{end}"), absent], dim=1)
            getattr(layer, f"weight_ih_l0{end}").copy_(weights)
    return layer
