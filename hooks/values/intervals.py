"""Values of part 4: intervals, new factors, what a referral lacks, changes between scans."""

from __future__ import annotations

from datetime import date

from hooks.guideline.bone_density import after_last_dxa, dxa_dates
from hooks.guideline.case import Case
from hooks.guideline.density_change import density_changes, reached
from hooks.guideline.dxa_interval import IMPORTANT, interval_months, new_glucocorticoid
from hooks.guideline.fractures import fractures, latest_date
from hooks.guideline.laboratory import height_loss, not_measured
from hooks.guideline.logic import Unknown, Yes, at_least
from hooks.guideline.part_04_dxa import interpretation_not_stated, interpretation_wanted, reason_lacking
from hooks.guideline.risk_factors import present
from hooks.guideline.scope import condition
from hooks.guideline.treatment import treatment_start
from hooks.language import Language
from hooks.values import value, when


def completed_months(since: date, until: date) -> int:
    """Completed calendar months."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


@value("last_dxa_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    made = dxa_dates(case)
    return say.day(made[0] if made else None)


@value("interval_years", "ikke registreret")
def _(case: Case, say: Language) -> str:
    months = interval_months(case)
    return say.term("not_recorded") if isinstance(months, Unknown) else say.number(months.value / 12, 0)


@value("new_factors", "systemisk glukokortikoid (01.02.2025) og reumatoid artritis (01.02.2025)")
def _(case: Case, say: Language) -> str:
    ids = (*IMPORTANT, "Q8") if isinstance(new_glucocorticoid(case), Yes) else IMPORTANT
    found = [f for f in present(case, ids) if after_last_dxa(case, f.onset)]
    return say.list(f"{say.term(f'risk.{f.id}')} ({say.day(f.onset)})" for f in found) or say.term("none")


@when("interpretation_not_stated")
def _(case: Case) -> bool:
    return isinstance(interpretation_not_stated(case), Yes)


@when("referral_reason_lacking")
def _(case: Case) -> bool:
    return isinstance(reason_lacking(case), Yes)


@when("referral_vitamin_d_lacking")
def _(case: Case) -> bool:
    wanted = isinstance(interpretation_wanted(case), Yes)
    return wanted and isinstance(not_measured(case, "vitamin_d"), Yes)


@value("vertebral_signs", "højdetab 5,5 cm, udtalt kyfose og mistanke om sammenfald i ryggen")
def _(case: Case, say: Language) -> str:
    signs = [
        say.term(f"condition.{concept}")
        for concept in ("kyphosis", "reduced_rib_iliac_distance", "suspected_vertebral_collapse")
        if isinstance(condition(case, concept), Yes)
    ]
    lost = height_loss(case)
    if not isinstance(lost, Unknown) and at_least(lost, case.defaults.height_loss):
        signs.insert(0, say.term("height_lost").format(cm=say.number(lost.value, 1)))
    return say.list(signs) or say.term("none")


@value("vfa_fracture_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return say.day(latest_date(fractures(case, lambda f: f.site == "vertebral" and f.vfa)))


@value("density_changes", "total hofte −12,5 % (grænse 5 %) og lændehvirvelsøjle −12,5 % (grænse 3 %)")
def _(case: Case, say: Language) -> str:
    template = say.term("density_change")
    return say.list(
        template.format(
            site=say.term(f"site.{change.newer.site}"),
            percent=f"{'+' if change.percent > 0 else ''}{say.number(change.percent, 1)}",
            limit=say.number(change.limit),
        )
        for change in density_changes(case)
        if isinstance(reached(change), Yes)
    )


@value("density_dates", "31.12.2022 – 31.12.2025")
def _(case: Case, say: Language) -> str:
    found = density_changes(case)
    return f"{say.day(found[0].older.date)} – {say.day(found[0].newer.date)}" if found else say.term("not_recorded")


@value("treatment_began", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return say.day(treatment_start(case))
