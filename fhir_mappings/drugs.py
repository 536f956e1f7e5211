"""The names of drugs in the fact vocabulary (0.9), as the medication readers use them."""

from __future__ import annotations

SUPPLEMENTS = frozenset({"calcium", "calcium_vitd", "vitamin_d"})
#: Systemic when taken by mouth or vein, with a known equivalent or not (0.10).
GLUCOCORTICOIDS = frozenset(
    {
        *("prednisolone", "prednisone", "methylprednisolone", "hydrocortisone", "cortisone"),
        *("dexamethasone", "betamethasone", "triamcinolone", "deflazacort"),
    }
)
#: A systemic glucocorticoid by class only: its mg cannot be turned into prednisolone.
ANY_GLUCOCORTICOID = "glucocorticoid_systemic"
#: Anti-osteoporotic drugs.
BONE_DRUGS = frozenset(
    {
        *("alendronate", "alendronate_effervescent", "risedronate", "ibandronate", "ibandronate_iv"),
        *("zoledronate", "denosumab", "teriparatide", "romosozumab", "raloxifene", "etidronate", "strontium"),
    }
)
#: Of these the drugs taken day by day or week by week, whose dose per day says something.
TAKEN_BONE_DRUGS = BONE_DRUGS - {"zoledronate", "denosumab", "romosozumab", "ibandronate_iv"}
#: Given as an injection or infusion that the rules count; their cancer products are told apart.
INJECTED = frozenset({"denosumab", "zoledronate"})
#: Names that are one substance: two orders of it are orders of the same drug.
SUBSTANCES = GLUCOCORTICOIDS | SUPPLEMENTS | BONE_DRUGS | {"warfarin", "lithium", "paracetamol"}
#: Names that are a class of drugs.
CLASSES = frozenset(
    {
        *("hrt", "antiandrogen", "aromatase_inhibitor", "anticonvulsant", "loop_diuretic", "heparin", "ssri", "tca"),
        *("ppi", "glitazone", "benzodiazepine", "hypnotic", "antipsychotic", "antidepressant", "opioid", "diuretic"),
        *("antihypertensive", "anticholinergic", "pde5_inhibitor", "statin", "betablocker", "insulin"),
        *("sulfonylurea", "glucose_lowering", "nsaid", "neuropathic_agent", "weight_loss_drug"),
        *("budesonide", "glucocorticoid_local", ANY_GLUCOCORTICOID),
    }
)
#: Of these the rules ask only whether they are taken now: what has ended need not be read.
ASKED_WHILE_TAKEN = CLASSES - {"hrt", "opioid", "budesonide", "glucocorticoid_local", ANY_GLUCOCORTICOID} | {
    *("paracetamol", "lithium", "warfarin"),
    *("analgesic", "fall_risk_orthostatic_other"),  # groups in the code tables that no rule knows
}
