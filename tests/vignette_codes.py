"""The codes the worked patients are written in: one visible choice per concept and dialect.

The tables are typed by hand on purpose: `test_vignette_requests.py` checks each code against
`fhir_mappings/terminology/codes.csv` (usable rows only) or against the codes facts-to-fhir.md
lists, so a slip here or there is seen. A code is written `system:code`, the names of the
systems are in SYSTEMS; several codes in one cell are several ways doctors code the same
thing, one of which is chosen per patient.
"""

from __future__ import annotations

from typing import Final, NamedTuple

FACTS: Final = "https://osteo-cds.org/fhir/CodeSystem/facts"
RECOMMENDATION: Final = "https://osteo-cds.org/fhir/CodeSystem/recommendation"
UCUM: Final = "http://unitsofmeasure.org"

SYSTEMS: Final = {
    "atc": "http://www.whocc.no/atc",
    "icd": "http://hl7.org/fhir/sid/icd-10",
    "icpc": "urn:oid:1.2.208.176.2.31",
    "loinc": "http://loinc.org",
    "npu": "http://npu-terminology.org",
    "own": FACTS,
    "proc": "urn:oid:1.2.208.176.2.4",  # SKS procedures
    "rec": RECOMMENDATION,
    "role": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
    "rx": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "sct": "http://snomed.info/sct",
    "sks": "urn:oid:1.2.208.176.2.4.12",  # SKS diagnoses
}
#: Laboratories send NPU codes under two URIs; both must be understood.
NPU_SYSTEMS: Final = ("http://npu-terminology.org", "urn:oid:1.2.208.176.2.1")


class Codes(NamedTuple):
    """The codes of one concept per dialect; codes of a dialect are separated by a blank."""

    danish: str
    international: str


def both(codes: str) -> Codes:
    """A concept without a usable Danish (or without an international) code: the same in both dialects."""
    return Codes(codes, codes)


def own(concept: str) -> Codes:
    """A concept no terminology covers: the vocabulary's name in the project's own system."""
    return both("own:" + concept.replace("_", "-"))


#: Diseases and states. SKS writes a fourth character 9 where ICD-10 has three (DM459 = M45).
CONDITIONS: Final = {
    "acromegaly": Codes("icd:E22.0 sks:DE220", "sct:74107003"),
    "acute_immobilisation": own("acute_immobilisation"),
    "addison": Codes("icd:E27.1 sks:DE271", "sct:363732003"),
    "alcohol_overuse": Codes("icd:F10.2 sks:DF102 icpc:P15", "sct:66590003 sct:7200002"),
    "ankylosing_spondylitis": Codes("icd:M45 sks:DM459", "sct:9631008"),
    "anorexia": Codes("icd:F50.0 sks:DF500", "sct:56882008"),  # ICPC P86 is anorexia or bulimia
    "bone_metastasis": Codes("icd:C79.5 sks:DC795", "sct:94222008"),
    "breast_cancer": Codes("icd:C50.9 sks:DC509 icpc:X76", "sct:254837009"),
    "bulimia": Codes("icd:F50.2 sks:DF502", "sct:78004001"),
    "chronic_back_pain": both("sct:134407002 sct:278860009"),
    "ckd": Codes("icd:N18.9 sks:DN189", "sct:709044004"),
    "coeliac": Codes("icd:K90.0 sks:DK900", "sct:396331005"),
    "constipation": Codes("icd:K59.0 sks:DK590 icpc:D12", "sct:14760008"),
    "copd_severe": both("sct:313299006"),  # ICD-10 and ICPC do not say how severe
    "covering_dress": own("covering_dress"),
    "cushing": Codes("icd:E24.9 sks:DE249", "sct:47270006"),
    "dairy_free_diet": own("dairy_free_diet"),
    "dark_skin": own("dark_skin"),
    "diabetes_type1": Codes("icd:E10.9 sks:DE109 icpc:T89", "sct:46635009"),
    "diabetes_type2": Codes("icd:E11.9 sks:DE119 icpc:T90", "sct:44054006"),
    "ehlers_danlos": Codes("icd:Q79.6 sks:DQ796", "sct:398114001"),
    "fall_tendency": Codes("icd:R29.6 sks:DR296", "sct:279992002 sct:161898004"),
    "growth_hormone_deficiency": both("sct:397827003"),  # E23.0 is any hypopituitarism
    "haemochromatosis": both("sct:399187006"),  # E83.1 is any disorder of iron
    "halisteresis": own("halisteresis"),
    "heart_failure": Codes("icd:I50.9 sks:DI509 icpc:K77", "sct:84114007 sct:88805009"),
    "hypercalcaemia_malignancy": own("hypercalcaemia_malignancy"),
    "hyperlipidaemia": Codes("icd:E78.0 sks:DE780 icpc:T93", "sct:55822004"),
    "hypertension": Codes("icd:I10 sks:DI109 icpc:K86", "sct:38341003 sct:59621000"),
    "hyperthyroidism": Codes("icd:E05.9 sks:DE059 icpc:T85", "sct:34486009 sct:90739004"),
    "hypogonadism": both("sct:48130008"),  # E29.1 and E89.5 are of men only
    "ibd": Codes("icd:K50.9 sks:DK509 icd:K51.9 sks:DK519 icpc:D94", "sct:24526004 sct:34000006 sct:64766004"),
    "immobilisation": Codes("icd:Z74.0 sks:DZ740 sks:DZ993", "sct:102491009 sct:160685001 sct:105503008"),
    "ischaemic_heart_disease": Codes("icd:I25.1 sks:DI251 icpc:K76", "sct:414545008 sct:53741008"),
    "kidney_transplant": Codes("icd:Z94.0 sks:DZ940", "sct:737295003 sct:161665007"),
    "kyphosis": Codes("icd:M40.2 sks:DM402", "sct:414564002"),
    "limited_life_expectancy": Codes("icd:Z51.5 sks:DZ515", "sct:300936002 own:limited-life-expectancy"),
    "malabsorption": Codes("icd:K90.9 sks:DK909", "sct:32230006"),
    "malignancy_suspected_spine": own("malignancy_suspected_spine"),
    "marfan": Codes("icd:Q87.4 sks:DQ874", "sct:19346006"),
    "mastocytosis": Codes("icd:Q82.2 sks:DQ822", "sct:397016004"),
    "multimorbidity": own("multimorbidity"),
    "myeloma": Codes("icd:C90.0 sks:DC900", "sct:109989006"),
    "myocardial_infarction": Codes("icd:I21.9 sks:DI219 icpc:K75", "sct:22298006 sct:399211009"),
    "neuropathic_pain": Codes("icd:M79.2 sks:DM792", "sct:247398009"),
    "not_outdoors": own("not_outdoors"),
    "oesophageal_disorder": Codes("icd:K21.9 sks:DK219 icpc:D84", "sct:235595009 sct:16761005"),
    "organ_transplant": Codes("icd:Z94.4 sks:DZ944", "sct:737297006 sct:313039003"),
    "orthostatism": Codes("icd:I95.1 sks:DI951", "sct:28651003"),
    "osteogenesis_imperfecta": Codes("icd:Q78.0 sks:DQ780", "sct:78314001"),
    "osteoporosis_coded": Codes("icd:M81.9 sks:DM819 icpc:L95", "sct:64859006 sct:102447009"),
    "pernicious_anaemia": Codes("icd:D51.0 sks:DD510", "sct:84027009"),
    "primary_hyperparathyroidism": Codes("icd:E21.0 sks:DE210", "sct:36348003"),
    "reduced_rib_iliac_distance": own("reduced_rib_iliac_distance"),
    "rheumatoid_arthritis": Codes("icd:M05.9 sks:DM059 icd:M06.9 icpc:L88", "sct:69896004 sct:239791005"),
    "rollator": own("rollator"),
    "sarcoidosis": Codes("icd:D86.9 sks:DD869", "sct:31541009"),
    "secondary_hyperparathyroidism": Codes("icd:E21.1 sks:DE211", "sct:91478007"),
    "severe_acute_illness": own("severe_acute_illness"),
    "severe_refractory_vertebral_pain": own("severe_refractory_vertebral_pain"),
    "skeletal_malignancy": both("icd:C41.9 sks:DC419"),  # the table has no SNOMED code
    "skeletal_radiotherapy": own("skeletal_radiotherapy"),
    "sle": Codes("icd:M32.9 sks:DM329", "sct:55464009"),
    "spinal_degeneration": Codes("icd:M47.9 sks:DM479", "sct:8847002"),
    "stroke": Codes("icd:I63.9 sks:DI639 sks:DI649 icpc:K90", "sct:230690007 sct:432504007"),
    "suspected_vertebral_collapse": own("suspected_vertebral_collapse"),
    "vegan_diet": own("vegan_diet"),
    "venous_thromboembolism": Codes("icd:I26.9 sks:DI269 icd:I80.2 icpc:K93", "sct:128053003 sct:59282003"),
    "visual_impairment": Codes("icd:H54.9 sks:DH549 icpc:F94", "sct:397540003"),
}

#: Conditions that are no concept of their own in a vignette's list of conditions.
DYSPHAGIA: Final = Codes("icd:R13 sks:DR139 icpc:D21", "sct:40739000 sct:399122003")
EARLY_MENOPAUSE: Final = both("sct:373717006")
FAMILY_OSTEOPOROSIS: Final = both("sct:160313009")
FALL: Final = both("sct:1912002 sct:217082002")
HYPERCALCAEMIA: Final = both("sct:66931009")
NURSING_HOME: Final = both("sct:160734000")
POSTMENOPAUSAL: Final = both("sct:76498008")
#: A suspicion may also arrive as the disease itself, not yet confirmed.
SUSPECTED: Final = {
    "malignancy_suspected_spine": both("sct:94602001"),
    "suspected_vertebral_collapse": both("sct:42942008"),
}

FRACTURES: Final = {
    "ankle": Codes("icd:S82.6 sks:DS826 icd:S82.5", "sct:16114001 sct:42188001"),
    "forearm": Codes("icd:S52.4 sks:DS524 icpc:L72", "sct:65966004 sct:91419009"),
    "hip": Codes("icd:S72.0 sks:DS720 icd:S72.1 sks:DS721", "sct:5913000 sct:359817006 sct:127287001"),
    "humerus": Codes("icd:S42.2 sks:DS422", "sct:127286005 sct:66308002"),
    "other": Codes("icd:T14.2 sks:DT142 sks:DS724", "sct:125605004 sct:54441004"),
    "pelvis": Codes("icd:S32.5 sks:DS325", "sct:77493009 sct:91037003"),
    "rib": Codes("icd:S22.3 sks:DS223", "sct:33737001 sct:1261007"),
    "vertebral": Codes("icd:S22.0 sks:DS220 icd:S32.0 sks:DM485", "sct:42942008 sct:50448004 sct:281932007"),
    "wrist": Codes("icd:S52.5 sks:DS525 icd:S52.6", "sct:263199001 sct:17222009"),
}
FRACTURE_ANY: Final = both("sct:125605004")
#: Where a fracture of a bone not named in the code sits.
FRACTURE_BODY_SITES: Final = {"hip": both("sct:29627003"), "vertebral": both("sct:122496007")}
#: Bones with a side: SKS adds it after a plus sign.
PAIRED_SITES: Final = frozenset({"ankle", "forearm", "hip", "humerus", "rib", "wrist"})
VFA: Final = both("loinc:83051-3 loinc:83014-1")
RELATIVES: Final = both("role:MTH role:FTH role:SIS role:BRO")


class Measure(NamedTuple):
    """How a measured value is coded and in which unit it travels.

    `table` is the concept of units.csv, empty where no conversion exists; `unit` the unit of
    the vignettes; a cell of several units is several laboratories, like several codes.
    """

    table: str
    unit: str
    codes: Codes
    danish_unit: str
    foreign_unit: str


MEASURES: Final = {
    "alat": Measure("alat", "U/L", Codes("npu:NPU19651", "loinc:1742-6"), "U/L", "U/L"),
    "alp": Measure("alp", "U/L", Codes("npu:NPU27783", "loinc:6768-6"), "U/L", "U/L"),
    "bmi": Measure("bmi", "kg/m2", Codes("npu:NPU27281", "loinc:39156-5"), "kg/m2", "kg/m2"),
    "calcium_corrected": Measure(
        "calcium_albumin_corrected", "mmol/L", Codes("npu:NPU04169", "loinc:46099-8"), "mmol/L", "mg/dL"
    ),
    "calcium_ionised": Measure(
        "calcium_ionised", "mmol/L", Codes("npu:NPU04144", "loinc:17864-0 loinc:1995-0"), "mmol/L", "mg/dL"
    ),
    "creatinine": Measure(
        "creatinine", "umol/L", Codes("npu:NPU18016 npu:NPU04998", "loinc:2160-0"), "umol/L", "mg/dL"
    ),
    "crp": Measure("crp", "mg/L", Codes("npu:NPU19748", "loinc:1988-5"), "mg/L", "mg/dL"),
    "ctx": Measure("ctx", "ng/L", Codes("npu:NPU21715", "loinc:41171-0"), "ng/L", "ng/mL pg/mL"),
    "dietary_calcium_mg": Measure("", "mg/day", own("dietary_calcium"), "mg/d", "mg/d"),
    "egfr": Measure(
        "egfr",
        "mL/min/1.73m2",
        Codes("npu:DNK35302", "loinc:62238-1 loinc:98979-8"),
        "mL/min",
        "mL/min/{1.73_m2}",
    ),
    "haemoglobin": Measure("haemoglobin", "mmol/L", Codes("npu:NPU02319", "loinc:718-7"), "mmol/L", "g/dL"),
    "hba1c": Measure("hba1c", "mmol/mol", Codes("npu:NPU27300", "loinc:4548-4"), "mmol/mol", "%"),
    "height_cm": Measure("body_height", "cm", Codes("npu:NPU03794", "loinc:8302-2"), "m", "m [in_i]"),
    "leucocytes": Measure("leukocytes", "10*9/L", Codes("npu:NPU02593", "loinc:6690-2"), "10*9/L", "10*3/uL"),
    "m_component": Measure("m_component", "g/L", both("loinc:33358-3"), "g/L", "g/dL"),
    "magnesium": Measure("magnesium", "mmol/L", Codes("npu:NPU02647", "loinc:19123-9"), "mmol/L", "mg/dL"),
    "p1np": Measure("p1np", "ug/L", Codes("npu:NPU19893", "loinc:77370-5 loinc:47255-5"), "ug/L", "ng/mL"),
    "peak_height_cm": Measure("body_height", "cm", own("peak_height"), "cm", "cm"),
    "potassium": Measure("potassium", "mmol/L", Codes("npu:NPU03230", "loinc:2823-3"), "mmol/L", "meq/L"),
    "psa": Measure("psa", "ug/L", Codes("npu:NPU08669", "loinc:2857-1"), "ug/L", "ng/mL"),
    "pth": Measure("pth", "pmol/L", Codes("npu:NPU03028", "loinc:2731-8"), "pmol/L", "pg/mL"),
    "sodium": Measure("sodium", "mmol/L", Codes("npu:NPU03429", "loinc:2951-2"), "mmol/L", "meq/L"),
    "testosterone": Measure("testosterone", "nmol/L", Codes("npu:NPU03543", "loinc:2986-8"), "nmol/L", "ng/dL"),
    "tsh": Measure("tsh", "m[IU]/L", Codes("npu:NPU03577", "loinc:3016-3"), "m[IU]/L", "u[IU]/mL"),
    "vitamin_d": Measure(
        "vitamin_d_25oh", "nmol/L", Codes("npu:NPU10267", "loinc:62292-8 loinc:1989-3"), "nmol/L", "ng/mL"
    ),
    "weight_kg": Measure("body_weight", "kg", Codes("npu:NPU03804", "loinc:29463-7"), "kg", "[lb_av] kg"),
}
#: Units that are text, not UCUM: sent as `unit` alone. "mL/min" is how Danish laboratories write eGFR.
TEXT_UNITS: Final = frozenset({"mL/min", "SD"})

#: T-score, Z-score and BMD by site. No Danish code exists; the left and the right hip have codes abroad.
DXA: Final = {
    ("t_score", "total_hip"): Codes("loinc:38264-8", "loinc:38264-8 loinc:80945-9 loinc:80946-7"),
    ("t_score", "femoral_neck"): Codes("loinc:38263-0", "loinc:38263-0 loinc:80947-5 loinc:80948-3"),
    ("t_score", "lumbar_spine"): both("loinc:38267-1"),
    ("t_score", "forearm"): Codes("loinc:38265-5", "loinc:38265-5 loinc:80944-2"),
    ("t_score", "other"): both("loinc:38266-3"),
    ("z_score", "total_hip"): Codes("loinc:80933-5", "loinc:80933-5 loinc:80938-4"),
    ("z_score", "femoral_neck"): both("loinc:80934-3"),
    ("z_score", "lumbar_spine"): both("loinc:85394-5"),
    ("z_score", "forearm"): both("loinc:80932-7"),
    ("bmd", "total_hip"): both("loinc:38261-4"),
    ("bmd", "femoral_neck"): both("loinc:24701-5"),
    ("bmd", "lumbar_spine"): both("loinc:24966-4"),
}
DXA_UNITS: Final = {
    "t_score": Codes("{T-score} SD -", "{T-score} 1"),  # "-": sent without unit
    "z_score": Codes("{Z-score} SD -", "{Z-score} 1"),
    "bmd": both("g/cm2"),
}
DXA_PANEL: Final = both("loinc:83311-1")
FEMORAL_NECK: Final = both("sct:29627003")

SMOKING_STATUS: Final = both("loinc:72166-2")
SMOKING: Final = {
    "current": Codes("sct:77176002", "sct:77176002 sct:449868002 sct:65568007"),
    "former": both("sct:8517006"),
    "never": both("sct:266919005"),
}
ALCOHOL_WEEK: Final = both("loinc:44940-5")
ALCOHOL_DAY: Final = both("loinc:74013-4")
AGE_AT_MENOPAUSE: Final = both("loinc:42802-9")
FALLS_PAST_YEAR: Final = both("loinc:52552-7")

#: Orders of the vocabulary that are not the name of a laboratory value.
ORDERS: Final = {
    "bone_specialist": both("sct:412717001 sct:306278007"),
    "calcium": MEASURES["calcium_ionised"].codes,
    "dxa": Codes("loinc:38268-9 sct:312681000", "loinc:38268-9 loinc:83311-1 sct:312681000"),
    "fall_assessment": Codes("own:fall-assessment", "own:fall-assessment sct:247541000000106"),
    "municipal_offer": own("municipal_offer"),
    "smoking_cessation": both("sct:225323000"),
    "spine_xray": Codes("sct:79760008 loinc:24984-7", "loinc:24984-7 sct:79760008"),
    "vfa": both("loinc:83051-3"),
    "zoledronate": Codes("proc:BWHB40A", "own:zoledronate-infusion"),
}
DECLINED: Final = {
    "denosumab": own("denosumab_treatment"),
    "dxa": ORDERS["dxa"],
    "fall_prevention": own("fall_prevention"),
    "markers": own("bone_markers"),
    "treatment": own("osteoporosis_treatment"),
}
PATIENT_DECLINED: Final = both("sct:105480006")
ANABOLIC: Final = own("anabolic_treatment")
