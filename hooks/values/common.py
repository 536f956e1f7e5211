"""Values that many texts use: the latest measurements, the scan, the drafts, treatment dates."""

from __future__ import annotations

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import HIP, latest_study
from hooks.guideline.calendar import add_months
from hooks.guideline.case import Case
from hooks.guideline.drafted import BONE_DRUGS, draft_medications, drafted_concept
from hooks.guideline.injections import den_last, infusions, zol_last
from hooks.guideline.laboratory import latest_calcium, newest
from hooks.guideline.logic import TOLERANCE
from hooks.guideline.risk_factors import present, register
from hooks.guideline.tablets import bp_start
from hooks.guideline.thresholds import DENOSUMAB_INTERVAL, DENOSUMAB_MAX
from hooks.guideline.treatment import stop_date
from hooks.language import Language
from hooks.values import value

_DAY = "ikke registreret"  # longer than any date


def measured(measurement: Measurement | None, say: Language, unit: str = "", decimals: int | None = None) -> str:
    """Value, comparator and unit; "not recorded" when there is none."""
    if measurement is None:
        return say.term("not_recorded")
    return f"{measurement.comparator}{say.number(measurement.value, decimals)}{' ' + unit if unit else ''}"


def rounded(number: float, limit: float, say: Language) -> str:
    """As few decimals (at most two) as leave it on the same side of the limit it is compared with."""
    for decimals in (0, 1, 2):
        shown = round(number, decimals)
        if (shown < limit) == (number < limit - TOLERANCE) and (shown > limit) == (number > limit + TOLERANCE):
            return say.number(shown, decimals)
    return say.number(number, 2)


def day_of(measurement: Measurement | None, say: Language) -> str:
    """Its date."""
    return say.day(measurement.date if measurement is not None else None)


@value("t_low", "ikke registreret")
def _(case: Case, say: Language) -> str:
    study = latest_study(case)
    return t_text(study.lowest() if study else None, say)


def t_text(score: Measurement | None, say: Language) -> str:
    """A T- or Z-score: one decimal as it is reported, two where it has them; "not recorded" when there is none."""
    tenths = score is not None and abs(score.value * 10 - round(score.value * 10)) < 1e-6
    return measured(score, say, decimals=1 if tenths else 2)


@value("t_site", "lændehvirvelsøjlen")
def _(case: Case, say: Language) -> str:
    study = latest_study(case)
    lowest = study.lowest() if study else None
    return say.term(f"site.{lowest.site}") if lowest is not None else say.term("not_recorded")


@value("t_date", _DAY)
def _(case: Case, say: Language) -> str:
    study = latest_study(case)
    return say.day(study.date if study else None)


@value("t_hip", "ikke registreret")
def _(case: Case, say: Language) -> str:
    study = latest_study(case)
    return t_text(study.lowest(HIP) if study else None, say)


@value("egfr", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return measured(newest(case, "egfr"), say)


@value("egfr_date", _DAY)
def _(case: Case, say: Language) -> str:
    return day_of(newest(case, "egfr"), say)


@value("vitamin_d", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return measured(newest(case, "vitamin_d"), say)


@value("vitamin_d_date", _DAY)
def _(case: Case, say: Language) -> str:
    return day_of(newest(case, "vitamin_d"), say)


@value("calcium", "ikke registreret")
def _(case: Case, say: Language) -> str:
    latest = latest_calcium(case)
    return measured(latest[0] if latest else None, say, decimals=2)


@value("calcium_date", _DAY)
def _(case: Case, say: Language) -> str:
    latest = latest_calcium(case)
    return day_of(latest[0] if latest else None, say)


@value("risk_factors", "tidlig menopause, reumatoid artritis, nedsat nyrefunktion og svær KOL")
def _(case: Case, say: Language) -> str:
    found = present(case, [f.id for f in register(case).values() if f.treat])
    return say.list(say.term(f"risk.{f.id.removesuffix('T')}") for f in found) or say.term("none")


@value("drafted_drug", "alendronat brusetablet")
def _(case: Case, say: Language) -> str:
    names = {d for m in draft_medications(case, BONE_DRUGS) for d in m.drugs if d in BONE_DRUGS}
    if drafted_concept(case, "zoledronate"):
        names.add("zoledronate")
    return say.list(say.term(f"drug.{name}") for name in sorted(names)) or say.term("none")


@value("bp_start", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(bp_start(case))


@value("den_last", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(den_last(case))


@value("den_due", _DAY)
def _(case: Case, say: Language) -> str:
    last = den_last(case)
    return say.day(add_months(last, DENOSUMAB_INTERVAL) if last else None)


@value("den_limit", _DAY)
def _(case: Case, say: Language) -> str:
    last = den_last(case)
    return say.day(add_months(last, DENOSUMAB_MAX) if last else None)


@value("zol_last", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(zol_last(case))


@value("zol_n", "12")
def _(case: Case, _say: Language) -> str:
    return str(len(infusions(case)))


@value("stop_date", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(stop_date(case))
