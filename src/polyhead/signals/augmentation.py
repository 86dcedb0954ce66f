"""Augmentation of training windows: what is drawn for a window is a function of (seed, epoch, window) alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import AugmentOptions
from polyhead.signals.draws import mixed, uniform
from polyhead.signals.windows import Index

Signals = Mapping[str, NDArray[np.float32]]
_JITTER, _GAIN, _FLIP, _SNR, _NOISE, _DROPOUT = range(6)  # one stream of random numbers each


class Augmentation:
    """Changes training windows, each by its own draws, whatever batch it comes in.

    Jitter, gain and sign change the measurement itself: forecasts and reconstructions are compared with what they leave
    of the signal. Noise and lost channels disturb only what the network sees.
    """

    def __init__(self, options: AugmentOptions, seed: int) -> None:
        self._options = options
        self._seed = seed
        self._bits = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._bits)

    def shift(self, index: Index, epoch: int) -> Index | None:
        """Samples (batch,) by which the windows at `index` move, from -jitter to jitter; None without jitter."""
        jitter = self._options.jitter
        if not jitter:
            return None
        return np.floor(self._uniform(_JITTER, epoch, index) * (2 * jitter + 1)).astype(np.int64) - jitter

    def amplify(self, signals: Signals, index: Index, epoch: int) -> None:
        """Multiply inputs or what follows them, (batch, channel, time), in place by the gain and sign of each window,
        which are the same for all its channels and inputs."""
        gain = self._factor(index, epoch)
        if gain is not None:
            for values in signals.values():
                values *= gain[:, None, None]

    def disturb(
        self,
        inputs: Signals,
        index: Index,
        epoch: int,
        means: Mapping[str, NDArray[np.floating]],
        present: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add noise and lose channels in place: inputs (batch, channel, time), `means` (channel,) in their unit.

        The noise has the power of a channel of the window about its own mean, divided by the ratio of signal to noise;
        only samples that are finite and `present` (batch, time) count and get it. A lost channel holds its training
        mean. One channel of each input stays, unless it is the only one, which may be lost.
        """
        for number, name in enumerate(sorted(inputs)):
            if self._options.noise_snr_db is not None:
                self._add_noise(inputs[name], number, index, epoch, present)
            if self._options.channel_dropout:
                lost = self._lost(number, inputs[name].shape[1], index, epoch)
                inputs[name][lost] = means[name].astype(np.float32)[np.nonzero(lost)[1], None]

    def apply(
        self,
        inputs: Signals,
        index: Index,
        epoch: int,
        means: Mapping[str, NDArray[np.floating]],
        futures: Signals | None = None,
        present: NDArray[np.bool_] | None = None,
    ) -> None:
        """`amplify` the inputs and the samples that follow them, then `disturb` the inputs; all in place."""
        self.amplify(inputs, index, epoch)
        self.amplify(futures or {}, index, epoch)
        self.disturb(inputs, index, epoch, means, present)

    def _factor(self, index: Index, epoch: int) -> NDArray[np.float32] | None:
        """Gain with sign (batch,), None where neither is asked for."""
        options = self._options
        if options.gain_db is None and not options.flip:
            return None
        gain = np.ones(len(index))
        if options.gain_db is not None:
            span = options.gain_db if isinstance(options.gain_db, tuple) else (-options.gain_db, options.gain_db)
            gain *= 10 ** (self._between(span, _GAIN, epoch, index) / 20)
        if options.flip:
            gain *= np.where(self._uniform(_FLIP, epoch, index) < 0.5, -1.0, 1.0)
        return gain.astype(np.float32)

    def _add_noise(
        self,
        values: NDArray[np.float32],
        number: int,
        index: Index,
        epoch: int,
        present: NDArray[np.bool_] | None,
    ) -> None:
        snr = self._options.noise_snr_db
        assert snr is not None
        ratio = self._between(snr if isinstance(snr, tuple) else (snr, snr), _SNR, epoch, index)
        noise = self._normal(values.shape, number, index, epoch)
        real = _real(values, present)
        noise *= (np.sqrt(_power(values, real)) * 10 ** (-ratio[:, None] / 20)).astype(np.float32)[:, :, None]
        values += noise if real is None else np.where(real, noise, np.float32(0))

    def _lost(self, number: int, channels: int, index: Index, epoch: int) -> NDArray[np.bool_]:
        """(batch, channel)."""
        drawn = np.stack([self._uniform(_DROPOUT, epoch, index, number, one) for one in range(channels)], axis=1)
        lost = drawn < self._options.channel_dropout
        if channels > 1:
            lost[np.arange(len(index)), drawn.argmax(axis=1)] = False
        return np.asarray(lost)

    def _normal(self, shape: tuple[int, ...], number: int, index: Index, epoch: int) -> NDArray[np.float32]:
        """Standard normal numbers, those of each window from a stream of its own: Philox keyed by (seed, epoch) and
        window (Salmon et al. 2011). One generator is set anew, as making one per window takes longer."""
        values = np.empty(shape, np.float32)
        state = np.random.Philox(key=0).state
        state["state"]["key"][0] = mixed(self._seed, _NOISE, number, epoch)
        for place, window in enumerate(index):
            state["state"]["key"][1] = window
            self._bits.state = state
            self._generator.standard_normal(dtype=np.float32, out=values[place])
        return values

    def _between(self, span: tuple[float, float], stream: int, epoch: int, index: Index) -> NDArray[np.float64]:
        low, high = span
        return np.asarray(low + (high - low) * self._uniform(stream, epoch, index))

    def _uniform(self, stream: int, epoch: int, index: Index, *more: int) -> NDArray[np.float64]:
        """Numbers in [0, 1), one per window."""
        return uniform(index.astype(np.uint64) + np.uint64(mixed(self._seed, stream, epoch, *more)))


def _real(values: NDArray[np.float32], present: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """True for samples (batch, channel, time) that are finite and present, None where all are."""
    real = np.isfinite(values)
    if present is not None:
        real &= present[:, None]
    return None if real.all() else real


def _power(values: NDArray[np.float32], real: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Mean square of each channel about its own mean (batch, channel), over its real samples."""
    if real is None:
        count = np.array(values.shape[2])
        about = values - values.mean(axis=2, keepdims=True, dtype=np.float64).astype(np.float32)
    else:
        count = np.maximum(real.sum(axis=2), 1)
        mean = np.where(real, values, 0).sum(axis=2, dtype=np.float64) / count
        about = np.where(real, values - mean[:, :, None].astype(np.float32), np.float32(0))
    return np.asarray(np.einsum("bct,bct->bc", about, about) / count, dtype=np.float64)
