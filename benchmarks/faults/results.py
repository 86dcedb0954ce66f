"""Counting outcomes: recall by dose, precision, rank of the cause, false alarms, time to detection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from faults.case import Outcome
from faults.fault import Fault
from faults.harm import Harm, harm

Z = 1.959964
"""The normal quantile of a 95 % interval."""


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share of n trials (E. B. Wilson 1927); n may be a number of clusters."""
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * float(np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Share:
    """A mean over `cells`, faults by recipe and dose, of the share of their runs. Seeds of one cell are alike, so the
    interval counts each cell once."""

    value: float
    cells: int
    runs: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, Wilson."""
        return wilson(self.value, self.cells)

    def __str__(self) -> str:
        if not self.cells:
            return "-"
        low, high = self.interval
        return f"{self.value:.2f} ({low:.2f} to {high:.2f})"


Hit = Callable[[Outcome], bool]


@dataclass(frozen=True)
class Results:
    """All outcomes, the faults by name, and the harm of each fault and dose."""

    outcomes: Sequence[Outcome]
    faults: Mapping[str, Fault]
    harms: Mapping[tuple[str, str], Harm]

    @property
    def planted(self) -> list[Outcome]:
        """Cases with a fault."""
        return [one for one in self.outcomes if one.fault]

    @property
    def healthy(self) -> list[Outcome]:
        """Healthy runs and loops that meet the criteria; tables stand apart."""
        return [one for one in self.outcomes if one.sort == "healthy" and not one.unfit and one.kind != "table"]

    def decoys(self) -> list[Outcome]:
        """Decoys that are healthy and look sick."""
        return [one for one in self.outcomes if one.sort == "decoy" and not one.unfit]

    def nature(self, one: Outcome) -> str:
        """`manifest` where the dose hurts, `latent` where it does not, `static` where no run would show it."""
        if self.faults[one.fault].reach == "static":
            return "static"
        found = self.harms.get((one.fault, one.dose))
        return "manifest" if found is not None and found.manifest else "latent"

    def share(self, some: Iterable[Outcome], hit: Hit) -> Share:
        """The mean over cells of the share of hits."""
        cells: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
        for one in some:
            cells[one.fault, one.recipe, one.dose].append(hit(one))
        means = [float(np.mean(runs)) for runs in cells.values()]
        return Share(float(np.mean(means)) if means else 0.0, len(means), sum(map(len, cells.values())))

    def own(self, one: Outcome) -> bool:
        """Whether the check that is meant spoke."""
        return self.faults[one.fault].id in one.ids

    def any_cause(self, one: Outcome) -> bool:
        """Whether a check spoke that names the fault."""
        return bool(set(one.ids) & set(self.faults[one.fault].causes))

    def any_right(self, one: Outcome) -> bool:
        """Whether any right alarm was given, symptoms among them."""
        return bool(set(one.ids) & self.faults[one.fault].accepted)

    def remedied(self, one: Outcome) -> bool:
        """Whether an alarm that names a cause offers an accepted remedy."""
        fault = self.faults[one.fault]
        mine = [said for said in one.alarms if said.id in fault.causes]
        in_words = {"data", "code"} & set(fault.fixes)
        return any((in_words and not said.keys) or any(_fits(key, fault.fixes) for key in said.keys) for said in mine)

    def within(self, first: int) -> Hit:
        """Whether a cause stands among the `first` alarms."""
        return lambda one: bool(set(one.ids[:first]) & set(self.faults[one.fault].causes))

    def alarms(self) -> dict[str, dict[str, int]]:
        """Alarms of each id over all cases, and how many of them are right; an id counts once for a case."""
        told: dict[str, dict[str, int]] = {}
        for one in self.outcomes:
            if one.unfit:
                continue
            accepted = self.faults[one.fault].accepted if one.fault else frozenset()
            for id in one.ids:
                counts = told.setdefault(id, {"right": 0, "alarms": 0})
                counts["alarms"] += 1
                counts["right"] += id in accepted
        return dict(sorted(told.items()))


def _fits(key: str, accepted: Sequence[str]) -> bool:
    """Whether a dotted key is one of the accepted ones, where `*` stands for one name."""
    parts = key.split(".")
    return any(
        len(parts) == len(wanted) and all(w in ("*", p) for w, p in zip(wanted, parts, strict=True))
        for wanted in (one.split(".") for one in accepted)
    )


def counted(outcomes: Sequence[Outcome], faults: Mapping[str, Fault]) -> Results:
    """Test each dose for harm, over the pairs of all recipes it was planted in."""
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for one in outcomes:
        if one.fault and one.score is not None and one.twin is not None:
            pairs[one.fault, one.dose].append((one.twin, one.score))
    harms = {key: harm(*zip(*found, strict=True)) for key, found in pairs.items()}
    return Results(outcomes, faults, harms)
