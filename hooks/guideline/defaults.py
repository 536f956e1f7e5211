"""The configurable defaults of the content (catalogue part 0.3): numbers the guideline leaves open.

Origin: G = the guideline, A = the background article, D = our default where both are silent.
A deployment may override any of them; the answer then names the override. Months are calendar
months, ages completed years.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _default(value: float | bool, unit: str, origin: str, minimum: float, maximum: float, reading: str) -> Any:
    metadata = {"unit": unit, "origin": origin, "minimum": minimum, "maximum": maximum, "reading": reading}
    return field(default=value, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Defaults:
    """One value per key P_* of part 0.3; the key in lower case without `p_`."""

    post_assume_age: float = _default(55, "years", "D", 40, 70, "unknown menopause: post from this age")
    pre_assume_age: float = _default(45, "years", "D", 30, 60, "unknown menopause: pre below this age")
    fx_min_age: float = _default(50, "years", "D", 18, 80, "other fracture counts from this age")
    fall_lookback: float = _default(12, "months", "D", 1, 60, "falls this far back count")
    low_bmi: float = _default(18.5, "kg/m2", "A/G", 15, 22, "below it: low BMI (C-14)")
    low_normal_bmi: float = _default(20.0, "kg/m2", "A", 18.5, 25, "up to it: supporting factor only")
    height_loss: float = _default(4.0, "cm", "G", 1, 15, "from it: height loss (C-13)")
    egfr_age_start: float = _default(6, "months", "D", 1, 24, "eGFR this fresh before start")
    egfr_age_start_low: float = _default(3, "months", "D", 1, 24, "eGFR this fresh before start if below 50")
    ca_age_start: float = _default(6, "months", "D", 1, 24, "calcium this fresh before start")
    vitd_age: float = _default(12, "months", "D", 1, 36, "vitamin D this fresh")
    screen_age: float = _default(12, "months", "D", 1, 60, "panel results from this long before the finding")
    dxa_age_note: float = _default(36, "months", "D", 12, 120, "older DXA: consider a new one first")
    height_age: float = _default(24, "months", "D", 6, 120, "height this fresh")
    marker_base: float = _default(6, "months", "D", 1, 24, "baseline marker at most this long before start")
    marker_tol: float = _default(14, "days", "D", 0, 60, "follow-up marker this early is accepted")
    marker_act: float = _default(6, "months", "D", 1, 24, "marker result acted on this long")
    markers_available: bool = _default(True, "yes/no", "G", 0, 1, "bone markers can be ordered here")
    visit_tol: float = _default(1, "months", "D", 0, 6, "a visit this early counts")
    renal_routine: float = _default(24, "months", "D", 6, 60, "eGFR interval in treatment")
    renal_risk: float = _default(12, "months", "G", 3, 36, "eGFR interval at risk")
    renal_low: float = _default(6, "months", "D", 1, 24, "eGFR interval below 50")
    near35: float = _default(45, "mL/min/1.73 m2", "D", 36, 60, "eGFR close to 35 up to it")
    egfr_progress: float = _default(5, "mL/min/1.73 m2 per year", "D", 1, 30, "fall that is progressive")
    egfr_progress_ceiling: float = _default(60, "mL/min/1.73 m2", "D", 36, 90, "progress counts below it")
    egfr_progress_days: float = _default(90, "days", "D", 30, 365, "values at least this far apart")
    egfr_progress_months: float = _default(24, "months", "D", 6, 60, "values at most this old")
    den_ca_age: float = _default(12, "months", "G", 1, 24, "calcium this fresh during denosumab")
    den_ca_risk_age: float = _default(28, "days", "D", 1, 90, "calcium this fresh before injection at risk")
    den_poor_renal: float = _default(50, "mL/min/1.73 m2", "D", 36, 90, "poor kidney function below it")
    den_early: float = _default(14, "days", "D", 0, 60, "injection more than this early is early")
    den_lapse: float = _default(24, "months", "D", 8, 60, "lapsed denosumab is overdue this long")
    den_longterm: float = _default(36, "months", "D", 12, 120, "long-term denosumab from it")
    gc_recent: float = _default(3, "months", "D", 0, 12, "a course is current this long after its end")
    gc_openended: float = _default(365, "days", "D", 30, 730, "an open-ended order is assumed to run on")
    gc_dxa_recent: float = _default(12, "months", "D", 0, 36, "DXA this long before the course counts")
    dur_recent_fx: float = _default(60, "months", "D", 12, 120, "fracture in recent years")
    dxa_5y: float = _default(48, "months", "D", 36, 60, "DXA from here is the five-year DXA")
    post_due: float = _default(36, "months", "G", 24, 60, "control due after stop (C-11)")
    post_max: float = _default(60, "months", "G", 36, 120, "control overdue after stop (C-11)")
    gap: float = _default(60, "days", "D", 14, 365, "dispensing gap")
    alcohol: float = _default(10, "drinks/week", "D", 1, 30, "above it: overuse")
    weightloss: float = _default(5, "%", "D", 1, 30, "weight loss in 12 months")
    meno_mean: float = _default(51, "years", "D", 45, 55, "mean age at menopause")
    early_op_man: float = _default(70, "years", "D", 60, 80, "early osteoporosis in a man below it")
    order_pending: float = _default(6, "months", "D", 1, 24, "an order without result counts this long")
    decline: float = _default(12, "months", "D", 1, 36, "a refusal counts this long")
    ovr_info: float = _default(365, "days", "D", 1, 1095, "override silences info")
    ovr_warn: float = _default(180, "days", "D", 1, 1095, "override silences warning")
    ovr_critical: float = _default(30, "days", "D", 1, 90, "override silences critical on patient-view")
