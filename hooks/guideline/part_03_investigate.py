"""Part 3 of the catalogue: whom to investigate, and whom not (§4; Box Q; Box R)."""

from __future__ import annotations

from hooks.guideline.bone_density import no_dxa_ever, osteoporosis
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, POPULATION, Case
from hooks.guideline.drafted import dxa_drafted
from hooks.guideline.fractures import major_fracture
from hooks.guideline.glucocorticoid import gc_threshold
from hooks.guideline.investigation import (
    factor_not_scanned,
    fracture_letter,
    major_fracture_not_scanned,
    not_scanned_since_new_factor,
    other_fracture_not_scanned,
)
from hooks.guideline.laboratory import bmi
from hooks.guideline.logic import Answer, all_of, below, no
from hooks.guideline.proposal import change_draft, delete_draft, order, plan, task
from hooks.guideline.risk_factors import CAUSES, associated_drug, count_i, fall_prone, family_history
from hooks.guideline.rule import Group
from hooks.guideline.scope import in_scope
from hooks.guideline.treatment import untreated

GROUP = Group(3, "Who to investigate")

CARD = "C-INVESTIGATE"


GROUP.explanation(
    "INV-0",
    "Investigate only if the result would be acted on",
    section="§4; B1 (consequences)",
    strength="must be ensured",
    card=CARD,
    shown_with=(
        *("INV-1", "INV-2", "INV-3", "INV-4", "INV-5", "INV-6", "INV-7", "INV-8", "INV-9", "INV-15"),
        *("GLU-DXA-1", "GLU-DXA-2", "DXA-DUE-1", "INV-NEG-1", "INV-NEG-2"),
    ),
)


@GROUP.rule(
    "INV-1",
    "Low-energy hip or vertebral fracture without DXA",
    section="§4; Box Q; §2",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW, POPULATION),
    settled_by=("dxa",),
    proposals=(order("dxa"), order("vfa")),
)
def inv_1(case: Case) -> Answer:
    """The fracture itself establishes osteoporosis; a DXA can be a baseline for follow-up."""
    return all_of(in_scope(case), major_fracture_not_scanned(case), untreated(case))


@GROUP.rule(
    "INV-2",
    "Other low-energy fracture",
    section="§2; §4; Box Q; B1",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW, POPULATION),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def inv_2(case: Case) -> Answer:
    """Any low-energy fracture can be a sign of osteoporosis; the age limit of 50 is a local default."""
    return all_of(in_scope(case), other_fracture_not_scanned(case), no(major_fracture(case)), untreated(case))


@GROUP.rule(
    "INV-3",
    "Family history (genetisk disposition)",
    section="§4; Box Q; B1 (weighting of risk factors)",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def inv_3(case: Case) -> Answer:
    """A first-degree relative with osteoporosis or fracture; diagnosed at 85 or later without fracture: weak."""
    return all_of(in_scope(case), family_history(case), untreated(case), no(osteoporosis(case)), no_dxa_ever(case))


@GROUP.rule(
    "INV-4",
    "Low BMI",
    section="§4; Box Q; B1; A-Weight",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"), task("nutrition_review")),
)
def inv_4(case: Case) -> Answer:
    """BMI below 18.5 (C-14), measured or worked out from weight and height."""
    return all_of(
        in_scope(case),
        below(bmi(case), case.defaults.low_bmi),
        untreated(case),
        no(osteoporosis(case)),
        no_dxa_ever(case),
    )


@GROUP.rule(
    "INV-5",
    "Immobilisation",
    section="§4; Box Q; B1",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def inv_5(case: Case) -> Answer:
    """Long bed rest, wheelchair or neurological deficit, as coded. Not modelled: how long is long."""
    return all_of(in_scope(case), factor_not_scanned(case, "Q4"), untreated(case), no(osteoporosis(case)))


@GROUP.rule(
    "INV-6",
    "Height loss, kyphosis or reduced rib-iliac distance",
    section="§4; Box Q; B1",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa", "spine_xray", "vfa"),
    proposals=(order("dxa"), order("vfa"), order("spine_xray")),
)
def inv_6(case: Case) -> Answer:
    """A loss of 4 cm (C-13), marked kyphosis or a short costa-crista distance may reflect a collapse."""
    return all_of(in_scope(case), factor_not_scanned(case, "Q5"), untreated(case), no(major_fracture(case)))


@GROUP.rule(
    "INV-7",
    "Disease or drug that can cause bone loss (Box R)",
    section="§4; Box R; B1 (other diseases); B1-A; A-Aetiology",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"), plan("bone_line_in_annual_review")),
)
def inv_7(case: Case) -> Answer:
    """A disease or drug of Box R: think of osteoporosis at its annual review. Not modelled: how severe it is."""
    return all_of(in_scope(case), factor_not_scanned(case, *CAUSES), untreated(case), no(osteoporosis(case)))


@GROUP.rule(
    "INV-8",
    "Radiological osteopenia (halisterese)",
    section="§4; Box Q; B1",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def inv_8(case: Case) -> Answer:
    """The description of an X-ray raises suspicion."""
    return all_of(in_scope(case), factor_not_scanned(case, "Q7"), untreated(case), no(osteoporosis(case)))


@GROUP.rule(
    "INV-9",
    "Several risk factors together",
    section="§4; B1 attention box",
    strength="always think of it",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def inv_9(case: Case) -> Answer:
    """Two or more factors of the boxes ("several" = 2 is a local default); there is no fixed table."""
    return all_of(
        in_scope(case),
        count_i(case, 2),
        not_scanned_since_new_factor(case),
        untreated(case),
        no(osteoporosis(case)),
    )


GROUP.explanation(
    "INV-10",
    "Be alert to vulnerable patients and to the worried",
    section="§4",
    strength="be aware",
    card=CARD,
    shown_with=("INV-2", "INV-3", "INV-9"),
)
GROUP.explanation(
    "INV-11",
    "What the patient may want to know",
    section="§4 patient conversation",
    strength="information",
    card=CARD,
    shown_with=("INV-1", "INV-2", "INV-3", "INV-9", "GLU-DXA-1"),
)
GROUP.explanation(
    "INV-12",
    "A diagnosis can harm",
    section="§4; §1; B1",
    strength="caution",
    card=CARD,
    shown_with=(
        *("INV-1", "INV-2", "INV-3", "INV-4", "INV-5", "INV-6", "INV-7", "INV-8", "INV-9", "INV-15"),
        *("GLU-DXA-1", "INV-NEG-2"),
    ),
)


@GROUP.rule(
    "INV-15",
    "Fall tendency as a reason to think of osteoporosis",
    section="Box Q; Box R; B1",
    strength="consider",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def inv_15(case: Case) -> Answer:
    """Coded fall tendency, rollator, or a fall within 12 months (one fall is a local default)."""
    return all_of(in_scope(case), fall_prone(case), untreated(case), no(osteoporosis(case)), no_dxa_ever(case))


@GROUP.rule(
    "INV-16",
    "Fracture discharge letter",
    section="B1 (weighting of risk factors)",
    strength="may give occasion to consider",
    card=CARD,
    hooks=(POPULATION,),
    settled_by=("dxa",),
    proposals=(task("fracture_letter"),),
)
def inv_16(case: Case) -> Answer:
    """A fracture of the last 90 days (local default), not known as high-energy, without a scan after it."""
    return all_of(in_scope(case), fracture_letter(case), untreated(case))


@GROUP.rule(
    "INV-NEG-1",
    "Drugs that do not justify investigation by themselves",
    section="Box R (associated drugs)",
    strength="not in itself an indication",
    card=CARD,
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=(change_draft("add_reason", of="dxa"), delete_draft("dxa")),
)
def inv_neg_1(case: Case) -> Answer:
    """The only recorded factor is a drug associated with low bone mass (C-15)."""
    return all_of(
        in_scope(case),
        dxa_drafted(case),
        no_dxa_ever(case),
        associated_drug(case),
        no(count_i(case, 1)),
        no(gc_threshold(case)),
    )


@GROUP.rule(
    "INV-NEG-2",
    "No screening in general practice",
    section="B1 (who is to be examined)",
    strength="should not (skal ikke)",
    card=CARD,
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=(change_draft("add_reason", of="dxa"), delete_draft("dxa")),
)
def inv_neg_2(case: Case) -> Answer:
    """No risk factor is recorded; a factor that is known but not recorded is the usual explanation."""
    return all_of(
        in_scope(case),
        dxa_drafted(case),
        no_dxa_ever(case),
        no(count_i(case, 1)),
        no(associated_drug(case)),
        no(gc_threshold(case)),
        no(osteoporosis(case)),
    )
