"""Part 2, lifestyle: smoking, alcohol, weight, diet, hormone therapy, the municipality's offer."""

from __future__ import annotations

from hooks.guideline.bone_density import osteopenia, osteoporosis
from hooks.guideline.calendar import add_months
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, at_patient_view, predicate
from hooks.guideline.courses import active
from hooks.guideline.drafted import draft_medication
from hooks.guideline.firing import fires
from hooks.guideline.glucocorticoid import gc_exposed
from hooks.guideline.laboratory import supplement_caution, values
from hooks.guideline.logic import (
    NO,
    Answer,
    Known,
    Unknown,
    Value,
    all_of,
    any_of,
    at_least,
    below,
    no,
    yes_if,
)
from hooks.guideline.orders import offered_within, ordered_within
from hooks.guideline.proposal import order, prescribe, task
from hooks.guideline.risk_factors import alcohol_overuse, count_i, smoker
from hooks.guideline.rule import Group
from hooks.guideline.scope import age, any_condition, female, in_scope, menopause_status
from hooks.guideline.thresholds import AGE_EARLY_MENOPAUSE, MUNICIPAL_AGE, REFERRAL_AGE, WEIGHT_WINDOW

GROUP = Group(2, "Prevention and lifestyle")


@predicate
def bone_at_risk(case: Case) -> Answer:
    """Osteoporosis, osteopenia, two risk factors, or glucocorticoid at threshold."""
    return any_of(osteoporosis(case), osteopenia(case), count_i(case, 2), gc_exposed(case))


@predicate
def recorded_postmenopausal(case: Case) -> Answer:
    """Recorded, not presumed, as being after the menopause."""
    status = menopause_status(case)
    return NO if status is None else yes_if(status.value == "post", status)


@predicate
def menopause_age(case: Case) -> Value[float]:
    """Age at menopause, years."""
    years = case.facts.menopause_age
    return Unknown(("menopause_age",)) if years is None else Known(years)


@predicate
def weight_loss(case: Case) -> Value[float]:
    """Largest fall to the latest weight from one at most 12 months before, percent (negative: a gain).

    Unknown with fewer than two weights of that kind, the latest at most 12 months old.
    """
    weights = values(case, "weight_kg")
    if len(weights) < 2 or weights[0].date < add_months(case.today, -WEIGHT_WINDOW):
        return Unknown(("weight_kg",))
    latest = weights[0]
    since = add_months(latest.date, -WEIGHT_WINDOW)
    earlier = [m for m in weights[1:] if m.date >= since]
    if not earlier:
        return Unknown(("weight_kg",))
    highest = max(earlier, key=lambda m: m.value)
    return Known((highest.value - latest.value) / highest.value * 100, (highest, latest))


GROUP.explanation(
    "LIF-1",
    "Bone-healthy lifestyle (knoglevenlig livsstil)",
    section="§3 box; §6; §8; §9.1; B1; B1-A..E; A-FruitVeg",
    strength="recommended",
    card="C-STATUS",
    shown_with=(
        *("DEF-OP-1", "DEF-OP-2", "DEF-OPENIA-1", "GLU-DXA-1", "INV-2", "INV-7", "INV-9"),
        *("MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3", "DUR-3", "DUR-7", "DEN-INT-1", "DEN-START-1", "GLU-SUP-1"),
    ),
)

GROUP.explanation(
    "LIF-2",
    "Physical activity that the person finds meaningful",
    section="§3; §9.1; B1-K; A-Activity",
    strength="recommended; keep the tone positive",
    card="C-STATUS",
    shown_with=("DEF-OP-1", "DEF-OP-2", "DEF-OPENIA-1", "MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3"),
)


def smoking_cessation_offered(case: Case) -> Answer:
    """A referral to smoking cessation within 12 months."""
    return ordered_within(case, REFERRAL_AGE, "smoking_cessation")


@GROUP.rule(
    "LIF-3",
    "Smoking",
    section="§3; B1-K; Box R; A-Smoking",
    strength="offered",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
    settled_by=("smoking_cessation",),
    unless=smoking_cessation_offered,
    proposals=(order("smoking_cessation"),),
)
def lif_3(case: Case) -> Answer:
    """Smoking harms bone, muscle and balance: offer the usual cessation programme."""
    return all_of(in_scope(case), smoker(case), bone_at_risk(case))


@GROUP.rule(
    "LIF-4",
    "Alcohol",
    section="§3; B1-K; Box R; A-Alcohol",
    strength="ought not exceed the health authority's general advice",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
    proposals=(task("alcohol_talk"),),
)
def lif_4(case: Case) -> Answer:
    """Alcohol above the general advice adds bone loss and falls. No figure in the guideline: the limit is ours."""
    return all_of(in_scope(case), alcohol_overuse(case), bone_at_risk(case))


@GROUP.rule(
    "LIF-5",
    "Weight loss and dieting advised against",
    section="§3; B1; B1-K; A-Weight",
    strength="advised against (frarådes)",
    card="C-STATUS",
    hooks=(PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN),
    proposals=(task("weight_review"),),
)
def lif_5(case: Case) -> Answer:
    """Weight loss lowers bone density. The percentage is a default and the drug as trigger our extension.

    On the order hooks only a drafted weight-loss drug makes it relevant. Not modelled: whether the loss was wanted.
    """
    return all_of(
        in_scope(case),
        any_of(osteoporosis(case), osteopenia(case)),
        any_of(
            all_of(at_patient_view(case), at_least(weight_loss(case), case.defaults.weightloss)),
            draft_medication(case, "weight_loss_drug"),
        ),
    )


def eating_disorder_or_weight_loss(case: Case) -> Answer:
    """Anorexia or bulimia is recorded, or LIF-5 fires."""
    return any_of(any_condition(case, "anorexia", "bulimia"), fires(case, "LIF-5"))


GROUP.explanation(
    "LIF-6",
    "Eating disorder, energy restriction and hard training",
    section="§3; Box R",
    strength="caution",
    card="C-STATUS",
    shown_with=("INV-7", "LIF-5"),
    when=eating_disorder_or_weight_loss,
)


@GROUP.rule(
    "LIF-7",
    "Hormone therapy after early menopause",
    section="§3; Box R; A-Menopause",
    strength="may consider",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
    proposals=(task("hormone_therapy_talk"),),
)
def lif_7(case: Case) -> Answer:
    """After a menopause before 45 hormone therapy can be considered until about the mean age at menopause.

    The mean age and the list of reasons against are not from the guideline.
    """
    return all_of(
        female(case),
        recorded_postmenopausal(case),
        below(menopause_age(case), AGE_EARLY_MENOPAUSE),
        below(age(case), case.defaults.meno_mean),
        no(active(case, "hrt")),
        no(any_condition(case, "breast_cancer", "venous_thromboembolism", "stroke", "myocardial_infarction")),
    )


@GROUP.rule(
    "LIF-8",
    "Municipal offer (kommunalt tilbud)",
    section="§9.1; B2",
    strength="recommended (as for other chronic disease)",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
    settled_by=("municipal_offer",),
    proposals=(order("municipal_offer"),),
)
def lif_8(case: Case) -> Answer:
    """A clarifying talk in the municipality can be offered, as for other chronic disease. 24 months is a default."""
    return all_of(osteoporosis(case), no(offered_within(case, MUNICIPAL_AGE, "municipal_offer")))


GROUP.explanation(
    "LIF-9",
    "Fruit, vegetables and other dietary background",
    section="§3; A-FruitVeg",
    strength="information",
    card="C-STATUS",
    shown_with=("LIF-1", "LIF-3", "LIF-4", "LIF-5", "SUP-4", "SUP-5"),
)


@GROUP.rule(
    "LIF-10",
    "Vegan or dairy-free diet",
    section="§3; A-Plant; A-Calcium",
    strength="be aware",
    card="C-SUPPLEMENT",
    hooks=(PATIENT_VIEW,),
    unless=supplement_caution,
    proposals=(prescribe("calcium"),),
)
def lif_10(case: Case) -> Answer:
    """Without dairy the need for calcium is hard to reach from the food."""
    return all_of(
        in_scope(case),
        any_condition(case, "vegan_diet", "dairy_free_diet"),
        no(active(case, "calcium", "calcium_vitd")),
    )


GROUP.explanation(
    "LIF-11",
    "Raise lifestyle opportunistically, or postpone",
    section="B1 (how is a bone-healthy lifestyle ensured)",
    strength="may consider",
    card="C-STATUS",
    shown_with=("LIF-3", "LIF-4", "LIF-5"),
)
