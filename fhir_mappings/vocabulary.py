"""The names of the fact vocabulary (recommendations 0.9) for the concepts of the code tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Concept of the tables -> name in the fact vocabulary, where they differ.
VOCABULARY: Mapping[str, str] = MappingProxyType(
    {
        # conditions
        "thoracic_kyphosis": "kyphosis",
        "systemic_lupus_erythematosus": "sle",
        "chronic_kidney_disease": "ckd",
        "coeliac_disease": "coeliac",
        "inflammatory_bowel_disease": "ibd",
        "multiple_myeloma": "myeloma",
        "diabetes_type_1": "diabetes_type1",
        "diabetes_type_2": "diabetes_type2",
        "anorexia_nervosa": "anorexia",
        "bulimia_nervosa": "bulimia",
        "osteoporosis": "osteoporosis_coded",
        "wheelchair_user": "immobilisation",
        "bone_malignancy": "skeletal_malignancy",
        # observations
        "leukocytes": "leucocytes",
        "vitamin_d_25oh": "vitamin_d",
        "calcium_albumin_corrected": "calcium_corrected",
        "body_height": "height_cm",
        "body_weight": "weight_kg",
        "age_at_menopause": "menopause_age",
        # drugs
        "strontium_ranelate": "strontium",
        "calcium_vitamin_d": "calcium_vitd",
        "menopausal_hormone_therapy": "hrt",
        "fall_risk_benzodiazepine": "benzodiazepine",
        "fall_risk_hypnotic": "hypnotic",
        "fall_risk_antipsychotic": "antipsychotic",
        "fall_risk_antidepressant": "antidepressant",
        "fall_risk_opioid": "opioid",
        "fall_risk_antihypertensive": "antihypertensive",
        "fall_risk_diuretic": "diuretic",
        "fall_risk_anticholinergic": "anticholinergic",
        "fall_risk_pde5_inhibitor": "pde5_inhibitor",
        "fall_risk_glucose_lowering": "glucose_lowering",
        "fall_risk_statin": "statin",
        "fall_risk_beta_blocker": "betablocker",
        # orders and procedures
        "dxa_scan": "dxa",
        "xray_thoracolumbar_spine": "spine_xray",
        "referral_osteoporosis_clinic": "bone_specialist",
        "referral_endocrinology": "bone_specialist",
        "referral_falls_clinic": "fall_assessment",
        "zoledronate_infusion": "zoledronate",
        "denosumab_injection": "denosumab",
    }
)

#: The same, for single codes that facts-to-fhir reads otherwise than the table does; None: not read.
REREAD: Mapping[tuple[str, str], str | None] = MappingProxyType(
    {
        ("fall_tendency", "1912002"): "fall",
        ("fall_tendency", "217082002"): "fall",
        ("fall_tendency", "298344006"): "fall",
        ("fall_tendency", "428942009"): "fall_history",
        ("fall_tendency", "Z91.81"): "fall_history",
        ("bone_malignancy", "C90.0"): None,  # myeloma
        ("bone_malignancy", "DC900"): None,
        ("bone_malignancy", "C79.5"): None,  # bone_metastasis
        ("bone_malignancy", "DC795"): None,
        ("t_score_generic", "38265-5"): None,  # the forearm, unless a client declares otherwise
        ("denosumab_injection", "denosumab-injection"): "denosumab_injection",  # a visit, not the drug
        ("eating_disorder", "72366004"): None,  # anorexia or bulimia, not told
    }
)

#: The most specific concept wins: a name gives way to any of those beside it.
GIVES_WAY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "malabsorption": frozenset({"coeliac"}),
        "fracture_any": frozenset(
            {
                *("fracture_hip", "fracture_vertebra", "fracture_pelvis", "fracture_humerus", "fracture_rib"),
                *("fracture_forearm", "fracture_wrist", "fracture_ankle", "fracture_femur_other"),
            }
        ),
        "fracture_femur_other": frozenset({"fracture_hip"}),
        "fracture_forearm": frozenset({"fracture_wrist"}),
        "ischaemic_heart_disease": frozenset({"myocardial_infarction"}),
        "copd": frozenset({"copd_severe"}),
        "antipsychotic": frozenset({"lithium"}),
        "glucose_lowering": frozenset({"glitazone"}),
        "antihypertensive": frozenset({"diuretic", "betablocker"}),
        "hypnotic": frozenset({"benzodiazepine"}),
        "bulimia": frozenset({"anorexia"}),  # ICPC P86 is either: one factor
    }
)
