"""The epochs of a run read back from its own tables."""

from __future__ import annotations

from polyhead.tracking.history import history

from .cases import experiment


def test_the_tables_of_two_epochs(tmp_path):
    trace = tmp_path / "trace"
    trace.mkdir()
    (trace / "epoch_metrics.csv").write_text(
        "epoch,train_loss,val_loss,state_macro_f1,wear_r2,wear_odd,val_skill,lr,epoch_time\n"
        "1,1.5,2.5,0.25,,7,0.125,0.01,3\n"
        "2,inf,2.25,0.5,-1.0,7,,0.01,3\n"
    )
    (trace / "loss_components.csv").write_text(
        "epoch,phase,loss_state,loss_wear,total_loss\n1,train,1,2,3\n1,val,4,,4\n2,train,5,6,11\n2,val,7,8,15\n"
    )
    (trace / "uncertainty_params.csv").write_text("epoch,sigma_state,weight_state\n1,9,0.5\n2,9,0.75\n")
    assert history(tmp_path, experiment()) == {
        1: {
            "epoch": 1.0,
            "train/loss": 1.5,
            "val/loss": 2.5,
            "val/state/macro_f1": 0.25,
            "val/skill": 0.125,
            "lr": 0.01,
            "train/state/loss": 1.0,
            "train/wear/loss": 2.0,
            "val/state/loss": 4.0,
            "weight/state": 0.5,
        },
        2: {
            "epoch": 2.0,
            "val/loss": 2.25,
            "val/state/macro_f1": 0.5,
            "val/wear/r2": -1.0,
            "lr": 0.01,
            "train/state/loss": 5.0,
            "train/wear/loss": 6.0,
            "val/state/loss": 7.0,
            "val/wear/loss": 8.0,
            "weight/state": 0.75,
        },
    }


def test_a_task_whose_name_begins_like_another(tmp_path):
    (tmp_path / "trace").mkdir()
    (tmp_path / "trace" / "epoch_metrics.csv").write_text("epoch,wear_mae,wear_r2_mae\n1,2,3\n")
    tasks = {"wear": {"kind": "regression"}, "wear_r2": {"kind": "regression", "target": "wear"}}
    assert history(tmp_path, experiment(tasks=tasks))[1] == {"epoch": 1.0, "val/wear/mae": 2.0, "val/wear_r2/mae": 3.0}


def test_before_the_first_epoch(tmp_path):
    assert history(tmp_path, experiment()) == {}
