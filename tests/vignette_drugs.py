"""The products the worked patients take: real ATC and RxNorm codes, each with its name.

Where the guideline's vocabulary names a group (benzodiazepine), one well-known member stands
for it. RxNorm is used where codes.csv has the drug, else ATC in both dialects.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.vignette_codes import Codes, both


class Drug(NamedTuple):
    """A product: its name, for people, and its codes per dialect."""

    name: str
    codes: Codes


DRUGS: Final = {
    # osteoporosis
    "alendronate": Drug("alendronic acid", Codes("atc:M05BA04", "rx:46041 rx:904431")),
    "alendronate_effervescent": Drug("alendronic acid", Codes("atc:M05BA04", "rx:46041")),
    "denosumab": Drug("denosumab", Codes("atc:M05BX04", "rx:993449 rx:993452")),
    "etidronate": Drug("etidronic acid", Codes("atc:M05BA01", "rx:42682")),
    "ibandronate": Drug("ibandronic acid", Codes("atc:M05BA06", "rx:115264 rx:904932")),
    "raloxifene": Drug("raloxifene", Codes("atc:G03XC01", "rx:72143")),
    "risedronate": Drug("risedronic acid", Codes("atc:M05BA07", "rx:73056")),
    "romosozumab": Drug("romosozumab", Codes("atc:M05BX06", "rx:2123126")),
    "strontium": Drug("strontium ranelate", both("atc:M05BX03")),
    "teriparatide": Drug("teriparatide", Codes("atc:H05AA02", "rx:32915")),
    "zoledronate": Drug("zoledronic acid", Codes("atc:M05BA08", "rx:77655")),
    # supplements and hormones
    "calcium": Drug("calcium carbonate", Codes("atc:A12AA04", "rx:1897")),
    "calcium_vitd": Drug("calcium and vitamin D", both("atc:A12AX")),
    "hrt": Drug("estradiol and norethisterone", Codes("atc:G03FA01", "rx:38260")),  # RxNorm: tibolone
    "vitamin_d": Drug("colecalciferol", Codes("atc:A11CC05", "rx:2418")),
    # glucocorticoids
    "betamethasone": Drug("betamethasone", Codes("atc:H02AB01", "rx:1514")),
    "cortisone": Drug("cortisone", Codes("atc:H02AB10", "rx:2878")),
    "deflazacort": Drug("deflazacort", Codes("atc:H02AB13", "rx:22396")),
    "dexamethasone": Drug("dexamethasone", Codes("atc:H02AB02", "rx:3264")),
    "hydrocortisone": Drug("hydrocortisone", Codes("atc:H02AB09", "rx:5492")),
    "methylprednisolone": Drug("methylprednisolone", Codes("atc:H02AB04", "rx:6902")),
    "prednisolone": Drug("prednisolone", Codes("atc:H02AB06", "rx:8638")),
    "prednisone": Drug("prednisone", Codes("atc:H02AB07", "rx:8640")),
    "triamcinolone": Drug("triamcinolone", Codes("atc:H02AB08", "rx:10759")),
    # drugs that weaken bone
    "anticonvulsant": Drug("carbamazepine", both("atc:N03AF01")),
    "antiandrogen": Drug("bicalutamide", Codes("atc:L02BB03", "rx:83008")),
    "aromatase_inhibitor": Drug("letrozole", Codes("atc:L02BG04", "rx:72965")),
    "glitazone": Drug("pioglitazone", both("atc:A10BG03")),
    "heparin": Drug("enoxaparin", both("atc:B01AB05")),
    "lithium": Drug("lithium", both("atc:N05AN01")),
    "loop_diuretic": Drug("furosemide", both("atc:C03CA01")),
    "ppi": Drug("omeprazole", both("atc:A02BC01")),
    "ssri": Drug("citalopram", both("atc:N06AB04")),
    "tca": Drug("amitriptyline", both("atc:N06AA09")),
    "warfarin": Drug("warfarin", both("atc:B01AA03")),
    # drugs of FALL-3 and pain
    "anticholinergic": Drug("tolterodine", both("atc:G04BD07")),
    "antidepressant": Drug("mirtazapine", both("atc:N06AX11")),
    "antihypertensive": Drug("enalapril", both("atc:C09AA02")),
    "antipsychotic": Drug("quetiapine", both("atc:N05AH04")),
    "benzodiazepine": Drug("diazepam", both("atc:N05BA01")),
    "betablocker": Drug("metoprolol", both("atc:C07AB02")),
    "diuretic": Drug("bendroflumethiazide", both("atc:C03AA01")),
    "glucose_lowering": Drug("glimepiride", both("atc:A10BB12")),
    "hypnotic": Drug("zopiclone", both("atc:N05CF01")),
    "insulin": Drug("insulin glargine", both("atc:A10AE04")),
    "neuropathic_agent": Drug("gabapentin", both("atc:N02BF01")),
    "nsaid": Drug("ibuprofen", both("atc:M01AE01")),
    "opioid": Drug("tramadol", both("atc:N02AX02")),
    "paracetamol": Drug("paracetamol", both("atc:N02BE01")),
    "pde5_inhibitor": Drug("sildenafil", both("atc:G04BE03")),
    "statin": Drug("atorvastatin", both("atc:C10AA05")),
    "sulfonylurea": Drug("glimepiride", both("atc:A10BB12")),
    "weight_loss_drug": Drug("orlistat", both("atc:A08AB01")),
}

#: Products whose code already says where they act: (drug, route).
LOCAL_PRODUCTS: Final = {
    ("budesonide", "inhaled"): Drug("budesonide, inhaled", Codes("atc:R03BA02", "rx:2108302")),
    ("budesonide", "nasal"): Drug("budesonide, nasal", both("atc:R01AD05")),
    ("budesonide", "oral"): Drug("budesonide, acting in the gut", Codes("atc:A07EA06", "rx:1244214")),
}
GLUCOCORTICOIDS: Final = frozenset(
    {"betamethasone", "cortisone", "deflazacort", "dexamethasone", "hydrocortisone", "methylprednisolone"}
    | {"prednisolone", "prednisone", "triamcinolone"}
)
#: Products abroad whose strength stands in the name: code and mg of one tablet.
TABLETS: Final = {
    "methylprednisolone": (both("rx:259966"), 4),
    "prednisolone": (both("rx:198142"), 5),
    "prednisone": (both("rx:312617"), 5),
}
#: The two ingredients of calcium with vitamin D, where a product has no code of its own.
CALCIUM_AND_VITAMIN_D: Final = (both("rx:1897"), both("rx:2418"))
EFFERVESCENT: Final = both("own:effervescent-tablet")

#: The osteoporosis dose of the vocabulary's denosumab and zoledronate (recommendations 0.5).
OSTEOPOROSIS_DOSE_MG: Final = {"denosumab": 60, "zoledronate": 5}

ROUTES: Final = {
    "depot": "sct:78421000",
    "inhaled": "sct:447694001",
    "intraarticular": "sct:12130007",
    "iv": "sct:47625008",
    "nasal": "sct:46713006",
    "oral": "sct:26643006",
    "topical": "sct:6064005",
}
