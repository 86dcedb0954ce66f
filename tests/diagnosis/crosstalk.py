"""What other checks rightly say of each check's plant, and why; of all others they are silent.

Some plants edit one part of a frozen run and leave the rest as it was. What contradicts the edited part is then found
as well: such lines say what was left as it was.
"""

from __future__ import annotations

CROSSTALK: dict[str, dict[str, str]] = {
    "weight-collapse": {
        "stale-checkpoint": "the epoch that is kept lies after the collapse",
    },
    "orphan-head": {"below-floor": "a head that is not trained scores below its floor"},
    "negative-total-loss": {
        "incomparable-loss": "the total that changes its sign also holds weights that moved, and it chooses the epoch"
    },
    "below-majority": {
        "below-floor": "nothing is ranked, AUROC is at chance",
        "untuned-threshold": "validation is as it was: a threshold tuned there would serve",
    },
    "inverted-score": {"impossible-metrics": "metrics were left as they were and do not fit the turned labels"},
    "batch-averaged-metric": {"impossible-metrics": "a mean over batches breaks what pooled metrics obey"},
    "degenerate-r2": {"below-floor": "the same R2 lies far below the mean's"},
    "filled-labels": {"head-range": "the default lies outside what the head can say"},
    "misaligned-target": {"metric-scale": "metrics were left as they were and do not fit the moved labels"},
    "clipped-target": {"head-range": "the labels of the plant go to 20 and the head was left at 1.05"},
    "class-imbalance": {"loss-contract": "the plant's scores are normal numbers, no probabilities"},
    "vanishing-gradient": {"below-floor": "the harm: a task is not learned"},
    "rank-collapse": {"below-floor": "the harm: a task is lost"},
    "overfitting": {
        "stale-checkpoint": "the last epoch is used, after the best",
        "weight-lag": "learned weights were left as they were under other losses",
    },
    "stale-checkpoint": {
        "weight-lag": "learned weights were left as they were under other losses",
    },
}
"""{plant: {id: why it is right}}."""
UNFIT: dict[str, dict[str, str]] = {
    "relative-loss-near-zero": {"split-leakage": "the plant gives one task more windows than the others of its split"},
}
"""{plant: {id: why it is not asked}}: plants that no run can hold."""
