"""Routes of administration: how a product enters the body, as one of few names.

`oral`, `iv`, `inhaled`, `nasal`, `topical`, `transdermal`, `rectal`, `vaginal`, `eye`, `ear`,
`intraarticular`, `intralesional`, `depot` (into a muscle), `subcutaneous`, `injection` (some
injection), `unknown` (a route was sent that is none of these); "" where nothing says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType

from fhir_mappings.codes import concepts_of
from fhir_mappings.r4.datatypes import CodeableConcept

#: Glucocorticoids by these routes act in the whole body (0.10 point 1).
SYSTEMIC = frozenset({"oral", "iv"})
#: By these they act where they are put: they never enter the sums.
LOCAL = frozenset(
    {
        *("inhaled", "nasal", "topical", "transdermal", "rectal", "vaginal", "eye", "ear"),
        *("intraarticular", "intralesional", "depot"),
    }
)
UNKNOWN = "unknown"

#: Names of the code table, where they differ.
_NAMES = MappingProxyType({"intravenous": "iv", "intra_articular": "intraarticular", "intramuscular": "depot"})
#: Codes of HL7's own route table.
_HL7 = MappingProxyType({"PO": "oral", "IV": "iv", "IM": "depot", "SC": "subcutaneous", "SQ": "subcutaneous"})

#: Words in Danish and English, the more special ones first.
_WORDS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("intraarticular", r"intra-?artik|intra-?artic|\bi ledd?et\b"),
        ("intralesional", r"intral[eæ]sion"),
        ("inhaled", r"inhal"),
        ("nasal", r"nasal|næse"),
        ("eye", r"øje|ophthal|oftalm|okul[æa]r|\beye\b"),
        ("ear", r"øred|\botic\b|\bear\b"),
        ("rectal", r"re[kc]tal|endetarm|suppos|stikpil|enema|klysma"),
        ("vaginal", r"vagin|vagitor"),
        ("transdermal", r"transdermal|depotplaster|\bpatch"),
        ("topical", r"topi[ck]al|kutan|dermal|på huden|creme|cream|salve|ointment|\bgel\b|liniment|lotion|shampoo"),
        ("iv", r"intraven|\bi\.?v\.?\b|infusion"),
        ("depot", r"intramus[kc]ul|\bi\.?m\.?\b|depo-"),
        ("subcutaneous", r"sub[kc]utan|\bs\.?c\.?\b"),
        ("injection", r"inje[kc]|syringe|sprøjte|ampul|hætteglas|\bvial"),
        ("oral", r"\boral|peroral|\bp\.?o\.?\b|per os|gennem munden|tabl|kaps|capsul|mikstur"),
    )
)


def in_words(text: str) -> str:
    """The route a text names: of a route, a form or a product; "" when it names none."""
    lowered = text.lower()
    return next((name for name, words in _WORDS if words.search(lowered)), "")


def route_of(concepts: Iterable[CodeableConcept | None]) -> str:
    """The first route that is understood; `unknown` when none of those sent is; "" when none was sent."""
    sent = ""
    for concept in concepts:
        if concept is None:
            continue
        found = _route(concept)
        if found:
            return found
        sent = UNKNOWN
    return sent


@lru_cache(maxsize=1024)
def _route(concept: CodeableConcept) -> str:
    coded = concepts_of(concept.coding, "route")
    if coded:
        return min(_NAMES.get(name, name) for name in coded)
    for coding in concept.coding:
        known = _HL7.get(coding.code or "")
        if known is not None:
            return known
    texts = [concept.text, *(coding.display for coding in concept.coding)]
    return next((found for found in map(in_words, filter(None, texts)) if found), "")
