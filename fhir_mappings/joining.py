"""Orders and statements of one drug -> courses (facts-to-fhir 6, 0.10 points 4 and 5).

An order that is replaced ends where the new one begins. A statement and the orders of the
same drug it overlaps are one course. Orders that overlap without a link stay apart, flagged.
The order in which entries are given has no effect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec.structs import replace

from fhir_mappings.courses import Entry, by_drug
from fhir_mappings.dosage import clip, flatten
from fhir_mappings.facts import DoseStep


def joined(entries: Iterable[Entry], as_of: date) -> list[Entry]:
    """The courses among the entries: replaced ones cut, statements and orders joined, duplicates flagged."""
    found = _without_parts(sorted(entries, key=_order))
    cut = [entry for entry in _replaced(found) if not _never_taken(entry, as_of)]
    return _flagged(_absorbed(cut))


def _order(entry: Entry) -> tuple[date, date, str]:
    return entry.order


def _without_parts(entries: Sequence[Entry]) -> list[Entry]:
    """Without orders that carry out another order of the same drug (filler-order, instance-order)."""
    if not any(entry.based_on for entry in entries):
        return list(entries)
    orders = {reference: entry for entry in entries if entry.kind == "order" for reference in entry.references}
    kept = []
    for entry in entries:
        wholes = [orders[r] for r in entry.based_on - entry.references if r in orders and entry.kind == "order"]
        same_drug = [whole for whole in wholes if whole.product.key == entry.product.key]
        if not any(not whole.based_on or whole.order < entry.order for whole in same_drug):
            kept.append(entry)
    return kept


def _replaced(entries: Sequence[Entry]) -> list[Entry]:
    """Each ended where a new order that names it begins; a stopped one without end where the next begins."""
    successors: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for reference in entry.replaces:
            if reference not in entry.references:
                successors[reference].append(entry)
    if not successors and not any(entry.end_unknown for entry in entries):
        return list(entries)
    groups = by_drug(entries)
    cut = []
    for entry in entries:
        following = [new for reference in entry.references for new in successors[reference] if _follows(new, entry)]
        if entry.end_unknown and entry.status == "ended":
            same_drug = (new for new in groups[entry.product.key] if new is not entry)
            next_one = next((new for new in same_drug if _takes_over(new, entry)), None)
            following += [next_one] if next_one is not None else []
        stops = [new.start for new in following if new.start is not None]
        cut.append(entry.until(min(stops)) if stops else entry)
    return cut


def _follows(new: Entry, old: Entry) -> bool:
    """Whether the order naming `old` can replace it: it begins later, or alike and is not replaced by it."""
    if new.start is None or new.start < (old.start or date.min):
        return False
    return new.start != old.start or not new.references & old.replaces or new.reference > old.reference


def _takes_over(new: Entry, old: Entry) -> bool:
    """Whether an order of the same drug shows by when `old`, which was stopped, had ended."""
    if new.start is None:
        return False
    begin = old.start or date.min
    return new.start > begin or (new.start == begin and new.status == "active")


def _never_taken(entry: Entry, as_of: date) -> bool:
    """Replaced on its first day, or stopped before it began."""
    if entry.start is None:
        return False
    at_once = entry.stop is not None and entry.stop <= entry.start
    return at_once or (entry.status == "ended" and entry.start > as_of)


def _absorbed(entries: Sequence[Entry]) -> list[Entry]:
    """Each statement joined with the orders of the same drug it overlaps, or reports by reference."""
    if all(entry.kind == "order" for entry in entries):
        return sorted(entries, key=_order)
    groups = by_drug(entry for entry in entries if entry.kind == "order")
    named = {reference: entry for entry in entries if entry.kind == "order" for reference in entry.references}
    taken: set[str] = set()
    kept = []
    for statement in entries:
        if statement.kind != "statement":
            continue
        reported = [named[reference] for reference in sorted(statement.based_on) if reference in named]
        candidates = {order.reference: order for order in (*groups[statement.product.key], *reported)}
        orders = [o for r, o in sorted(candidates.items()) if r not in taken and _same_course(statement, o)]
        taken |= {order.reference for order in orders}
        kept.append(_one_course(statement, orders) if orders else statement)
    kept += [entry for entry in entries if entry.kind != "statement" and entry.reference not in taken]
    return sorted(kept, key=_order)


def _same_course(statement: Entry, order: Entry) -> bool:
    """Overlapping, and not contradicting: taken as needed or always, ended some day or running."""
    if statement.dosed and order.dosed and statement.prn != order.prn:
        return False
    if statement.end_unknown and order.status == "active":
        return False
    return statement.overlaps(order)


def _one_course(statement: Entry, orders: Sequence[Entry]) -> Entry:
    """The statement's dates; its dosage, else the orders'."""
    starts = [order.start for order in orders if order.start is not None]
    stops = [order.stop for order in orders if order.stop is not None]
    start, stop = statement.start or min(starts, default=None), statement.stop
    if statement.end_unknown and len(stops) == len(orders):
        stop = max(stops)
    newest = max(orders, key=_order)
    dosed = statement if statement.dosed else newest
    if dosed.steady is not None and start is not None and (statement.dosed or len(orders) == 1):
        steps: tuple[DoseStep, ...] | None = (DoseStep(start, stop, dosed.steady),)
    elif statement.dosed or any(order.steps is None for order in orders):
        steps = statement.steps
    else:
        steps = clip(flatten(step for order in orders for step in order.steps or ()), start, stop)
    return replace(
        statement,
        product=statement.product if statement.product.drugs else newest.product,
        start=start,
        stop=stop,
        steps=steps,
        steady=dosed.steady,
        plan=dosed.plan,
        route=statement.route or newest.route,
        site=statement.site if statement.route else newest.site or statement.site,
        cancer=statement.cancer or newest.cancer,
        prn=dosed.prn,
        prn_mg=dosed.prn_mg if dosed.prn_mg is not None else newest.prn_mg,
        text=statement.text or newest.text,
        daily_mg=dosed.daily_mg,
        intakes=dosed.intakes,
        references=statement.references.union(*(order.references for order in orders)),
    )


def _flagged(entries: Sequence[Entry]) -> list[Entry]:
    """Orders that overlap another of the same drug without a link are marked as possible duplicates."""
    doubled: set[str] = set()
    for group in by_drug(entry for entry in entries if not entry.prn and not entry.end_unknown).values():
        for index, entry in enumerate(group):
            for later in group[index + 1 :]:
                if (later.start or date.min) >= (entry.stop or date.max):
                    break
                if entry.reference in doubled and later.reference in doubled:
                    continue  # nothing new: many renewals of one drug overlap each other
                if not (entry.group and entry.group == later.group) and entry.overlaps(later):
                    doubled |= {entry.reference, later.reference}
    return [replace(entry, duplicate=True) if entry.reference in doubled else entry for entry in entries]
