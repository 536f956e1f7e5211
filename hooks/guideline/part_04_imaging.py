"""Part 4, VFA and X-ray of the spine, and what a change between scans means."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.facts import Fracture
from hooks.guideline.bone_density import any_t_score
from hooks.guideline.calendar import add_months, within_months
from hooks.guideline.case import CONDITIONS, ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, absent, predicate
from hooks.guideline.density_change import significant_change
from hooks.guideline.drafted import draft_service, dxa_drafted
from hooks.guideline.fractures import any_fracture, fractures, low_energy, major_fracture, not_high_energy
from hooks.guideline.glucocorticoid import gc_current
from hooks.guideline.investigation import xray_wanted
from hooks.guideline.laboratory import markers_available
from hooks.guideline.logic import Answer, Unknown, Yes, all_of, any_of, exists, no, yes_if
from hooks.guideline.orders import ordered_since
from hooks.guideline.proposal import Proposal, change_draft, delete_draft, order, refer, task
from hooks.guideline.risk_factors import height_signs
from hooks.guideline.rule import Group
from hooks.guideline.scope import any_condition, condition, in_scope
from hooks.guideline.tablets import on_oral_bp
from hooks.guideline.thresholds import FRACTURE_RECENT_ANABOLIC, TREATMENT_VISIBLE
from hooks.guideline.treatment import on_anabolic, on_antiosteo, treatment_start

GROUP = Group(4, "VFA, spine X-ray and changes between scans")


@GROUP.rule(
    "DXA-VFA-1",
    "Ask for VFA with the DXA when vertebral fracture is suspected",
    section="§5",
    strength="ought to be stated if wanted",
    card="C-INVESTIGATE",
    hooks=(ORDER_SIGN,),
    proposals=(change_draft("add_vfa", "dxa"),),
)
def dxa_vfa_1(case: Case) -> Answer:
    """A vertebral fracture assessment can often be made with the scan, if the referral asks for it."""
    return all_of(
        dxa_drafted(case),
        no(draft_service(case, "vfa", "spine_xray")),
        in_scope(case),
        any_of(height_signs(case), condition(case, "suspected_vertebral_collapse")),
        no(condition(case, "malignancy_suspected_spine")),
    )


@GROUP.rule(
    "DXA-VFA-2",
    "VFA is not used when metastasis is suspected",
    section="§5",
    strength="cannot be used",
    card="C-INVESTIGATE",
    indicator="warning",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    suppression="none",
    proposals=(delete_draft("vfa"), refer("specialist")),
)
def dxa_vfa_2(case: Case) -> Answer:
    """VFA cannot answer a suspicion of metastasis; other imaging is needed."""
    return all_of(
        draft_service(case, "vfa"),
        any_condition(case, "malignancy_suspected_spine", "bone_metastasis"),
    )


@predicate
def vfa_not_confirmed(case: Case) -> Answer:
    """A vertebral fracture found by VFA, not known as high-energy, with no spine X-ray made or ordered since."""
    found = [f for f in fractures(case, _by_vfa) if not isinstance(ordered_since(case, f.date, "spine_xray"), Yes)]
    if not found:
        return absent(case, *CONDITIONS)
    imaged = ordered_since(case, found[0].date, "spine_xray")
    return imaged if isinstance(imaged, Unknown) else Yes(tuple(found))


def _by_vfa(fracture: Fracture) -> bool:
    return fracture.site == "vertebral" and fracture.vfa and not_high_energy(fracture)


@GROUP.rule(
    "DXA-VFA-3",
    "Positive VFA may need confirmation",
    section="§5",
    strength="may be necessary",
    card="C-INVESTIGATE",
    hooks=(PATIENT_VIEW,),
    proposals=(order("spine_xray"),),
)
def dxa_vfa_3(case: Case) -> Answer:
    """VFA can exclude fractures, but may show ones that are not there."""
    return all_of(in_scope(case), vfa_not_confirmed(case))


def _rather_not(case: Case) -> Sequence[Proposal]:
    return () if isinstance(xray_wanted(case), Yes) else (delete_draft("spine_xray"),)


@GROUP.rule(
    "DXA-XRAY-1",
    "Spine X-ray only if it has a consequence",
    section="§5",
    strength="only if",
    card="C-INVESTIGATE",
    hooks=(ORDER_SIGN,),
    proposals=_rather_not,
)
def dxa_xray_1(case: Case) -> Answer:
    """Osteoporosis by fracture is established and treated: what would the X-ray change? A derived trigger.

    The draft is never offered for deletion while height lost on treatment (MON-HEIGHT-2) or an
    unconfirmed VFA (DXA-VFA-3) is the reason another entry asks for it (our reading).
    """
    return all_of(
        draft_service(case, "spine_xray"),
        in_scope(case),
        on_antiosteo(case),
        major_fracture(case),
        no(any_condition(case, "suspected_vertebral_collapse", "malignancy_suspected_spine")),
    )


@predicate
def grade_would_decide(case: Case) -> Answer:
    """A vertebral fracture of unknown grade, or a range, that is recent or one of several."""
    vertebral = fractures(case, lambda f: f.site == "vertebral" and not_high_energy(f))
    several = len(vertebral) >= 2
    ungraded = (f for f in vertebral if f.compression_pct is None or f.compression_is_range)
    return exists(
        (f for f in ungraded if several or within_months(f.date, case.today, FRACTURE_RECENT_ANABOLIC)),
        otherwise=absent(case, *CONDITIONS),
    )


@GROUP.rule(
    "DXA-XRAY-2",
    "Ask for the grade: 20 % or 25 %",
    section="§5; §9.2 criteria boxes",
    strength="may be necessary",
    card="C-INVESTIGATE",
    hooks=(PATIENT_VIEW,),
    proposals=(task("compression_grade"),),
)
def dxa_xray_2(case: Case) -> Answer:
    """Whether the compression is 20 or 25 % decides about anabolic treatment; asked only where it could."""
    return all_of(in_scope(case), no(on_anabolic(case)), grade_would_decide(case))


@GROUP.rule(
    "DXA-LSC-1",
    "When a change between scans is real",
    section="§5",
    strength="definition",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
)
def dxa_lsc_1(case: Case) -> Answer:
    """BMD changed by at least 5 % at the hip or 3 % at the spine between the two latest scans."""
    return significant_change(case)


@predicate
def too_early_for_effect(case: Case) -> Answer:
    """Less than two years since the treatment began; unknown when its start is."""
    start = treatment_start(case)
    return Unknown(("treatment_start",)) if start is None else yes_if(case.today < add_months(start, TREATMENT_VISIBLE))


@predicate
def low_energy_fracture_since_start(case: Case) -> Answer:
    """A low-energy fracture after the treatment began."""
    start = treatment_start(case)
    return any_fracture(
        case, lambda f: low_energy(case, f) and f.date is not None and start is not None and f.date > start
    )


def scan_later(case: Case) -> Sequence[Proposal]:
    """Move the scan to two years after the start; on tablets a bone marker now, CTX on prednisolone."""
    start = treatment_start(case)
    due = None if start is None else add_months(start, TREATMENT_VISIBLE)
    later = () if due is None else (Proposal("change-draft", "postpone", on=due, drug="dxa"),)
    tablets = isinstance(all_of(on_oral_bp(case), markers_available(case)), Yes)
    marker = "ctx" if isinstance(gc_current(case), Yes) else "p1np"
    return (*later, order(marker)) if tablets else later


@GROUP.rule(
    "DXA-2Y-1",
    "DXA earlier than two years after start rarely shows effect",
    section="§5; §7 box; §9.3",
    strength="information",
    card="C-MONITOR",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=scan_later,
)
def dxa_2y_1(case: Case) -> Answer:
    """The response shows on DXA after two years at the earliest. A first scan is a baseline, not a response."""
    return all_of(
        dxa_drafted(case),
        any_t_score(case),
        on_antiosteo(case),
        too_early_for_effect(case),
        no(low_energy_fracture_since_start(case)),
    )


GROUP.explanation(
    "DXA-RISK-1",
    "What a lower T-score means",
    section="§5",
    strength="information",
    card="C-TREATMENT",
    shown_with=("TX-IND-1", "TX-IND-3", "DEF-OP-1"),
)
