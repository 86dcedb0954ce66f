"""What metrics, splits and facts are called in the tables of others, and what a metric's name tells."""

from __future__ import annotations

import re
from collections.abc import Mapping

from polyhead.scoring.metric import Direction


def _words(**names: str) -> dict[str, str]:
    return {_plain(word): name for name, words in names.items() for word in (name, *words.split())}


def _plain(text: str) -> str:
    """Letters and digits in lower case: `R^2`, `ROC-AUC` and `F1 score` as r2, rocauc and f1score."""
    return re.sub(r"[^a-z0-9]", "", text.replace("²", "2").lower())


METRICS = _words(
    accuracy="acc top1 accuracyscore top1accuracy",
    auroc="auc rocauc aucroc rocaucscore binaryauroc",
    average_precision="ap auprc prauc aucpr averageprecisionscore",
    f1="f1score fscore fmeasure binaryf1score dice",
    precision="prec ppv",
    recall="rec sensitivity tpr truepositiverate",
    specificity="tnr selectivity",
    fpr="falsepositiverate fallout",
    balanced_accuracy="balancedacc bacc",
    macro_f1="f1macro f1scoremacro",
    macro_precision="precisionmacro",
    macro_recall="recallmacro",
    macro_auroc="aurocmacro rocaucmacro",
    micro_f1="f1micro",
    micro_precision="precisionmicro",
    micro_recall="recallmicro",
    all_correct="combinedacc combinedaccuracy jointacc jointaccuracy allcorrectaccuracy",
    exact_match="subsetaccuracy exactmatchratio",
    r2="rsquared r2score coefficientofdetermination",
    mse="meansquarederror",
    mae="meanabsoluteerror",
    rmse="rootmeansquarederror",
    mape="meanabsolutepercentageerror",
    bias="meanerror",
    res_68="res68",
    log_loss="logloss crossentropy",
    brier="brierscore",
    separation="probabilityseparation",
    correlation="r pearson pearsonr",
)
FACTS = _words(
    loss="unweightedloss rawloss taskloss",
    sigma="uncertaintysigma",
    log_sigma="logsigma",
    log_var="logvar logvariance logsigma2",
    weight="taskweight lossweight",
    prevalence="positiverate positiveshare baserate posrate shareofpositives",
    majority="majorityshare majorityclass majorityaccuracy",
    n="samples support count nsamples windows",
    classes="nclasses numclasses numberofclasses",
    target_mean="ymean meany targetsmean",
    target_sd="targetstd ysd ystd sdy stdy targetsstd targetsd",
    target_min="ymin miny",
    target_max="ymax maxy",
    batch_size="batchsize batch",
    floor="baseline trivial dummy",
    kind="tasktype type",
    unit="units",
    loss_fn="lossfn lossfunction criterion",
)
SPLITS = _words(train="training fit", val="validation valid dev eval", test="testing holdout heldout")
JOINT = frozenset(("combined", "joint"))
"""Rows so named hold, as accuracy, the share of windows where every task is right."""
TOTAL = frozenset(("total", "sum"))
"""Rows so named hold the loss that was stepped on."""
PRIMARY = ("r2", "auroc", "macro_f1", "average_precision", "f1", "accuracy", "rmse", "mse", "mae")
"""The metric a task is judged by, where nobody says: the first that it has."""
_HIGHER = frozenset(
    (
        "accuracy",
        "auroc",
        "average_precision",
        "f1",
        "precision",
        "recall",
        "specificity",
        "balanced_accuracy",
        "macro_f1",
        "macro_precision",
        "macro_recall",
        "macro_auroc",
        "micro_f1",
        "micro_precision",
        "micro_recall",
        "all_correct",
        "exact_match",
        "r2",
        "separation",
    )
)
_LOWER = frozenset(("mse", "mae", "rmse", "mape", "res_68", "log_loss", "brier", "fpr"))
BOUNDED = (_HIGHER - {"r2", "separation"}) | {"fpr"}
"""Metrics that lie between 0 and 1."""
_YES_OR_NO = frozenset(("auroc", "f1", "precision", "recall", "average_precision", "specificity", "fpr"))
_NUMBER = frozenset(("r2", "mse", "mae", "rmse", "mape", "bias"))


def split_name(text: str) -> str:
    """`valid` and `Validation` as val, and so on; a word of its own as it is."""
    return SPLITS.get(_plain(text), text.strip())


def metric_name(text: str) -> tuple[str | None, str]:
    """A metric's or a fact's name with the split that begins it (`val_acc` is accuracy of val), None without one.

    Single letters are precision and recall in capitals, as P and R; r in small is a correlation.
    """
    bare = text.strip()
    if bare in ("P", "R"):
        return None, {"P": "precision", "R": "recall"}[bare]
    known = METRICS | FACTS
    if _plain(bare) in known:
        return None, known[_plain(bare)]
    head, _, tail = re.sub(r"[/. ]", "_", bare).partition("_")
    if tail and _plain(head) in SPLITS and _plain(tail) in known:
        return SPLITS[_plain(head)], known[_plain(tail)]
    return None, bare


def is_fact(name: str) -> bool:
    """Whether a name from metric_name says something of the task rather than of its predictions."""
    return name in FACTS.values()


def direction_of(metric: str) -> tuple[Direction | None, float | None]:
    """Which way is better, and the best value."""
    if metric in _HIGHER:
        return "higher", 1.0
    return ("lower", 0.0) if metric in _LOWER else (None, None)


def kind_of(metrics: Mapping[str, float | None], classes: float | None) -> str | None:
    """The kind of task that its metrics tell; None where they do not.

    A recall that equals the accuracy is, but for chance, an average over several classes: weighted by their frequency,
    or micro, the two are one number by definition.
    """
    names = set(metrics)
    recall = metrics.get("recall")
    weighted = recall is not None and 0 < recall < 1 and recall == metrics.get("accuracy")
    if weighted or any(name.startswith(("macro_", "micro_")) for name in names):
        return "classification"
    if names & _YES_OR_NO:
        return "classification" if (classes or 0) > 2 else "binary"
    if "accuracy" in names and classes:
        return "classification"
    return "regression" if names & _NUMBER else None


def floor_of(metric: str, prevalence: float | None, majority: float | None) -> tuple[float | None, str | None]:
    """What a trivial predictor scores, and which; (None, None) where the numbers do not tell.

    Chance has AUROC 1/2; the mean has R2 0; saying yes to all has precision p, recall 1, F1 2p/(1+p).
    """
    if metric == "r2":
        return 0.0, "mean"
    if metric == "auroc":
        return 0.5, "chance"
    if metric == "accuracy":
        if majority is None and prevalence is not None:
            majority = max(prevalence, 1 - prevalence)
        return majority, None if majority is None else "majority"
    if prevalence is not None and metric == "f1":
        return 2 * prevalence / (1 + prevalence), "all-positive"
    if prevalence is not None and metric in ("average_precision", "precision"):
        return prevalence, "chance" if metric == "average_precision" else "all-positive"
    return None, None
