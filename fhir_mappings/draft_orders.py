"""context.draftOrders -> what is about to be ordered (facts-to-fhir 7 "Drafts").

On order-select only the selected drafts; the others stay at hand for references. A draft of
another patient, an invalid one or one that is no R4 order is left out with an issue. A code
no rule knows is no issue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from msgspec import Raw

from fhir_mappings.draft_readers import DraftReader
from fhir_mappings.facts import Drafts, Issue, Sex
from fhir_mappings.heads import head_of
from fhir_mappings.prefetch import Received
from fhir_mappings.resources import BAD_DATA, Item

KEY = "draftOrders"


class _Bundle(msgspec.Struct):
    entry: list[Raw] | None = None


class _Entry(msgspec.Struct, rename="camel"):
    resource: Raw = Raw()
    full_url: str | None = None


def read_drafts(
    draft_orders: Raw | bytes | None,
    selections: Sequence[str] | None,
    received: Received,
    as_of: date,
    issues: list[Issue],
    sex: Sex | None = None,
) -> tuple[Drafts, dict[str, dict[str, Any]]]:
    """The drafts on the day `as_of`, and each draft that was read as it was sent, by its reference.

    `draft_orders`: a Bundle, None on hooks without. `selections`: what is selected on
    order-select, None where every draft counts.
    """
    if draft_orders is None and selections is None:
        return Drafts(), {}
    earlier = len(issues)
    items = _items(draft_orders, issues)
    reader = DraftReader(items, received, as_of, issues, sex)
    sent: dict[str, dict[str, Any]] = {}
    for item in sorted(_selected(items, selections, issues), key=lambda item: (item.reference, item.order)):
        if item.reference in sent:
            issues.append(Issue(item.reference, "drafted twice, one was left out"))
        elif reader.take(item):
            sent[item.reference] = msgspec.json.decode(item.raw)
    received.systems.update(reader.desk.products.systems)
    left_out = tuple(dict.fromkeys(issue.reference for issue in issues[earlier:]))
    return replace(reader.drafts(), left_out=left_out), sent


def _items(draft_orders: Raw | bytes | None, issues: list[Issue]) -> list[Item]:
    if draft_orders is None:
        return []
    try:
        entries = msgspec.json.decode(draft_orders, type=_Bundle).entry or []
    except BAD_DATA:
        issues.append(Issue(KEY, "Bundle that cannot be read"))
        return []
    items = []
    for index, raw in enumerate(entries):
        try:
            entry = msgspec.json.decode(raw, type=_Entry)
            items.append(Item(entry.resource, head_of(entry.resource), KEY, index, entry.full_url))
        except BAD_DATA:
            issues.append(Issue(f"{KEY}[{index}]", "entry is no FHIR resource"))
    return items


def _selected(items: list[Item], selections: Sequence[str] | None, issues: list[Issue]) -> list[Item]:
    if selections is None:
        return items
    wanted = set(selections)
    known = {name for item in items for name in (item.reference, item.full_url) if name}
    issues += [Issue(each, "selected, but not in draftOrders") for each in sorted(wanted - known)]
    return [item for item in items if not wanted.isdisjoint((item.reference, item.full_url))]
