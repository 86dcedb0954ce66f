"""Features of a task's own between backbone and head: attention over channels, as in the modulation write-up."""

from __future__ import annotations

from torch import Tensor, nn

from polyhead.backbones.presence import zero_absent
from polyhead.config.model import Activation, AttentionBranches, BranchOptions

_LEAST = 4  # channels that a narrow backbone's quarter and eighth do not go below
_ACTIVATIONS: dict[Activation, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}


class AttentionBranch(nn.Module):
    """Maps the backbone's (batch, channel, step) to a task's own (batch, width, step):

        a = sigmoid(W2 act(W1 mean over steps of x)), of channels, through an eighth of them
        out = mix * Dropout(BatchNorm(act(V (a * x)))) + (1 - mix) * U x

    with V and U applied at each step. On a map of one step, the pooled features, this is the write-up's feature
    extractor; on longer ones time is kept, for heads that need it. Absent steps count in no mean and hold 0 in the
    output (the statistics of the batch norm, while they are taken, include them).
    """

    def __init__(self, channels: int, options: AttentionBranches, own: BranchOptions) -> None:
        super().__init__()
        self.width = options.width or max(channels // 4, _LEAST)
        self.mix = options.mix
        narrow = max(channels // 8, _LEAST)
        self.attention = nn.Sequential(
            nn.Linear(channels, narrow), _ACTIVATIONS[own.attention](), nn.Linear(narrow, channels), nn.Sigmoid()
        )
        self.own = nn.Sequential(
            nn.Conv1d(channels, self.width, 1),
            _ACTIVATIONS[own.activation](),
            nn.BatchNorm1d(self.width),
            nn.Dropout(options.dropout),
        )
        self.shared = nn.Conv1d(channels, self.width, 1)

    def forward(self, features: Tensor, steps: Tensor | None = None) -> Tensor:
        """`steps` (batch, step) says which are real; None is all."""
        if steps is None:
            mean = features.mean(dim=2)
        else:
            mean = zero_absent(features, steps).sum(dim=2) / steps.sum(dim=1, keepdim=True)
        attended = features * self.attention(mean).unsqueeze(-1)
        mixed: Tensor = self.mix * self.own(attended) + (1 - self.mix) * self.shared(features)
        return zero_absent(mixed, steps)
