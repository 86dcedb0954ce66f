"""Which file number of the CWRU Bearing Data Center is which fault, load and sampling rate, as it publishes them."""

from __future__ import annotations

from dataclasses import dataclass

NOMINAL_RPM = {0.0: 1797.0, 1.0: 1772.0, 2.0: 1750.0, 3.0: 1730.0}
"""Speed of the motor by load in hp."""


@dataclass(frozen=True)
class Record:
    """What was recorded. `position` is that of an outer-race fault on the clock (the load zone is at 6), else empty."""

    fault: str
    diameter_mil: float
    position: str
    load_hp: float
    rate_hz: float
    bearing: str
    rpm: float | None = None


# Numbers at 0, 1, 2 and 3 hp by fault, diameter in mil and position; 0 where there is no record.
_DRIVE_END_12K = {
    ("inner", 7, ""): (105, 106, 107, 108), ("inner", 14, ""): (169, 170, 171, 172),
    ("inner", 21, ""): (209, 210, 211, 212), ("inner", 28, ""): (3001, 3002, 3003, 3004),
    ("ball", 7, ""): (118, 119, 120, 121), ("ball", 14, ""): (185, 186, 187, 188),
    ("ball", 21, ""): (222, 223, 224, 225), ("ball", 28, ""): (3005, 3006, 3007, 3008),
    ("outer", 7, "@6"): (130, 131, 132, 133), ("outer", 7, "@3"): (144, 145, 146, 147),
    ("outer", 7, "@12"): (156, 158, 159, 160), ("outer", 14, "@6"): (197, 198, 199, 200),
    ("outer", 21, "@6"): (234, 235, 236, 237), ("outer", 21, "@3"): (246, 247, 248, 249),
    ("outer", 21, "@12"): (258, 259, 260, 261),
}  # fmt: skip
_DRIVE_END_48K = {
    ("normal", 0, ""): (97, 98, 99, 100),
    ("inner", 7, ""): (109, 110, 111, 112), ("inner", 14, ""): (174, 175, 176, 177),
    ("inner", 21, ""): (213, 214, 215, 217), ("ball", 7, ""): (122, 123, 124, 125),
    ("ball", 14, ""): (189, 190, 191, 192), ("ball", 21, ""): (226, 227, 228, 229),
    ("outer", 7, "@6"): (135, 136, 137, 138), ("outer", 7, "@3"): (148, 149, 150, 151),
    ("outer", 7, "@12"): (161, 162, 163, 164), ("outer", 14, "@6"): (201, 202, 203, 204),
    ("outer", 21, "@6"): (238, 239, 240, 241), ("outer", 21, "@3"): (250, 251, 252, 253),
    ("outer", 21, "@12"): (262, 263, 264, 265),
}  # fmt: skip
_FAN_END_12K = {
    ("inner", 7, ""): (278, 279, 280, 281), ("inner", 14, ""): (274, 275, 276, 277),
    ("inner", 21, ""): (270, 271, 272, 273), ("ball", 7, ""): (282, 283, 284, 285),
    ("ball", 14, ""): (286, 287, 288, 289), ("ball", 21, ""): (290, 291, 292, 293),
    ("outer", 7, "@6"): (294, 295, 296, 297), ("outer", 7, "@3"): (298, 299, 300, 301),
    ("outer", 7, "@12"): (302, 305, 306, 307), ("outer", 14, "@3"): (310, 309, 311, 312),
    ("outer", 14, "@6"): (313, 0, 0, 0), ("outer", 21, "@6"): (315, 0, 0, 0),
    ("outer", 21, "@3"): (0, 316, 317, 318),
}  # fmt: skip

# Variables of some files are numbered otherwise than the file: 3005.mat holds X048_DE_time, 174.mat X173_DE_time.
ALIASES = {173: 174} | {56 + i: 3001 + i for i in range(4)} | {48 + i: 3005 + i for i in range(4)}


def bearing_name(fault: str, diameter_mil: float, prefix: str = "") -> str:
    """The physical bearing: one for each fault and diameter. CWRU does not say whether an outer-race fault at 3, 6 and
    12 o'clock is one bearing turned, so the positions count as one and never stand on both sides of a split."""
    return "normal" if fault == "normal" else f"{prefix}{fault}-{diameter_mil:03g}"


def _records() -> dict[int, Record]:
    sets = ((_DRIVE_END_12K, 12000.0, ""), (_DRIVE_END_48K, 48000.0, ""), (_FAN_END_12K, 12000.0, "fan-end-"))
    return {
        number: Record(fault, diameter, position, load, rate_hz, bearing_name(fault, diameter, prefix))
        for table, rate_hz, prefix in sets
        for (fault, diameter, position), numbers in table.items()
        for load, number in enumerate(numbers)
        if number
    }


RECORDS: dict[int, Record] = _records()
"""Every record by file number: the normal ones, the faults at the drive end (12 and 48 kHz) and at the fan end."""
