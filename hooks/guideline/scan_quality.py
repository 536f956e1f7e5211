"""What can make a DXA value misleading: the site, the spine, vitamin D, another scanner (§5)."""

from __future__ import annotations

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import DIAGNOSTIC, latest_study, studies
from hooks.guideline.calendar import add_months
from hooks.guideline.case import OBSERVATIONS, Case, absent, predicate
from hooks.guideline.fractures import any_fracture
from hooks.guideline.laboratory import values
from hooks.guideline.logic import NO, Answer, Known, all_of, any_of, below, exists, yes_if
from hooks.guideline.scope import condition
from hooks.guideline.thresholds import VITD_SCAN_AFTER, VITD_SCAN_BEFORE, VITD_VERY_LOW


@predicate
def t_score_elsewhere(case: Case) -> Answer:
    """A T-score of a site that cannot define osteoporosis."""
    return exists(
        (m for m in values(case, "t_score") if m.site not in DIAGNOSTIC), otherwise=absent(case, *OBSERVATIONS)
    )


@predicate
def any_z_score(case: Case) -> Answer:
    """A Z-score is on record."""
    return exists(values(case, "z_score")[:1], otherwise=absent(case, *OBSERVATIONS))


@predicate
def spine_value_doubtful(case: Case) -> Answer:
    """The latest scan has a spine value, and the spine is degenerated or had a vertebral fracture by then."""
    study = latest_study(case)
    if study is None or "lumbar_spine" not in study.t:
        return absent(case, *OBSERVATIONS) if study is None else NO
    day = study.date
    return all_of(
        yes_if(True, study.t["lumbar_spine"]),
        any_of(
            condition(case, "spinal_degeneration"),
            any_fracture(case, lambda f: f.site == "vertebral" and f.date is not None and f.date <= day),
        ),
    )


@predicate
def vitamin_d_very_low_near_scan(case: Case) -> Answer:
    """A vitamin D value below 25 from 12 months before to 3 months after the latest scan (our window)."""
    study = latest_study(case)
    if study is None:
        return absent(case, *OBSERVATIONS)
    first, last = add_months(study.date, -VITD_SCAN_BEFORE), add_months(study.date, VITD_SCAN_AFTER)
    near = (m for m in values(case, "vitamin_d") if first <= m.date <= last and _very_low(m))
    return exists(near, otherwise=absent(case, *OBSERVATIONS))


def _very_low(vitamin_d: Measurement) -> bool:
    return bool(below(Known(vitamin_d.value), VITD_VERY_LOW))


@predicate
def scanners_differ(case: Case) -> Answer:
    """The two latest scans were made on different known scanners."""
    latest = studies(case)[:2]
    if len(latest) < 2:
        return absent(case, *OBSERVATIONS)
    newer, older = latest
    different = newer.scanner is not None and older.scanner is not None and newer.scanner != older.scanner
    return yes_if(different, *(m for study in latest for m in study.t.values()))
