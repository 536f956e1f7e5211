"""What is read from Observations: the concepts, and what their answers mean (facts-to-fhir 4 and 9)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fhir_mappings.facts import UNITS, Site
from fhir_mappings.query import Query

#: Concept of a DXA code -> what is measured and where. The rules ignore forearm and other sites.
_SITES: Mapping[str, Site] = {
    "total_hip": "total_hip",
    "femoral_neck": "femoral_neck",
    "lumbar_spine": "lumbar_spine",
    "forearm": "forearm",
    "other_site": "other",
}
DENSITIES = ("t_score", "z_score", "bmd")
DENSITY: Mapping[str, tuple[str, Site]] = {
    f"{measure}_{name}": (measure, site) for measure in DENSITIES for name, site in _SITES.items()
}
#: A body site beats the site of the code; "femur" says no more than the femur code itself.
BODY_SITES: Mapping[str, Site] = {
    "body_site_femoral_neck": "femoral_neck",
    "body_site_lumbar_spine": "lumbar_spine",
}
SMOKING = {
    "smoking_current": "current",
    "smoking_former": "former",
    "smoking_never": "never",
    "smoking_not_current": "not_current",
}
#: Findings whose value is a code: what each answer means.
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "menopause_status": {"postmenopausal": "post", "premenopausal": "pre"},
    "dental_status": {"dental_poor": "poor", "dental_none": "none", "dental_regular": "regular"},
}
#: Notes of the doctor, yes or no. The date of a planned stop may lie ahead.
NOTES = frozenset(
    {
        *("specialist_bone_care", "zoledronate_unsuitable", "denosumab_stop_planned", "den_bp_plan"),
        *("severe_or_rapid_op", "cannot_stay_upright", "oral_bp_intolerance", "adherence_doubt"),
        "markers_available",
    }
)
PLANNED = frozenset({"denosumab_stop_planned"})
#: Concepts with a number for the rules, in the unit of facts.UNITS; alcohol per day becomes per week.
MEASURED = frozenset(UNITS).difference(DENSITIES) | {"alcohol_units_day"}
#: Everything read from an Observation's code.
READ = (
    frozenset({*DENSITY, "density_panel", *MEASURED, *NOTES, *ANSWERS, "smoking_status"})
    | {"menopause_age", "falls_past_year", "vertebral_compression"}
)  # fmt: skip
#: The routine tests of a work-up (SEC-1, SEC-2): apart, so that they cannot push old scans out of a page.
SCREENING = frozenset(
    {
        *("creatinine", "pth", "tsh", "hba1c", "haemoglobin", "leucocytes", "crp", "sodium", "potassium"),
        *("alat", "alp", "testosterone"),
    }
)
#: Months before the day asked in which rules look at more than the newest result of a concept; 0: never.
#: A deployment may set how fresh the newest must be, never how far back others are looked at: that is fixed.
PAST: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(SCREENING, 0),  # SEC-1, SEC-2: the panel asks for the newest
        "calcium_ionised": 36,  # DENOSUMAB_RISK: a low calcium of the last three years
        "calcium_corrected": 36,
        "weight_kg": 24,  # WEIGHT_WINDOW: the weight of the last year, and those of the year before it
        "dietary_calcium_mg": 0,  # SUP-*: the newest, if it is fresh
    }
)
#: Concepts that are read whole, and why: no result is too old to matter.
WHOLE: Mapping[str, str] = MappingProxyType(
    {
        "t_score": "an earlier scan may show osteoporosis, or be the one before the treatment began",
        "z_score": "comes with the scan, and may name its scanner",
        "bmd": "is compared with the scan before, however old",
        "egfr": "the day it first fell below the limit dates the risk factor",
        "bmi": "the day it first fell below the limit dates the risk factor",
        "alcohol_units_week": "the day it first passed the limit dates the risk factor",
        "height_cm": "the highest ever counts, and the day the loss showed",
        "peak_height_cm": "the highest ever counts",
        "vitamin_d": "counts around the latest scan and around each marker",
        "p1np": "is compared with the value before treatment, or at its stop",
        "ctx": "is compared with the value before treatment, or at its stop",
    }
)
#: Densities of bones that tell nothing are read when they come, not asked for.
_NOT_ASKED_FOR = frozenset({"bmd_forearm", "bmd_other_site"})
READS = (
    Query("observations", "Observation", 1000, "-date", READ - SCREENING - _NOT_ASKED_FOR),
    Query("screening", "Observation", 200, "-date", SCREENING, frozenset({"patient-view"})),
)
