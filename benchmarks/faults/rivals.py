"""Other packages' detectors of training faults, each with the settings its own page shows and its own thresholds.

What of a run each can take: torchmortem and torch-audit hang in the loop, trainproof reads a log that is written for it
from the run's record, Lightning watches the validation loss for what is not finite. None sees labels, splits, tasks or
metrics. `CAUSES` says for which of polyhead's ids an alarm counts as naming the fault; it was written from their rules
and remedies before any was run, and generously: a rule that names two causes has both.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import nn
from torch.optim import Optimizer

from faults.watching import Alarms

PACKAGES = {"torchmortem": "0.1.1", "torch_audit": "0.3.0", "trainproof": "0.22.0", "lightning": "2.6.6"}
"""Modules and the releases these adapters were written for."""

_RATE = ("learning-rate",)
_STILL = ("stalled-training", "frozen-parameters", "orphan-head")
CAUSES: dict[str, tuple[str, ...]] = {
    # torchmortem, by the title of its findings
    "Vanishing gradients detected": ("vanishing-gradient",),
    "Exploding gradients detected": ("exploding-gradient", "learning-rate", "initial-loss"),
    "Gradient stalling": (*_STILL, "dead-units", "vanishing-gradient"),
    "Dead units": ("dead-units", *_RATE),
    "Activation saturation": ("vanishing-gradient", "dead-units", *_RATE),
    "Update ratio too low": (*_STILL, *_RATE, "vanishing-gradient"),
    "Update ratio too high": ("exploding-gradient", *_RATE),
    "Training divergence detected": ("exploding-gradient", "non-finite", *_RATE),
    "Loss plateau detected": ("stalled-training", "schedule-pathology", *_RATE),
    "Rank collapse": ("rank-collapse",),
    "Weight norm explosion": ("exploding-gradient", "overfitting", *_RATE),
    "Stagnant weight norms": (*_STILL, *_RATE, "vanishing-gradient"),
    "Inter-layer weight norm imbalance": ("initial-loss", *_RATE),
    "High gradient noise (low SNR)": _RATE,
    # torch-audit, by rule
    "TA100": ("non-finite", "initial-loss", *_RATE),
    "TA102": ("exploding-gradient", *_RATE),
    "TA104": ("orphan-head", "frozen-parameters"),
    "TA105": ("dead-units", *_RATE),
    "TA301": ("unscaled-input",),
    "TA302": ("feature-drift", "window-contract"),
    "TA405": ("dead-units", "frozen-parameters"),
    "TA500": ("orphan-head", "frozen-parameters"),
    # trainproof, by rule
    "TP-NAN": ("non-finite", "exploding-gradient", *_RATE),
    "TP-NAN-GRAD": ("non-finite", "exploding-gradient", *_RATE),
    "TP-ZERO-LOSS": ("loss-contract",),
    "TP-ZERO-LOSS-ONSET": ("loss-contract", "non-finite"),
    "TP-FLAT": (*_STILL, *_RATE),
    "TP-DIVERGE": ("exploding-gradient", "non-finite", *_RATE),
    "TP-DEAD-RUN": (*_STILL, *_RATE, "below-floor"),
    "TP-ZERO-GRAD": (*_STILL, "vanishing-gradient"),
    "TP-GRAD-SPIKE": ("exploding-gradient", *_RATE),
    "TP-ZERO-LR": ("schedule-pathology", *_RATE),
    "TP-ZERO-LR-PARTIAL": ("schedule-pathology", *_RATE),
    "TP-OVERFIT": ("overfitting", "stale-checkpoint"),
    "TP-FLOOR-RATIO": ("label-noise", "stalled-training"),
    "TP-END-RATIO": ("label-noise", "stalled-training"),
    "TP-NEG-IMPROVE": ("label-noise", "stalled-training", *_RATE),
    "TP-IMPROVE-DEFICIT": ("label-noise", "stalled-training", *_RATE),
    "TP-GRADNORM-RATIO": ("exploding-gradient", *_RATE),
    # Lightning
    "EarlyStopping(check_finite)": ("non-finite",),
    "detect_anomaly": ("non-finite",),
}
STYLE = ("TA2", "TA400", "TA401", "TA402", "TA403", "TA404")
"""Rules of torch-audit that speak of speed and of style, and accuse no training."""


def missing() -> dict[str, str]:
    """What to say of each package that is not installed."""
    return {name: f"not installed: pip install {name}=={PACKAGES[name]}" for name in PACKAGES if not find_spec(name)}


class Torchmortem:
    """The quick start of its page: `Autopsy(model, optimizer=...)`, `step(loss=loss.item())`, balanced sampling."""

    name = "torchmortem"

    def begin(self, model: nn.Module, optimizer: Optimizer) -> None:
        from torchmortem import Autopsy

        logging.getLogger("torchmortem").setLevel(logging.CRITICAL)
        self._autopsy = Autopsy(model, optimizer=optimizer)
        self._autopsy.attach()

    def step(self, loss: float) -> None:
        self._autopsy.step(loss=loss)

    def end(self) -> Alarms:
        self._autopsy.detach()
        found = self._autopsy.get_report().findings
        return worst((one.title.split(" in ")[0], one.severity.name) for one in found)


class TorchAudit:
    """The zero-touch mode of its page, `autopatch`, every step."""

    name = "torch-audit"

    def begin(self, model: nn.Module, optimizer: Optimizer) -> None:
        from torch_audit import autopatch

        self._auditor = autopatch(model, optimizer=optimizer, every_n_steps=1)

    def step(self, loss: float) -> None:
        """The patched optimiser has told it."""

    def end(self) -> Alarms:
        found = self._auditor.finish().findings
        self._auditor.unpatch()
        return worst((one.rule_id, one.severity.name) for one in found)


UNJUDGED = ("TP-NO-LOSS", "TP-NO-RECORDS", "TP-BAD-BASELINE", "TP-CMP-UNCOMPARABLE")
"""What trainproof says where it cannot judge: no alarm."""


def worst(found: Iterable[tuple[str, str]]) -> dict[str, bool]:
    """Alarms of (name, severity) pairs: those that warn or worse, once each."""
    said: dict[str, bool] = {}
    for name, severity in found:
        if severity not in ("INFO", "PASS", "NOT-CHECKED") and name not in UNJUDGED:
            said[name] = said.get(name, False) or severity not in ("WARN", "WARNING")
    return said


def trainproof(records: list[dict[str, Any]]) -> Alarms:
    """`trainproof epoch` on a log of these records."""
    from trainproof.epoch import check_records

    return worst((one["id"], one["level"]) for one in check_records(records)["findings"])


def trainproof_beside(log: Path, sound: Path) -> Alarms:
    """`trainproof compare SOUND LOG`: beside the log of a run that is known to be good."""
    from trainproof.compare import check_compare

    found = check_compare(log, sound)["findings"]
    return worst((one["id"], one["level"]) for one in found)


def early_stopping(losses: list[float]) -> Alarms:
    """Lightning's EarlyStopping(check_finite=True) in its own Trainer, fed the validation losses of a run.

    Its patience is out of the way: that training has got no better for a while accuses nothing.
    """
    import torch
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.callbacks import EarlyStopping
    from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason

    class Replay(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(1, 1)

        def training_step(self, batch: Any) -> Any:
            return 0 * self.layer(torch.zeros(1, 1)).sum()

        def validation_step(self, batch: Any) -> None:
            self.log("val_loss", torch.tensor(losses[self.current_epoch]), batch_size=1)

        def configure_optimizers(self) -> Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.0)

    stopper = EarlyStopping("val_loss", check_finite=True, patience=len(losses) + 1)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = Trainer(
            max_epochs=len(losses),
            accelerator="cpu",
            callbacks=[stopper],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(Replay(), [0], [0])
    found = stopper.stopping_reason == EarlyStoppingReason.NON_FINITE_METRIC
    return {"EarlyStopping(check_finite)": True} if found else {}
