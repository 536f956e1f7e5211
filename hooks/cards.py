"""Card plans as the cards of CDS Hooks 2.0, in one language.

The detail is Markdown in this order: the leading entry, the lines of the others, what it rests
on, the background. The same request gives the same cards, ids included.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha1, sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from fhir_mappings.codes import RECOMMENDATIONS
from fhir_mappings.facts import Fact, Finding
from hooks.arrangement import Arrangement, CardPlan
from hooks.evidence import Worded, evidence, evidence_lines
from hooks.extensions import CARD_EXTENSION
from hooks.guideline.case import Case
from hooks.guideline.drafted import BONE_DRUGS
from hooks.guideline.firing import Fired
from hooks.guideline.rule import Rule
from hooks.language import section
from hooks.override_reasons import override_reasons
from hooks.suggestions import Drafting, suggestions
from hooks.texts import Texts, detail_of, escape_markdown, render

log = logging.getLogger(__name__)

Card = dict[str, Any]

_NAMESPACE = uuid5(NAMESPACE_URL, "https://osteo-cds.org/cards").bytes
#: Cards whose every advice is decided with the patient.
_DECISIONS = frozenset({"C-TREATMENT", "C-FAILURE", "C-DURATION", "C-INVESTIGATE"})
#: The specification: a summary is shorter than this.
SUMMARY_LIMIT = 140
#: So many background texts stand in full, the rest by title; so many lines of evidence.
_BACKGROUND_IN_FULL = 5
_EVIDENCE_LINES = 12


class Sender(Struct, frozen=True):
    """What the cards of one answer share: case, words, drafts, the call, and where the guideline can be read."""

    case: Case
    words: Texts
    drafting: Drafting
    hook_instance: str
    source_url: str = ""
    worded: Worded = {}


def cards(arrangement: Arrangement, sender: Sender) -> tuple[list[Card], list[CardPlan]]:
    """The cards of the plans, in order, and the plans that could not be worded: one never takes the others down."""
    made: list[Card] = []
    failed: list[CardPlan] = []
    for plan in arrangement.cards:
        try:
            made.append(card(plan, sender))
        except Exception:
            log.exception("card failed", extra={"card": plan.card, "recommendation": plan.leading.rule.id})
            failed.append(plan)
    return made, failed


def card(plan: CardPlan, sender: Sender) -> Card:
    """One decision card."""
    words = sender.words
    leading = plan.leading.rule
    members = plan.members
    made = envelope(
        sender,
        plan.card,
        _short(render(leading.id, "summary", sender.case, words)),
        detail(plan, members, sender),
        plan.indicator,
        _recommendations(members, sender),
        leading,
    )
    offered = suggestions(members, sender.drafting)
    if offered:
        made["suggestions"] = [
            {"label": each.label, "uuid": _uuid(made["uuid"], str(index)), "actions": list(each.actions)}
            for index, each in enumerate(offered)
        ]
        made["selectionBehavior"] = "any"
    links = [_link(fired.rule.id, words) for fired in members if fired.rule.id in words.linked]
    if links:
        made["links"] = links
    return made


def _short(summary: str) -> str:
    """A summary within the limit of the specification, whatever the values grew to."""
    return summary if len(summary) < SUMMARY_LIMIT else f"{summary[: SUMMARY_LIMIT - 2].rstrip()}…"


def envelope(
    sender: Sender,
    name: str,
    summary: str,
    text: str,
    indicator: str,
    recommendations: Sequence[dict[str, Any]],
    leading: Rule | None,
) -> Card:
    """A card with its identity, source, reasons to override and extension, without suggestions."""
    ids = ",".join([each["id"] for each in recommendations])
    content = f"{sender.case.facts.patient_id}\n{name}\n{ids}\n{indicator}\n{summary}\n{text}"
    key = sha256(content.encode()).hexdigest()[:32]
    return {
        "uuid": _uuid(sender.hook_instance, name, key),
        "summary": summary,
        "detail": text,
        "indicator": indicator,
        "source": _source(leading, name, sender),
        "overrideReasons": override_reasons(sender.words),
        "extension": {CARD_EXTENSION: {"card": name, "key": key, "recommendations": list(recommendations)}},
    }


def detail(plan: CardPlan, members: Iterable[Fired], sender: Sender) -> str:
    """The Markdown of a card with these members."""
    words = sender.words
    blocks = [render(plan.leading.rule.id, "detail", sender.case, words)]
    lines = [_line(fired, sender) for fired in plan.entries[1:]]
    if plan.absorbed:
        titles = words.say.list(words.title(f.rule.id, f.rule.title) for f in plan.absorbed)
        lines.append(f"{words.words['also']}: {titles}")
    blocks += _listed("", lines)
    blocks += _listed(words.words["evidence"], _evidence_lines(members, sender))
    blocks += _listed(words.words["background"], _background_lines(plan, sender))
    text = "\n\n".join(blocks)
    phrase = words.words["together_phrase"]  # in small letters; nearly always in the text as it is
    if _to_decide_together(plan, sender.case) and phrase not in text and phrase not in text.lower():
        text = "\n\n".join([f"{blocks[0]} {words.words['together']}", *blocks[1:]])
    return text


def _to_decide_together(plan: CardPlan, case: Case) -> bool:
    """Whether the card is about treatment, a scan, stopping or switching (0.8)."""
    if plan.card in _DECISIONS:
        return True
    proposed = [p for fired in plan.entries for p in fired.rule.proposals_for(case)]
    return any((p.kind == "prescribe" and p.what in BONE_DRUGS) or p.what in ("dxa", "zoledronate") for p in proposed)


def _listed(heading: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    bullets = "\n- ".join(lines)
    return [f"**{heading}**\n\n- {bullets}" if heading else f"- {bullets}"]


def _line(fired: Fired, sender: Sender) -> str:
    text = sender.words.rules[fired.rule.id]
    return f"**{text.title}:** {detail_of(text, sender.case, sender.words.say)}"


def _evidence_lines(members: Iterable[Fired], sender: Sender) -> list[str]:
    facts = {id(fact): fact for fired in members for fact in fired.answer.evidence}
    found = evidence_lines(sorted(facts.values(), key=_is_menopause), sender.words.say, sender.worded)
    lines = [f"{escape_markdown(text)} ({escape_markdown(reference)})" for reference, text in found[:_EVIDENCE_LINES]]
    if len(found) > _EVIDENCE_LINES:
        lines.append(sender.words.words["more_evidence"].format(n=len(found) - _EVIDENCE_LINES))
    return lines


def _is_menopause(fact: Fact) -> bool:
    """Who the guideline is about, in every card: last."""
    return isinstance(fact, Finding) and fact.concept == "menopause_status"


def _background_lines(plan: CardPlan, sender: Sender) -> list[str]:
    """The texts nearest the leading entry in full, the rest by title."""
    leading = plan.leading.rule.id
    family = leading.partition("-")[0]

    def distance(fired: Fired) -> int:
        """What goes with the leading entry first, then its family, then what rests on facts."""
        rule = fired.rule
        far = 4 * (leading not in rule.shown_with) + 2 * (rule.id.partition("-")[0] != family)
        return far if fired.answer.evidence else far + 1

    ranked = sorted(plan.background, key=distance)
    lines = [_line(fired, sender) for fired in ranked[:_BACKGROUND_IN_FULL]]
    rest = [sender.words.title(fired.rule.id, fired.rule.title) for fired in ranked[_BACKGROUND_IN_FULL:]]
    if rest:
        lines.append(f"{sender.words.words['in_guideline']}: {'; '.join(rest)}")
    return lines


def collapsed_line(arrangement: Arrangement, words: Texts) -> str:
    """How much more there is, and about what; "" when everything is shown."""
    count = sum(len(plan.entries) for plan in arrangement.collapsed)
    if not count:
        return ""
    about = "; ".join(dict.fromkeys(words.words[f"decision.{plan.card}"] for plan in arrangement.collapsed))
    term = "more_one" if count == 1 else "more"
    return words.words[term].format(n=count, about=about)


def _source(leading: Rule | None, name: str, sender: Sender) -> dict[str, Any]:
    """The guideline and section. A card without a leading recommendation has its own name as topic."""
    words = sender.words
    label = words.words["source"]
    if leading is None:
        topic = {"system": RECOMMENDATIONS, "code": name, "display": words.words[f"decision.{name}"]}
    else:
        label = f"{label}, {section(words.say.code, leading.section)}"
        title = words.title(leading.id, leading.title)
        topic = {"system": RECOMMENDATIONS, "code": leading.id, "display": title}
    source: dict[str, Any] = {"label": label, "topic": topic}
    if sender.source_url:
        source["url"] = sender.source_url if leading is None else f"{sender.source_url}#{leading.id.lower()}"
    return source


def _recommendations(members: Iterable[Fired], sender: Sender) -> list[dict[str, Any]]:
    say, worded = sender.words.say, sender.worded
    made: list[dict[str, Any]] = []
    for fired in members:
        rule, facts = fired.rule, fired.answer.evidence
        found = evidence(facts, say, worded) if facts else []
        first = first_section(rule.section)
        made.append({"id": rule.id, "indicator": fired.indicator, "section": first, "evidence": found})
    return made


@cache
def first_section(labels: str) -> str:
    """The first of a rule's section labels, without the sign: `8`, `9.2 box`, `Box Q`."""
    return labels.partition(";")[0].strip().removeprefix("§")


def _link(rule_id: str, words: Texts) -> dict[str, str]:
    text = words.offer("link", rule_id)
    return {"label": text.label, "url": text.text, "type": "absolute"}


def _uuid(*names: str) -> str:
    """str(uuid5(…)), without its detour over integers (a test compares the two)."""
    digits = sha1(_NAMESPACE + "|".join(names).encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
