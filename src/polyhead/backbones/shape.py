"""What goes into a backbone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InputShape:
    """What goes into a backbone: `channels` and `samples` of the signal (0 where there is none), and `known` numbers
    that join it. `masked`: some windows have absent samples at the front."""

    channels: int
    samples: int
    known: int
    masked: bool = False
