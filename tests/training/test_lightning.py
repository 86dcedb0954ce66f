"""An existing LightningModule under the callback: unchanged, and recorded as any loop."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

pytest.importorskip("lightning.pytorch")

import lightning.pytorch as pl

import polyhead
from polyhead.diagnosis.folder import read_folder
from polyhead.errors import InputError
from polyhead.training.lightning import _claimed, _loss_name

from .loops import BATCH, TASKS, TRAIN, Net, data, losses_of

pytestmark = pytest.mark.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Windows(Dataset):
    """Part of the windows."""

    def __init__(self, first: int, last: int) -> None:
        x, y = data()
        self.x, self.y = x[first:last], {name: one[first:last] for name, one in y.items()}

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        return self.x[index], {name: one[index] for name, one in self.y.items()}


class Module(pl.LightningModule):
    """Someone's module: it knows nothing of polyhead."""

    def __init__(self, names: str = "train/{}_loss") -> None:
        super().__init__()
        self.net, self.names = Net(), names

    def training_step(self, batch: Any, number: int) -> torch.Tensor:
        losses = losses_of(self.net(batch[0]), batch[1])
        self.log_dict({self.names.format(task): loss for task, loss in losses.items()}, on_step=False, on_epoch=True)
        return torch.stack(list(losses.values())).sum()

    def validation_step(self, batch: Any, number: int) -> dict[str, Any]:
        said = self.net(batch[0])
        self.log("val_loss", torch.stack(list(losses_of(said, batch[1]).values())).sum())
        self.log("val_fault_acc", (said["fault"].argmax(1) == batch[1]["fault"]).float().mean())
        return {"predictions": said, "targets": batch[1]}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), 1e-2)


def fit(callback: Any, module: pl.LightningModule | None = None, **options: Any) -> pl.LightningModule:
    torch.manual_seed(0)
    module = module or Module()
    trainer = pl.Trainer(
        max_epochs=2,
        callbacks=[callback] if callback else [],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    torch.manual_seed(1)
    train = DataLoader(Windows(0, TRAIN), BATCH, shuffle=True)
    trainer.fit(module, train, DataLoader(Windows(TRAIN, 256), BATCH))
    return module


def callback(out: Path, **options: Any) -> Any:
    given = {"shared": "net.backbone", "targets": lambda batch: batch[1], "every": 4} | options
    return polyhead.LightningMonitor(out / "mine", TASKS, **given)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_it_changes_no_bit_and_records_all(tmp_path, accumulate):
    watcher = callback(tmp_path)
    options = {"accumulate_grad_batches": accumulate, "gradient_clip_val": 0.1}
    torch.manual_seed(2)
    plain = fit(None, Module(), **options)
    torch.manual_seed(2)
    watched = fit(watcher, Module(), **options)
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), watched.parameters(), strict=True))
    assert "log" not in vars(watched)
    case = read_folder(watcher.monitor.folder.path)
    assert case.state["status"] == "finished"
    assert len(case.steps["step"]) == 2 * TRAIN // BATCH // accumulate
    assert np.isfinite(case.steps["grad_norm.fault"]).sum() >= 1
    total = case.steps["loss.fault"] + case.steps["loss.anomaly"] + case.steps["loss.life"]
    np.testing.assert_allclose(case.steps["total_loss"], total, rtol=0.05 if accumulate > 1 else 1e-6)
    assert (case.steps["total_grad_norm"] > 0.1).all()  # as they were before they were clipped
    assert len(case.scores["fault"]["acc"]) == 2
    assert np.isfinite(case.epochs["val_loss"]).all()
    assert case.metrics["val"]["anomaly"]["auroc"].floor == 0.5


def test_losses_of_an_attribute_and_of_a_callable(tmp_path):
    class Silent(Module):
        """Logs nothing and keeps its losses."""

        def training_step(self, batch: Any, number: int) -> torch.Tensor:
            self.parts = losses_of(self.net(batch[0]), batch[1])
            return torch.stack(list(self.parts.values())).sum()

    for losses in ("parts", lambda module: module.parts):
        watcher = callback(tmp_path, losses=losses)
        fit(watcher, Silent())
        assert np.isfinite(read_folder(watcher.monitor.folder.path).steps["loss.fault"]).all()


def test_predictions_of_a_callable(tmp_path):
    class Bare(Module):
        """Returns nothing from validation."""

        def validation_step(self, batch: Any, number: int) -> None:
            return None

    watcher = callback(tmp_path, validation=lambda module, outputs, batch: (module.net(batch[0]), batch[1]))
    fit(watcher, Bare())
    assert "fault" in read_folder(watcher.monitor.folder.path).metrics["val"]
    watcher = callback(tmp_path)
    fit(watcher, Bare())
    assert read_folder(watcher.monitor.folder.path).metrics is None


def test_a_loss_that_is_not_found_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no loss of fault, anomaly, life among what training_step logs \(a_fault"):
        fit(callback(tmp_path), Module("a_{}"))


def test_a_fit_that_fails_leaves_its_reason(tmp_path):
    class Failing(Module):
        """Fails in its second step."""

        def training_step(self, batch: Any, number: int) -> torch.Tensor:
            if number:
                raise ZeroDivisionError("mine")
            return super().training_step(batch, number)

    watcher, module = callback(tmp_path), Failing()
    with pytest.raises(ZeroDivisionError):
        fit(watcher, module)
    assert read_folder(watcher.monitor.folder.path).state["reason"] == "ZeroDivisionError: mine"
    assert "log" not in vars(module)


@pytest.mark.parametrize(
    ("logged", "found"),
    [
        ("fault_loss", True),
        ("train/loss_fault", True),
        ("train_fault_loss_step", True),
        ("loss.fault", True),
        ("fault_weighted_loss", False),
        ("val_fault_loss", False),
        ("fault_acc", False),
        ("loss", False),
    ],
)
def test_names_of_losses(logged, found):
    assert _loss_name("fault", [logged]) == (logged if found else None)


def test_names_of_metrics():
    logged = {"val_fault_acc": 1, "life/val/mae": 2, "val_loss": 3, "train_fault_acc": 4, "val/fault_type_f1": 5}
    assert _claimed(logged, ["fault", "fault_type", "life"]) == {
        "val": {"fault": {"acc": 1}, "life": {"mae": 2}, "loss": 3, "fault_type": {"f1": 5}}
    }
