"""Labels that are wrong by chance.

What it finds
    A share of labels that do not belong to their windows, such as classes mixed up by whoever labelled them.

Why it matters
    A network that can remember learns wrong labels too, after the right ones. Its loss on training falls as it should,
    so no curve of the run shows the fault, while every wrong label costs accuracy and caps every score that is taken
    against such labels.

Evidence
    Two experiments. Out of fold: windows whose label is contradicted by the networks that did not train on them,
    counted by class against each class's own mean confidence. Permuted control: the same run on permuted labels, whose
    fall of the loss says how much is memory.

Remedy
    Look at the windows that most folds contradict, correct or mask them, or use a loss that a wrong label moves less
    (focal with gamma 0 to 1, l1 in place of mse).

When it can be wrong
    A window that is hard is contradicted as well. Two classes that cannot be told apart look like labels mixed up.

Example
    Of 500 windows 40 have a label that networks of other folds give less than that label's mean confidence, 34 of them
    with another label above its own: 34 / 500 = 7 % are suspect.

References
    Northcutt, Jiang and Chuang, JAIR 2021 (confident learning). Zhang et al., ICLR 2017 (networks fit permuted labels).
"""

from __future__ import annotations

from collections.abc import Iterator

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.finding import Finding


def measure(case: Case) -> Iterator[None]:
    """Nothing: a run that exists cannot tell it, triage trains the folds and the control."""
    yield from ()


def judge(evidence: None) -> Finding | None:
    """Nothing, for the same reason."""
    return None


CHECK = Check(id="label-noise", needs=("trials",), cost="probes", measure=measure, judge=judge, doc=__doc__ or "")
