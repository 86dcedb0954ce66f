"""What names of columns say by custom: recordings, time, labels, truth of a simulation, numbers of a row."""

from __future__ import annotations

import re

_START = r"(^|[_/. -])"
_END = r"($|[_/. -])"
GROUP = re.compile(
    rf"{_START}(unit|id|engine|bearing|recording|file|filename|subject|session|device|machine|trial|series|patient|"
    r"plate|capture|run|event|group|symbol|well|batch|vehicle|person|user)(_?(id|no|nr|number|name))?$",
    re.IGNORECASE,
)
"""The recording, or what holds recordings together."""
TIME = re.compile(
    rf"{_START}(time|t|timestamp|cycle|minute|second|hour|step|clock|elapsed)([_ ]?([mnu]?s|sec|seconds|min|h))?"
    r"([ _]?[\[(].*[\])])?$",
    re.IGNORECASE,
)
"""Time stamps of rows."""
TARGET = re.compile(
    r"^(y|label|class|target|fault|state|status|kind|occupancy|quality|rul|life|diagnosis|outcome)$|"
    r"^(y|label|target|true|truth|class|rul|coding|is)_|[_/](label|class|rul|target|state|true)$",
    re.IGNORECASE,
)
"""A label."""
TRUTH = re.compile(rf"{_START}(mc|sim|simulated|gen|generated|truth|corsika|ceres|geant4?)[_/.]", re.IGNORECASE)
"""What a simulation knows and no detector measures, also by the names of common simulators."""
SIMULATED = re.compile(rf"{_START}(weights?|reuse){_END}", re.IGNORECASE)
"""Beside truth of a simulation, more of its own book-keeping."""
NUMBER = re.compile(
    rf"{_START}(index|idx|row|no|nr|num|number|frame|window|snapshot|sample|event|serial|seq|id|uuid|"
    r"counter)(_?(id|no|nr|num|number|index))?$",
    re.IGNORECASE,
)
"""The number of a row or thing; it measures nothing. Holds for whole numbers only."""
PREDICTED = re.compile(rf"{_START}(pred|prediction|predicted|estimated_by|score|proba)({_END}|_)", re.IGNORECASE)
"""What another model said."""
SPLIT = re.compile(rf"{_START}(split|fold|subset|partition|usage)$", re.IGNORECASE)
SPLIT_WORDS = {"train", "val", "validation", "test"}
RATE = re.compile(rf"{_START}(fs|sampling|sample)([_ ]?(hz|rate|rate_hz|frequency|freq))?$", re.IGNORECASE)
LISTED = re.compile(r"(channel|column|feature|sensor|name)", re.IGNORECASE)
"""A list of names of channels or columns."""
