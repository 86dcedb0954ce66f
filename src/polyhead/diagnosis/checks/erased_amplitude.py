"""An amplitude that goes with the target and that scaling has removed.

What it finds
    The root mean square of a channel tells a target in the data as they come, and no longer in what the network gets.

Why it matters
    A scaling of each window or recording by its own standard deviation makes all of them equally loud. Where loudness
    carries the answer (vibration that grows with wear, the energy of a pulse) the network is left without the main
    indicator, and no training brings it back.

Evidence
    The association of each window's root mean square with the label: the absolute rank correlation with a number, the
    correlation ratio of the ranks for classes, before and after the scaling, with a 95 % interval by Fisher's z over
    recordings, which are the independent units.

Remedy
    Scaling by statistics of the training set, which keeps amplitudes; or the logarithm of the root mean square as a
    known input.

When it can be wrong
    Where another channel still carries it: the finding is then a note that says which one. Where amplitude tells the
    target for a reason that will not hold later (the gain of a recorder), removing it is right. Where the level tells
    the target as well as the amplitude does, erased-offset says it. One offset and scale for all recordings erase
    nothing, though an offset changes what a root mean square tells by itself, and are passed.

Example
    Remaining life and the root mean square of vibration correlate by ranks at -0.9 over 40 bearings: Fisher's z is
    artanh(0.9) = 1.472, its standard error 1/sqrt(37) = 0.164, the interval tanh(1.472 -+ 1.96 x 0.164) = 0.82 to 0.95.
    After a z-score of each window every root mean square is 1, and the association 0.

References
    A published bearing pipeline scales each recording, and later each window, by its own mean and standard deviation
    before the heads for wear. Fisher, Metron 1921: artanh(r) is nearly normal with standard error 1/sqrt(n - 3). Cohen
    1988, chapter 3: r = 0.3 is a medium effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.erasure import FOLLOWS, MARGIN, Erasure, Wording, erased, erasure_of
from polyhead.diagnosis.finding import Finding

WORDING = Wording(
    "amplitude",
    "split by recorder: a loudness that is the recorder's own tells nothing there",
    "gains that differ by recorder, not by state, come back as well",
)


def measure(case: Case) -> Iterator[Erasure]:
    """Each channel's root mean square and each task."""
    loud = [one for one in case.profile.associations if one.fact.endswith(".rms")] if case.profile else []
    if not loud:
        raise NotCheckedError("no association of a channel's root mean square with a target")
    for one in loud:
        yield erasure_of(case, one, ("mean", "first"))


def judge(loud: Erasure) -> Finding | None:
    """A warning where an association of medium size or more is lost; a note where it did no harm. Where the level tells
    the target as well, the offset is the story."""
    # One offset for all moves a root mean square, but every level can be told from it as before.
    if not loud.lost or loud.affine or loud.rival >= loud.before - MARGIN:
        return None
    return erased(loud, WORDING)


CHECK = Check(
    id="erased-amplitude",
    needs=("profile.associations",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=FOLLOWS,
)
