"""How a number is written: as many decimals as it carries, a true minus, an en dash where it is undefined."""

from __future__ import annotations

import math
from dataclasses import dataclass

UNDEFINED = "–"
LEAST_FIXED = 1e-6  # smaller numbers are written with an exponent
SLOW_HZ = 0.1
UNITS = (("day", 86400), ("h", 3600), ("min", 60), ("s", 1))  # seconds of each, the longest first
NAMES = {  # metrics whose keys do not read on their own
    "coverage_90": "coverage of 90 % intervals",
    "pull_sd": "sd of pulls",
    "within_1": "within 1 step",
    "all_correct": "all correct",
    "span_f1_30": "span F1 at tIoU 0.3",
    "span_f1_50": "span F1 at tIoU 0.5",
    "span_f1_70": "span F1 at tIoU 0.7",
    "hit_3": "both ends within 3",
    "iou": "tIoU",
}
WORDS = {"r2": "R²", "f1": "F1", "auroc": "AUROC", "nll": "NLL", "nasa": "NASA", "loss": "loss"} | {
    error: error.upper() for error in ("mae", "mse", "rmse", "mape")
}


@dataclass(frozen=True)
class Number:
    """A number as text, and in full for machines and for who points at it."""

    text: str
    raw: str = ""

    @property
    def whole(self) -> str:
        """What stands before the decimal point."""
        return self.text.partition(".")[0]

    @property
    def fraction(self) -> str:
        """The decimal point and what follows it."""
        _, point, digits = self.text.partition(".")
        return point + digits


def decimals_of(*values: float | None, interval: tuple[float, float] | None = None) -> int:
    """Decimals that numbers of one row share.

    With an interval: two significant digits of its half-width, which is what the value carries; where it has no width,
    three of the first value, which it is of. Without: three significant digits of the largest, 3 decimals below 10.
    """
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if interval and (interval[1] - interval[0]) / 2 < LEAST_FIXED:
        interval, largest = None, abs(values[0] or largest) if values else largest
    size = (interval[1] - interval[0]) / 2 if interval else largest
    if size < LEAST_FIXED:
        return 3
    digits = (1 if interval else 2) - math.floor(math.log10(size))
    decimals = max(0, digits if interval or size < 0.01 else min(3, digits + (size < 10)))
    shown = [value for value in values if value is not None]
    # Two numbers that differ must not look alike, or "0.50 against 0.50" would hide which one is ahead.
    while decimals < 6 and len({round(value, decimals) for value in shown}) < len(set(shown)):
        decimals += 1
    return min(decimals, 6)


def number(value: float | None, decimals: int | None = None) -> Number:
    """A number with the given decimals (default: three significant digits, with an exponent where tiny); None is an en
    dash."""
    if value is None or not math.isfinite(value):
        return Number(UNDEFINED)
    places = decimals_of(value) if decimals is None else decimals
    tiny = decimals is None and 0 < abs(value) < LEAST_FIXED
    text = f"{value:.2e}" if tiny else _grouped(value, places)
    if not any(digit in text.partition("e")[0] for digit in "123456789"):
        text = text.lstrip("-")
    return Number(text.replace("-", "−"), repr(value))


def interval_text(interval: tuple[float, float] | None, decimals: int) -> str:
    """An interval as `[low, high]`, empty where there is none."""
    if interval is None:
        return ""
    return f"[{number(interval[0], decimals).text}, {number(interval[1], decimals).text}]"


def duration(seconds: float | None) -> str:
    """A time as hours, minutes and seconds, the two largest that count."""
    if seconds is None:
        return UNDEFINED
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def sampling(hz: float) -> str:
    """A rate of samples as a sentence: in Hz, and as the time between two where that is longer than 10 s."""
    if hz >= SLOW_HZ:
        return f"Sampled at {number(hz).text} Hz."
    step = round(1 / hz, 3)
    unit, length = next((unit, length) for unit, length in UNITS if step >= length)
    count = f"{round(step / length, 2):,.10g}"
    return f"A sample every {count} {unit}{'s' if unit == 'day' and count != '1' else ''}."


def metric_label(key: str) -> str:
    """A metric's key as prose: `macro_f1` is macro F1, `r2` is R²; what is not known stays as it is."""
    return NAMES.get(key) or " ".join(WORDS.get(word, word) for word in key.split("_"))


def _grouped(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    # Four digits stand together; longer numbers are grouped by a narrow no-break space, as ISO 80000-1 has it.
    return text.replace(",", "\u202f" if abs(value) >= 10_000 else "")
