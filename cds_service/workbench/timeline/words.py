"""What the timeline says of each mark: what, value, day and source, the same in picture and table."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from cds_service.workbench.timeline.lanes import Course, Gap, Given, Lane
from cds_service.workbench.timeline.series import Band, Limit, Point
from fhir_mappings.facts import Administration, Booking, Dispensing, Fracture, Measurement, MedicationCourse
from hooks.evidence import named
from hooks.guideline.thresholds import THRESHOLDS
from hooks.language import Language, LanguageCode, language
from hooks.texts import plain

#: The thresholds a drawn line comes from, by the limit's name.
SECTIONS = {
    "t_score.osteopenia": "T_OSTEOPENIA",
    "t_score.osteoporosis": "T_OSTEOPOROSIS",
    "vitamin_d.start": "VITD_START",
    "vitamin_d.target": "VITD_TARGET_LOW",
    "egfr.limit": "EGFR_LIMIT",
}
#: Tablets that are taken weekly or monthly: days of the time their dose is given for, and its text.
_TIMES = {"alendronate": (7, "per_week"), "risedronate": (7, "per_week"), "ibandronate": (30.4375, "per_month")}
#: Doses of one period named one after the other; of more only the highest.
_DOSES_NAMED = 4


#: A reference as nearly all are: nothing in it that could be invisible or move the text around it.
_ORDINARY = re.compile("[!-~]{1,80}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table and the name of its mark. `value` may be empty."""

    what: str
    value: str
    day: str
    source: str


class Words:
    """The timeline's words in one language."""

    def __init__(self, code: LanguageCode) -> None:
        self.say: Language = language(code)
        self.texts: Mapping[str, Any] = _texts(code)

    def text(self, name: str, **values: object) -> str:
        """A sentence of the timeline."""
        return str(self.texts[name]).format(**values)

    def of(self, table: str, name: str, **values: object) -> str:
        """A text of one of the tables."""
        return str(self.texts[table][name]).format(**values)

    def label(self, entry: Entry) -> str:
        """The name of a mark: what, value, day and source in one line."""
        kind = "label" if entry.value else "label_bare"
        return self.of("entry", kind, what=entry.what, value=entry.value, day=entry.day, source=entry.source)

    def number(self, value: float) -> str:
        return self.say.number(value)

    def point(self, point: Point) -> Entry:
        fact = point.fact
        what = named(self.say, fact.concept, "concept")
        if fact.concept == "t_score":
            what += f", {self.say.term(f'site.{point.series}')}"
        value = f"{self.short(fact)} {self.say.term(f'unit.{fact.concept}')}"
        return Entry(what, value, self.say.day(fact.date), source(fact.reference))

    def short(self, fact: Measurement) -> str:
        """The number beside a mark, with its comparator."""
        decimals = 1 if fact.concept == "t_score" and round(fact.value, 1) == round(fact.value, 2) else None
        number = self.say.number(fact.value, decimals)
        return f"{fact.comparator} {number}" if fact.comparator else number

    def fracture(self, fact: Fracture) -> Entry:
        said = []
        if fact.low_energy is not None:
            said.append(self.of("entry", "low_energy" if fact.low_energy else "high_energy"))
        if fact.pathological:
            said.append(self.of("entry", "pathological"))
        if fact.compression_pct is not None:
            said.append(self.of("entry", "compression", percent=self.number(fact.compression_pct)))
        if fact.vfa:
            said.append("VFA")
        return Entry(
            self.say.term(f"fracture.{fact.site}"), ", ".join(said), self._day(fact.date), source(fact.reference)
        )

    def course(self, lane: str, course: Course) -> Entry:
        fact = course.fact
        return Entry(self._drug(lane), self.dose(fact), self._period(course), source(fact.reference))

    def undated_course(self, lane: str, fact: MedicationCourse) -> Entry:
        day = self.of("table", "undated")
        if fact.stop is not None:
            day = self.of("entry", "until", stop=self.say.day(fact.stop - timedelta(days=1)))
        return Entry(self._drug(lane), self.dose(fact), day, source(fact.reference))

    def dose(self, fact: MedicationCourse) -> str:
        """The daily dose, of a drug without steps also as written in the record."""
        said = [self.daily_dose(fact)]
        if _doses(fact) and not fact.steps and plain(fact.dose_text):
            said = [self.of("entry", "as_written", dose=said[0], text=plain(fact.dose_text))]
        if fact.cancer_product:
            said.append(self.of("entry", "cancer"))
        if fact.paused:
            said.append(self.of("entry", "paused"))
        return ", ".join(said)

    def brief_dose(self, fact: MedicationCourse) -> str:
        """The doses without their unit; "" where none is known in mg."""
        return " → ".join(map(self.number, _doses(fact)[:_DOSES_NAMED])) + (
            " → …" if len(_doses(fact)) > _DOSES_NAMED else ""
        )

    def daily_dose(self, fact: MedicationCourse) -> str:
        """The dose per day (of weekly tablets per week), else as written, else that it is not known."""
        doses = _doses(fact)
        if len(doses) > _DOSES_NAMED:
            return self.say.term("evidence.up_to_per_day").format(dose=self.number(max(doses)))
        if doses:
            return self.of("entry", _time(fact)[1], dose=" → ".join(map(self.number, doses)))
        if fact.prn:
            known = fact.prn_mg is not None
            return self.of("entry", "prn_mg" if known else "prn", dose=self.number(fact.prn_mg or 0))
        return plain(fact.dose_text) or self.of("entry", "dose_unknown")

    def _period(self, course: Course) -> str:
        fact, start = course.fact, self.say.day(course.start)
        if fact.stop is not None:
            return self.of("entry", "period", start=start, stop=self.say.day(fact.stop - timedelta(days=1)))
        if course.end_unknown:
            return self.of("entry", "end_unknown", start=start)
        return self.of("entry", "running" if fact.active else "planned", start=start)

    def given(self, lane: str, given: Given) -> Entry:
        match given.fact:
            case Administration():
                done, cancer = "given", given.fact.cancer_product
            case Dispensing():
                done, cancer = "dispensed", given.fact.cancer_product
            case Booking():
                done, cancer = "booked", False
        said = [self.of("entry", "cancer")] if cancer else []
        if given.limit is not None:
            said.append(self.of("entry", "next_by", day=self.say.day(given.limit)))
        what = f"{self._drug(lane)}, {self.of('entry', done)}"
        return Entry(what, ", ".join(said), self.say.day(given.day), source(given.fact.reference))

    def gap(self, gap: Gap, as_of: date) -> Entry:
        kind = "overdue" if gap.end == as_of else "late"
        value = self.of("entry", kind, limit=self.say.day(gap.start), end=self.say.day(gap.end))
        day = self.of("entry", "period", start=self.say.day(gap.start), stop=self.say.day(gap.end))
        return Entry(self.of("entry", "gap"), value, day, self._guideline("DENOSUMAB_MAX"))

    def limit(self, panel: str, limit: Limit | Band) -> Entry:
        what = named(self.say, panel, "concept")
        if isinstance(limit, Limit) and limit.ground is not None:
            base = limit.ground
            value = self.of(
                "entry",
                "fall_value",
                value=self.number(round(limit.value, 1)),
                base=self.short(base),
                day=self.say.day(base.date),
            )
            day = self.of("entry", "period", start=self._day(limit.start), stop=self._day(limit.end))
            return Entry(self.of("entry", "fall_line", analyte=what), value, day, source(base.reference))
        return Entry(what, self.limit_name(limit), "–", self._guideline(SECTIONS[limit.name]))

    def limit_name(self, limit: Limit | Band) -> str:
        """The few words beside a line or a band."""
        if isinstance(limit, Band):
            return self.of("limit", limit.name, low=self.number(limit.low), high=self.number(limit.high))
        decimals = 1 if limit.name.startswith("t_score") else None
        return self.of("limit", limit.name, value=self.say.number(limit.value, decimals))

    def lane_title(self, lane: Lane) -> str:
        """The drug above its lane."""
        name = self._drug(lane.drug)
        return self.of("panel", "lane_dose", drug=name) if lane.kind == "glucocorticoid" else name

    def _drug(self, name: str) -> str:
        return named(self.say, name, "drug")

    def _day(self, day: date | None) -> str:
        return self.say.day(day) if day is not None else self.of("table", "undated")

    def _guideline(self, threshold: str) -> str:
        return self.of("entry", "rule", section=THRESHOLDS[threshold].section)


def source(reference: str) -> str:
    """The reference as one visible line."""
    return reference if _ORDINARY.fullmatch(reference) else plain(reference)


def _doses(fact: MedicationCourse) -> list[float]:
    """The doses one after the other, mg per day, or per week or month where that is how the drug is taken."""
    doses = [step.mg_per_day for step in fact.steps]
    if not doses and fact.daily_mg is not None:
        doses = [round(fact.daily_mg * _time(fact)[0], 1)]
    return [mg for mg, _ in groupby(doses)]


def _time(fact: MedicationCourse) -> tuple[float, str]:
    return next((_TIMES[drug] for drug in sorted(fact.drugs) if drug in _TIMES), (1, "per_day"))


@cache
def _texts(code: LanguageCode) -> Mapping[str, Any]:
    source = files("cds_service.workbench.timeline") / f"{code}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def words(code: LanguageCode) -> Words:
    """The words of a language."""
    return Words(code)
