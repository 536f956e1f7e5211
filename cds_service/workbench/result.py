"""An exchange as the page shows it: cards, reasons, what is missing, what was left out, what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson
from markupsafe import Markup

from cds_service.workbench.exchange import Exchange
from cds_service.workbench.safe_text import all_visible, content, escaped_json, is_https, markdown, visible
from cds_service.workbench.words import need, words
from fhir_mappings.dates import completed_years
from hooks.extensions import CARD_EXTENSION
from hooks.guideline.register import RULES
from hooks.language import LanguageCode, section
from hooks.texts import texts

#: A longer request, in bytes, is shown as it was sent: nobody reads it line by line.
READABLE: Final = 250_000
#: The states of a recommendation, in the order of the filter.
STATES: Final = ("fired", "unknown", "silenced", "not-fired", "other-hook", "broken")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A button: its label, and what it would create, change or delete, as JSON."""

    uuid: str
    label: str
    actions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card as an EHR shows it. `rule`: the leading recommendation, "" when there is none."""

    uuid: str
    summary: str
    indicator: str
    detail: Markup
    source: str
    rule: str
    suggestions: tuple[Suggestion, ...]
    links: tuple[tuple[str, str], ...]
    reasons: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a rule: its answer (yes, no, unknown), the values behind it, and what is missing."""

    words: str
    answer: str
    values: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a recommendation fires, or not."""

    id: str
    title: str
    section: str
    state: str
    by: str
    needs: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A prefetch key: the query as an EHR resolves it, how many resources came, whether the source is whole."""

    key: str
    query: str
    count: int
    state: str


class Result:
    """Everything the page shows of an exchange, in one language."""

    def __init__(self, exchange: Exchange, language: LanguageCode) -> None:
        self.exchange = exchange
        self.language: LanguageCode = language
        self.facts = exchange.facts
        self.hook = exchange.service.hook

    @property
    def age(self) -> int | None:
        """In completed years, None when the birth date is not known."""
        born = self.facts.birth_date
        return None if born is None else completed_years(born, self.facts.as_of)

    @cached_property
    def cards(self) -> list[ShownCard]:
        """The cards, in the order the service sent them."""
        return [self._card(card) for card in self.exchange.answer["cards"]]

    @cached_property
    def reasons(self) -> list[Reason]:
        """Every recommendation, in the guideline's order."""
        return [self._reason(entry) for entry in self.exchange.evaluation["explain"]]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many recommendations are in each state that occurs."""
        states = [reason.state for reason in self.reasons]
        return {state: states.count(state) for state in STATES if state in states}

    @cached_property
    def missing(self) -> list[tuple[str, list[Reason]]]:
        """What is not known, each with the recommendations that could change if it were; the widest first."""
        waiting: dict[str, list[Reason]] = {}
        for reason in self.reasons:
            for name in reason.needs if reason.state == "unknown" else ():
                waiting.setdefault(name, []).append(reason)
        return sorted(waiting.items(), key=lambda item: (-len(item[1]), item[0]))

    @property
    def issues(self) -> list[tuple[str, str]]:
        """What was received and not used, and why."""
        return [(visible(i["reference"]), visible(i["problem"])) for i in self.exchange.evaluation["issues"]]

    @property
    def held_back(self) -> list[Reason]:
        """What speaks and is in no card: it was not among the most urgent."""
        hidden = {each["id"] for each in self.exchange.evaluation["fired"] if not each["shown"]}
        return [reason for reason in self.reasons if reason.id in hidden]

    @cached_property
    def request_text(self) -> Markup:
        """The request as it was made, to read and to send again; a long one without line breaks, to be quick."""
        compact = orjson.dumps(self.exchange.request)
        return content(compact.decode() if len(compact) > READABLE else _indented(self.exchange.request))

    @cached_property
    def answer_text(self) -> Markup:
        """The answer as the service gives it."""
        return content(_indented(self.exchange.answer))

    @property
    def drafts_text(self) -> str:
        """The draft orders that were sent."""
        return _indented(self.exchange.drafts)

    @property
    def sent(self) -> Iterator[Sent]:
        """Each prefetch key of the service, resolved for this patient."""
        prefetch = self.exchange.request.get("prefetch") or {}
        for key, template in self.exchange.service.prefetch.items():
            value = prefetch.get(key)
            entries = value.get("entry") if isinstance(value, dict) else None
            source = self.facts.sources.get(key)
            yield Sent(
                key,
                template.replace("{{context.patientId}}", self.facts.patient_id),
                len(entries) if isinstance(entries, list) else int(key == "patient" and value is not None),
                source.state.value if source else "missing",
            )

    def _card(self, card: Mapping[str, Any]) -> ShownCard:
        shown = all_visible(card)
        members = shown["extension"][CARD_EXTENSION]["recommendations"]
        code = shown["source"]["topic"]["code"]
        return ShownCard(
            uuid=card["uuid"],
            summary=shown["summary"],
            indicator=shown["indicator"],
            detail=markdown(card["detail"]),
            source=shown["source"]["label"],
            rule=code if members and code in RULES else "",
            suggestions=tuple(_suggestion(each) for each in shown.get("suggestions", ())),
            links=tuple((each["label"], each["url"]) for each in shown.get("links", ()) if is_https(each["url"])),
            reasons=tuple(shown["overrideReasons"]),
        )

    def _reason(self, entry: Mapping[str, Any]) -> Reason:
        rule = RULES[entry["id"]]
        told = entry.get("conditions") or entry.get("because") or ()
        by = entry.get("by", "")
        return Reason(
            id=rule.id,
            title=texts(self.language).title(rule.id, rule.title),
            section=section(self.language, rule.section),
            state=entry["state"],
            by=words(self.language).get(f"silenced_by.{by}", by),
            needs=tuple(need(name, self.language) for name in entry.get("needs", ())),
            conditions=tuple(
                Condition(
                    each["condition"],
                    each["answer"],
                    tuple(visible(value["text"]) for value in each.get("values", ())),
                    tuple(need(name, self.language) for name in each.get("needs", ())),
                )
                for each in told
            ),
        )


def _suggestion(suggestion: Mapping[str, Any]) -> Suggestion:
    actions = tuple(
        (each["type"], _indented(each["resource"]) if "resource" in each else each.get("resourceId", ""))
        for each in suggestion["actions"]
    )
    return Suggestion(suggestion["uuid"], suggestion["label"], actions)


def _indented(value: Any) -> str:
    return escaped_json(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
