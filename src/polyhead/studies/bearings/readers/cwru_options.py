"""Keys of the cwru reader: which sensors at which rate, and whether as waveforms or as envelope orders."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveFloat, model_validator

from polyhead.config.block import Block


class CwruOptions(Block):
    """Keys of the cwru reader."""

    rate_hz: PositiveFloat | None = 12000.0
    """Rate that every recording is resampled to. Null: each keeps its own, and a network can then tell healthy
    recordings, which are sampled at 48 kHz, by their rate alone."""
    channels: list[Literal["DE", "FE", "BA"]] = Field(default=["DE"], min_length=1)
    """Accelerometers: at the drive end, at the fan end, on the base."""
    incomplete: Literal["refuse", "drop"] = "refuse"
    """Files that lack one of `channels`: refuse them by name, or leave them out."""
    metadata: str | None = None
    """A csv, relative to `path`, with columns file, fault, diameter_mil, load_hp, rate_hz and, as wanted, position,
    bearing, rpm: what the files are that CWRU's published tables do not number."""
    view: Literal["waveform", "envelope_orders"] = "waveform"
    """waveform: each recording's `signal`, cut by `window`; envelope_orders: a row of `orders` per window, the spectrum
    of the squared envelope over multiples of the shaft's speed in ten carrier bands, and no `known`."""
    window_s: PositiveFloat = 1.0
    """Of envelope_orders: length of a window in s."""
    stride_s: PositiveFloat = 0.25
    """Of envelope_orders: from the start of a window to the start of the next, in s."""

    @model_validator(mode="after")
    def _read(self) -> CwruOptions:
        """Refuse keys that the view would not read."""
        for key in ("window_s", "stride_s"):
            if self.view == "waveform" and key in self.model_fields_set:
                raise ValueError(f"view waveform does not read {key}; write `window` under data")
        return self
