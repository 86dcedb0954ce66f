"""The names under which the calorimeter's metrics are known to those who compare runs: `track.names: calorimeter`."""

from __future__ import annotations

TRACKED = {
    "val/angle/cosine_loss": "val_cos",
    "val/angle/angle_68": "angle_resolution_68pct",
    "val/angle/bias_theta": "theta_bias",
    "val/angle/rms_theta": "theta_rms",
    "val/uvwFI/cosine_loss": "val_cos_pos",
    "val/uvwFI/distance_68": "uvw_dist_68pct",
    "val/uvwFI/res_68_u": "uvw_u_res_68pct",
    "val/uvwFI/res_68_v": "uvw_v_res_68pct",
    "val/uvwFI/res_68_w": "uvw_w_res_68pct",
}
"""Metrics of one output carry its name at their end. Those of directions and positions belong to the study's own kinds
of task; a run without them is logged as it is."""
