"""The studies: research systems of five domains, each with its readers or generator and its configs."""

from __future__ import annotations

from polyhead.studies import bearings, calorimeter, expansions
from polyhead.studies.study import Study

STUDIES: dict[str, Study] = {
    "bearings": bearings.STUDY,
    "calorimeter": calorimeter.STUDY,
    "expansions": expansions.STUDY,
}
