"""Every number of the guideline, once: value, unit, section and how we read it.

The `<` or `≤` stays in the rule. What the guideline leaves open and a deployment may change
stands in defaults.py. C-nn are the contradictions of the catalogue's part 20.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number with its origin, for the documentation and the doctors who check it."""

    name: str
    value: float
    unit: str
    section: str
    reading: str


THRESHOLDS: dict[str, Threshold] = {}


def _number(name: str, value: float, unit: str, section: str, reading: str) -> float:
    if name in THRESHOLDS:
        raise ValueError(f"threshold {name} is written twice")
    THRESHOLDS[name] = Threshold(name, value, unit, section, reading)
    return value


T_OSTEOPOROSIS = _number("T_OSTEOPOROSIS", -2.5, "SD", "§2; §5; §8", "exactly −2.5 is osteoporosis")
T_OSTEOPENIA = _number("T_OSTEOPENIA", -1.0, "SD", "§2; §5; §6", "exactly −1.0 is osteopenia (C-06)")
T_INTERVAL_LOW = _number("T_INTERVAL_LOW", -2.0, "SD", "§5", "exactly −2.0 is in the row −1.0 to −2.0")
T_TERIPARATIDE = _number("T_TERIPARATIDE", -3.0, "SD", "§9.2", "−3.0 or lower")
T_STOP_HIP = _number("T_STOP_HIP", -2.5, "SD", "§10", "stop only above −2.5 at the hip (C-32)")
T_DENOSUMAB_PAUSE = _number("T_DENOSUMAB_PAUSE", -1.5, "SD", "§10", "a pause can be discussed above −1.5")
T_FALL_SPINE = _number("T_FALL_SPINE", 0.3, "SD", "§9.3", "a fall of 0.3 or more (C-31)")
T_FALL_HIP = _number("T_FALL_HIP", 0.5, "SD", "§9.3", "a fall of 0.5 or more (C-31)")
LSC_HIP = _number("LSC_HIP", 5, "%", "§5", "a change of 5 % or more is real")
LSC_SPINE = _number("LSC_SPINE", 3, "%", "§5", "a change of 3 % or more is real")
COMPRESSION_DIAGNOSTIC = _number("COMPRESSION_DIAGNOSTIC", 20, "%", "§2", "20 % or more is diagnostic")
COMPRESSION_ANABOLIC = _number("COMPRESSION_ANABOLIC", 25, "%", "§9.2", "25 % or more counts for teriparatide")
FRACTURE_LETTER = _number("FRACTURE_LETTER", 90, "days", "B1 (default)", "a fracture letter this recent")
FRACTURES_ANABOLIC = _number("FRACTURES_ANABOLIC", 2, "fractures", "§9.2", "two, of any age (C-21)")
FRACTURE_RECENT_ANABOLIC = _number("FRACTURE_RECENT_ANABOLIC", 36, "months", "§9.2", "within three years")

AGE_MAN_IN_SCOPE = _number("AGE_MAN_IN_SCOPE", 60, "years", "Forord; §1", "from the 60th birthday (C-08)")
AGE_MAN_GLUCOCORTICOID = _number("AGE_MAN_GLUCOCORTICOID", 50, "years", "§9.4", "from 50 (C-08)")
AGE_MAN_TERIPARATIDE = _number("AGE_MAN_TERIPARATIDE", 40, "years", "§9.2", "over 40")
AGE_TREAT_BEFORE_DXA = _number("AGE_TREAT_BEFORE_DXA", 75, "years", "§9.4", "over 75 (C-02)")
AGE_MAN_TREAT_BEFORE_DXA = _number("AGE_MAN_TREAT_BEFORE_DXA", 80, "years", "Fig 3", "men, firm tier over 80")
AGE_SUPPLEMENT = _number("AGE_SUPPLEMENT", 70, "years", "§3", "from the 70th birthday (C-09)")
AGE_ADULT = _number("AGE_ADULT", 18, "years", "Forord", "no cards below 18")
AGE_EARLY_MENOPAUSE = _number("AGE_EARLY_MENOPAUSE", 45, "years", "§3; Box R", "menopause before 45")
AGE_DXA_INTERVAL = _number("AGE_DXA_INTERVAL", 75, "years", "§5", "over 75; 75 itself shorter row (C-10)")
AGE_RELATIVE_WEAK = _number("AGE_RELATIVE_WEAK", 85, "years", "B1", "diagnosed at 85 or later, no fracture: weak")
AGE_PRESUMED_LOW_ENERGY = _number(
    "AGE_PRESUMED_LOW_ENERGY", 50, "years", "§2", "hip or vertebral fracture, mechanism unknown: presumed"
)
YEARS_AFTER_MENOPAUSE = _number("YEARS_AFTER_MENOPAUSE", 5, "years", "§5", "exactly 5: shorter row (C-10)")
INTERVAL_T_NORMAL_OLD = _number("INTERVAL_T_NORMAL_OLD", 120, "months", "§5", "T > −1.0, over 75")
INTERVAL_LONG = _number("INTERVAL_LONG", 60, "months", "§5", "rows 2, 3 and 4")
INTERVAL_SHORT = _number("INTERVAL_SHORT", 36, "months", "§5", "rows 5 and 6")

EGFR_LIMIT = _number("EGFR_LIMIT", 35, "mL/min/1.73 m2", "§9.2", "35 itself is not sufficient (C-04)")
EGFR_TERIPARATIDE = _number("EGFR_TERIPARATIDE", 30, "mL/min/1.73 m2", "§9.2", "contraindicated below 30 (C-45)")
EGFR_FREQUENT = _number("EGFR_FREQUENT", 50, "mL/min/1.73 m2", "B1-B", "frequent control below 50")
EGFR_REDUCED = _number("EGFR_REDUCED", 60, "mL/min/1.73 m2", "Box R", "reduced below 60 (default)")
VITD_VERY_LOW = _number("VITD_VERY_LOW", 25, "nmol/L", "§7", "very low below 25")
VITD_START = _number("VITD_START", 50, "nmol/L", "§9.2", "start above 50; 50 itself is not (C-03)")
VITD_TARGET_LOW = _number("VITD_TARGET_LOW", 70, "nmol/L", "§9.1", "aim from 70")
VITD_TARGET_HIGH = _number("VITD_TARGET_HIGH", 125, "nmol/L", "§9.1", "aim to 125; 125 is inside")
VITD_CONTROL = _number("VITD_CONTROL", 3, "months", "§7; default", "a new value this long after a change")
VITD_SCAN_BEFORE = _number("VITD_SCAN_BEFORE", 12, "months", "default", "vitamin D this long before a scan bears on it")
VITD_SCAN_AFTER = _number("VITD_SCAN_AFTER", 3, "months", "default", "vitamin D this long after a scan bears on it")
CALCIUM_IONISED_LOW = _number("CALCIUM_IONISED_LOW", 1.18, "mmol/L", "default", "without a reference range")
CALCIUM_IONISED_HIGH = _number("CALCIUM_IONISED_HIGH", 1.32, "mmol/L", "default", "without a reference range")
CALCIUM_CORRECTED_LOW = _number("CALCIUM_CORRECTED_LOW", 2.20, "mmol/L", "default", "without a reference range")
CALCIUM_CORRECTED_HIGH = _number("CALCIUM_CORRECTED_HIGH", 2.55, "mmol/L", "default", "no reference range")
CALCIUM_SINGLE_DOSE = _number("CALCIUM_SINGLE_DOSE", 500, "mg", "§3", "500 mg may be one dose")
CALCIUM_TARGET = _number("CALCIUM_TARGET", 800, "mg/day", "§3", "the target itself is enough (C-24)")
CALCIUM_TARGET_RISK = _number("CALCIUM_TARGET_RISK", 1000, "mg/day", "§3", "with osteoporosis or risk (C-24)")
MARKER_FALL = _number("MARKER_FALL", 30, "%", "§7", "30 % or more is effect (C-01)")
MARKER_RISE = _number("MARKER_RISE", 30, "%", "§10", "30 % or more (borrowed for FAIL-5)")
MARKER_FRACTURE = _number("MARKER_FRACTURE", 6, "months", "§7", "exactly six months still blocks (C-12)")
MARKER_REPEAT = _number("MARKER_REPEAT", 3, "months", "§7", "repeat after three more months")

GC_DAILY = _number("GC_DAILY", 5.0, "mg prednisolone/day", "§4; §9.4", "5 mg or more (C-05)")
GC_DAYS = _number("GC_DAYS", 90, "days", "§4; §9.4", "three months = 90 days")
GC_SUM = _number("GC_SUM", 450.0, "mg prednisolone", "§4; §9.4", "450 mg or more in 365 days (C-05)")
GC_WINDOW = _number("GC_WINDOW", 365, "days", "§4; §9.4", "a year")
GC_LOOKBACK = _number("GC_LOOKBACK", 36, "months", "default", "a past course is looked for this far back")
GC_AFTER_MIN = _number("GC_AFTER_MIN", 6, "months", "§9.4", "bisphosphonate half a year after (C-07)")
GC_AFTER_MAX = _number("GC_AFTER_MAX", 12, "months", "§9.4", "to one year after (C-07)")

DENOSUMAB_INTERVAL = _number("DENOSUMAB_INTERVAL", 6, "months", "§9.2", "every six months")
DENOSUMAB_MAX = _number("DENOSUMAB_MAX", 7, "months", "§9.2; B1", "seven months is the last day (C-30)")
COURSE_ORAL = _number("COURSE_ORAL", 60, "months", "§10", "five years")
COURSE_ZOLEDRONATE = _number("COURSE_ZOLEDRONATE", 3, "infusions", "§9.2", "typically three")
ZOLEDRONATE_INTERVAL = _number("ZOLEDRONATE_INTERVAL", 12, "months", "§9.2", "yearly")
ZOLEDRONATE_EFFECT = _number("ZOLEDRONATE_EFFECT", 15, "months", "§9.2", "on zoledronate until then (default)")
TERIPARATIDE_MAX = _number("TERIPARATIDE_MAX", 24, "months", "§9.2", "exactly 24 months is not over")
ROMOSOZUMAB_MAX = _number("ROMOSOZUMAB_MAX", 12, "months", "§9.2", "exactly 12 months is not over")
TREATMENT_VISIBLE = _number("TREATMENT_VISIBLE", 24, "months", "§5; §9.3", "effect on DXA from two years")
STOP_MIN = _number("STOP_MIN", 24, "months", "§10; B1-D", "never a control before 24 months (C-11)")
FOLLOW_ON_BEFORE = _number("FOLLOW_ON_BEFORE", 90, "days", "§9.2 (default)", "follow-on drug this long before the stop")
FOLLOW_ON_ASKED = _number("FOLLOW_ON_ASKED", 24, "months", "§9.2 (default)", "asked for this long after the stop")
ZOLEDRONATE_ASKED = _number(
    "ZOLEDRONATE_ASKED", 36, "months", "§9.2 (default)", "unfinished course asked for until then"
)
PAIN_DAYS = _number("PAIN_DAYS", 56, "days", "§12", "four to eight weeks")
DENTAL_VISIT = _number("DENTAL_VISIT", 12, "months", "§9.2 (default)", "a dental visit this recent is enough")
GAP_ORAL = _number("GAP_ORAL", 90, "days", "default", "shorter gaps do not restart a course")

LEVEL_AGAIN = _number("LEVEL_AGAIN", 3, "months", "default", "vitamin D measured again after repletion began")
REPLETED = _number("REPLETED", 6, "months", "§7; §9.1", "a new scan from 6 months at the level, preferably 12")
AGE_NO_REPEAT = _number("AGE_NO_REPEAT", 75, "years", "§5", "from 75 with T from −1.5: no repeat (default)")
T_NO_REPEAT = _number("T_NO_REPEAT", -1.5, "SD", "§5", "the example of −1.2 at 75, read as −1.5 (default)")
AGE_FALLS = _number("AGE_FALLS", 65, "years", "default", "falls are raised from 65 without bone disease")
FALLS_SEVERAL = _number("FALLS_SEVERAL", 2, "falls", "default", "complex: two falls in a year")
DRUGS_MANY = _number("DRUGS_MANY", 5, "drugs", "default", "complex: five active drugs")
OPIOID_REVIEW = _number("OPIOID_REVIEW", 28, "days", "default", "an opioid is reviewed after four weeks")
FRACTURE_OPIOID = _number("FRACTURE_OPIOID", 6, "months", "default", "an opioid is given for this fracture")
WEIGHT_WINDOW = _number("WEIGHT_WINDOW", 12, "months", "default", "weights at most this far apart and this old")
DIET_AGE = _number("DIET_AGE", 24, "months", "default", "calcium from food this fresh")
REFERRAL_AGE = _number("REFERRAL_AGE", 12, "months", "default", "smoking cessation, fall assessment: not again")
MUNICIPAL_AGE = _number("MUNICIPAL_AGE", 24, "months", "default", "municipal offer: not again")
REVIEW_AHEAD = _number("REVIEW_AHEAD", 90, "days", "default", "an annual review so near is used")

MARKER_FIRST = _number("MARKER_FIRST", 3, "months", "§7; §11", "first marker on treatment")
MARKER_LATE = _number("MARKER_LATE", 12, "months", "§7", "after a fracture: marker after one year")
MARKER_LATEST = _number("MARKER_LATEST", 24, "months", "default", "asked for until then")
MARKER_STOP_BEFORE = _number("MARKER_STOP_BEFORE", 6, "months", "default", "marker at the stop: this long before")
MARKER_STOP_AFTER = _number("MARKER_STOP_AFTER", 3, "months", "default", "marker at the stop: this long after")
VISIT_FIRST = _number("VISIT_FIRST", 3, "months", "§11; Skema 1", "first talk")
VISIT_YEAR = _number("VISIT_YEAR", 12, "months", "§11; Skema 1", "first annual status")
VISIT_MIDWAY = _number("VISIT_MIDWAY", 24, "months", "§11; Skema 1", "doctor's review after two to three years")
VISIT_MIDWAY_LATE = _number("VISIT_MIDWAY_LATE", 36, "months", "§11; Skema 1", "exactly 36 months is not late")
VISIT_FOURTH = _number("VISIT_FOURTH", 48, "months", "Skema 1", "optional status at four years")
VISIT_LAST = _number("VISIT_LAST", 57, "months", "default", "then the five-year decision is near")
DXA_MIDWAY = _number("DXA_MIDWAY", 24, "months", "§11; Skema 1", "scan after two to three years")
DXA_MIDWAY_COUNTS = _number("DXA_MIDWAY_COUNTS", 22, "months", "default", "a scan from here is that scan")
DXA_MIDWAY_LAST = _number("DXA_MIDWAY_LAST", 48, "months", "default", "later it is the five-year scan")
HEIGHT_BEFORE = _number("HEIGHT_BEFORE", 24, "months", "default", "height this long before start is the first")
FAILURE_SETTLED = _number("FAILURE_SETTLED", 3, "months", "default", "a scan until then shows the start")
FAILURE_BASE = _number("FAILURE_BASE", 36, "months", "default", "the scan before start at most this old")
FAILURE_FRACTURES = _number("FAILURE_FRACTURES", 2, "fractures", "§9.3", "two or more")
FAILURE_AFTER = _number("FAILURE_AFTER", 12, "months", "§9.3", "exactly 12 months is not more than a year")
FRACTURE_SHOWN = _number("FRACTURE_SHOWN", 12, "months", "default", "a fracture on treatment is raised this long")
DENOSUMAB_CHECK = _number("DENOSUMAB_CHECK", 5, "months", "default", "tests are looked at from then")
DENOSUMAB_UNDATED = _number("DENOSUMAB_UNDATED", 1, "months", "default", "an order so old without an injection")
DENOSUMAB_RISK = _number("DENOSUMAB_RISK", 36, "months", "default", "earlier low values count this long")
DENOSUMAB_REVIEW = _number("DENOSUMAB_REVIEW", 36, "months", "Skema 2", "doctor's review every third year")
REPEAT_FROM = _number("REPEAT_FROM", 12, "months", "§9.2; §10", "second infusion after denosumab")
REPEAT_UNTIL = _number("REPEAT_UNTIL", 24, "months", "default", "offered until then")
COURSE_LONG = _number("COURSE_LONG", 72, "months", "Skema 1", "a year after the five-year decision")
STATUS_YEARLY = _number("STATUS_YEARLY", 12, "months", "Skema 1", "status beyond five years")
REVIEW_THIRD = _number("REVIEW_THIRD", 36, "months", "Skema 1", "every third status by the doctor")
DECIDED = _number("DECIDED", 36, "months", "default", "a doctor's review settles the decision this long")
ZOLEDRONATE_PLAN = _number("ZOLEDRONATE_PLAN", 48, "months", "default", "a plan is asked for until then")
GC_TABLET_BEFORE = _number("GC_TABLET_BEFORE", 1, "months", "default", "a tablet so early was for prednisolone")

#: mg of each drug that equal 5 mg prednisolone; standard pharmacology, not from the guideline (0.10).
EQUIVALENT_OF_5_MG_PREDNISOLONE: dict[str, float] = {
    "prednisolone": 5.0,
    "prednisone": 5.0,
    "methylprednisolone": 4.0,
    "triamcinolone": 4.0,
    "dexamethasone": 0.75,
    "betamethasone": 0.6,
    "hydrocortisone": 20.0,
    "cortisone": 25.0,
    "deflazacort": 6.0,
}
