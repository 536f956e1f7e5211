"""medication[x] -> the product: which drugs of the vocabulary it counts as, its strength, where it acts.

Sections 6 of facts-to-fhir and 0.9, 0.10 of the catalogue. A product is coded, contained, or
a Medication anywhere in what was received: its `code`, else its ingredients. Text proves no
drug; of a coded drug it may tell form, strength and cancer product.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Literal, Protocol

import msgspec
from msgspec.structs import replace

from fhir_mappings.amounts import NO_STRENGTH, Strength, package_mg, strength_in, strength_of
from fhir_mappings.codes import ATC, RXNORM, SNOMED, canonical, concepts_of
from fhir_mappings.drugs import ANY_GLUCOCORTICOID, CLASSES, GLUCOCORTICOIDS, SUBSTANCES, SUPPLEMENTS
from fhir_mappings.facts import Issue, Sex
from fhir_mappings.r4.datatypes import CodeableConcept, Reference
from fhir_mappings.r4.medication import Ingredient, Medication
from fhir_mappings.resources import Item, read
from fhir_mappings.routes import LOCAL, SYSTEMIC, in_words

#: Concepts that count under another name.
_COUNTS_AS = {
    "budesonide_any": "budesonide",
    "budesonide_inhaled": "budesonide",
    "budesonide_oral_local": "budesonide",
    "glucocorticoid_inhaled": "glucocorticoid_local",
}
#: In men these count as antiandrogen.
_CASTRATING = frozenset({"gnrh_analogue", "gnrh_antagonist", "androgen_deprivation"})
#: The inhalers of R03AL that hold a glucocorticoid.
_TRIPLE_INHALERS = ("R03AL08", "R03AL09", "R03AL11", "R03AL12")
_EFFERVESCENT = re.compile(r"effervescent|brusetabl")
_CANCER_NAME = re.compile(r"\b(?:xgeva|zometa)\b")
#: mg of a calcium salt, not of calcium.
_SALT = re.compile(r"[ck]arbonat|[ck]itrat|gluconat|glukonat|lactat|laktat")
_LOCALLY_USED = frozenset({"budesonide", "glucocorticoid_local"})
_GLUCOCORTICOID = GLUCOCORTICOIDS | {ANY_GLUCOCORTICOID}
_INJECTED = frozenset({"iv", "injection", "subcutaneous", "depot"})
_SYSTEM_ORDER = {ATC: 0, RXNORM: 1, SNOMED: 2}
#: Above the osteoporosis dose of 60 mg, denosumab is the cancer product; zoledronate below its 5 mg.
_DENOSUMAB_MG, _ZOLEDRONATE_MG = 60.0, 5.0

Kind = Literal["", "systemic", "local", "unclear"]


class HasMedication(Protocol):
    """A resource with medication[x]."""

    @property
    def contained(self) -> tuple[Medication, ...]: ...
    @property
    def medicationCodeableConcept(self) -> CodeableConcept | None: ...  # noqa: N802
    @property
    def medicationReference(self) -> Reference | None: ...  # noqa: N802


class Product(msgspec.Struct, frozen=True, gc=False):
    """What a medication resource is about.

    `drugs`: vocabulary names, empty for a product no rule knows. `key`: the same for orders
    of the same drug. `route`: as form and name tell it, "" when they do not. `package`: mg in
    one package. `cancer_name`: named as a cancer product. `known` False: not received.
    """

    drugs: frozenset[str]
    key: str
    display: str = ""
    strength: Strength = NO_STRENGTH
    route: str = ""
    package: float | None = None
    cancer_name: bool = False
    known: bool = True

    def by(self, route: str) -> Product:
        """The product as it counts by a route: HRT not vaginally; ibandronate by mouth only."""
        drugs = self.drugs
        if "hrt" in drugs and (route or self.route) == "vaginal":
            return replace(self, drugs=drugs - {"hrt"}).by(route)
        if "ibandronate" in drugs and (route or self.route) in _INJECTED:
            return replace(self, drugs=drugs - {"ibandronate"} | {"ibandronate_iv"})
        return self

    def glucocorticoid(self, route: str) -> Kind:
        """Where a glucocorticoid acts; "" for other drugs.

        Products for local use are local by any route. Otherwise the route decides, else form
        and name, else it is taken by mouth. `unclear`: some injection, or a route not understood.
        """
        if not _LOCALLY_USED.isdisjoint(self.drugs):
            return "local"
        if _GLUCOCORTICOID.isdisjoint(self.drugs):
            return ""
        decisive = route or self.route or "oral"
        if decisive in SYSTEMIC:
            return "systemic"
        return "local" if decisive in LOCAL else "unclear"

    def cancer(self, dose_mg: float | None) -> bool:
        """Whether this is the cancer product of denosumab or zoledronate: by dose, strength or name (0.5)."""
        mg = self.package if dose_mg is None else dose_mg
        if "denosumab" in self.drugs:
            return self.cancer_name or (mg is not None and mg > _DENOSUMAB_MG + 1e-6)
        if "zoledronate" in self.drugs:
            return self.cancer_name or (mg is not None and mg < _ZOLEDRONATE_MG - 1e-6)
        return False


class Products:
    """Finds products. `resolve` follows a reference to a Medication; issues name what was not received.

    `systems`: the code systems seen so far.
    """

    def __init__(self, resolve: Callable[[str], Item | None], sex: Sex | None, issues: list[Issue]) -> None:
        self.systems: set[str] = set()
        self._resolve = resolve
        self._sex = sex
        self._issues = issues
        self._medications: dict[str, Medication | None] = {}
        self._coded: dict[CodeableConcept, Product] = {}

    def of(self, resource: HasMedication, reference: str) -> Product:
        """The product of a resource that is known as `reference`."""
        concept, named = resource.medicationCodeableConcept, resource.medicationReference
        if concept is not None:
            known = self._coded.get(concept)
            if known is None:
                known = self._coded[concept] = self._product(concept, None, ())
            return known
        medication = self._medication(named, resource.contained)
        if medication is None:
            written = named.reference if named is not None and named.reference else "without reference"
            self._issues.append(Issue(reference, f"medicationReference {written[:80]} not received, product unknown"))
            display = named.display if named is not None and named.display else ""
            return Product(frozenset(), f"unknown {reference}", display, known=False)
        own = self._product(medication.code, medication.form, ())
        return own if own.drugs else self._of_ingredients(medication, resource.contained, reference) or own

    def _medication(self, named: Reference | None, contained: Sequence[Medication]) -> Medication | None:
        reference = named.reference if named is not None else None
        if not reference:
            return None
        if reference.startswith("#"):
            return next((m for m in contained if m.id == reference[1:]), None)
        if reference not in self._medications:
            item = self._resolve(reference)
            is_product = item is not None and item.type == "Medication"
            found = read(item, Medication, self._issues) if item is not None and is_product else None
            self._medications[reference] = found
        medication = self._medications[reference]
        return None if medication is None or medication.status == "entered-in-error" else medication

    def _of_ingredients(
        self, medication: Medication, contained: Sequence[Medication], reference: str
    ) -> Product | None:
        found: list[tuple[CodeableConcept, Ingredient]] = []
        for part in medication.ingredient:
            if part.isActive is False:
                continue
            concept = part.itemCodeableConcept
            if concept is None:
                inner = self._medication(part.itemReference, contained)
                concept = inner.code if inner is not None else None
            if concept is None:
                self._issues.append(Issue(reference, "an ingredient of the product was not received"))
                continue
            found.append((concept, part))
        return self._product(medication.code, medication.form, tuple(found)) if found else None

    def _product(
        self,
        code: CodeableConcept | None,
        form: CodeableConcept | None,
        parts: tuple[tuple[CodeableConcept, Ingredient], ...],
    ) -> Product:
        concepts = [concept for concept, _ in parts] or ([code] if code is not None else [])
        self.systems.update(canonical(c.system) for concept in concepts for c in concept.coding if c.system)
        return _product(code, form, parts, self._sex)


@lru_cache(maxsize=1024)
def _product(
    code: CodeableConcept | None,
    form: CodeableConcept | None,
    parts: tuple[tuple[CodeableConcept, Ingredient], ...],
    sex: Sex | None,
) -> Product:
    """The product of a code, or of ingredients; `form` and texts tell the rest.

    Kept over requests: looking through the texts takes longer than all else of an order.
    """
    concepts = [concept for concept, _ in parts] or ([code] if code is not None else [])
    found = frozenset[str]().union(*(_concepts(concept) for concept in concepts))
    texts = _texts([*([code] if code is not None else []), *(c for c in concepts if c is not code)])
    shape = _texts([form] if form is not None else [])
    drugs = _names(found, sex)
    effervescent = form is not None and "effervescent_tablet" in concepts_of(form.coding, "form")
    if effervescent or any(_EFFERVESCENT.search(text.lower()) for text in (*shape, *texts)):
        drugs = frozenset({"alendronate": "alendronate_effervescent"}.get(name, name) for name in drugs)
    name = (code.text if code is not None else None) or " + ".join(_names_of(concepts))
    return Product(
        drugs=drugs,
        key=_key(drugs, concepts, name),
        display=name,
        strength=_strength(drugs, parts, texts),
        route=next(filter(None, map(in_words, (*shape, *texts))), ""),
        package=next((mg for mg in map(package_mg, texts) if mg is not None), None),
        cancer_name=any(_CANCER_NAME.search(text.lower()) for text in texts),
    )


def _names(concepts: frozenset[str], sex: Sex | None) -> frozenset[str]:
    names = {_COUNTS_AS.get(concept, concept) for concept in concepts}
    if sex == "male" and names & _CASTRATING:
        names.add("antiandrogen")
    if {"calcium", "vitamin_d"} <= names:
        names.add("calcium_vitd")
    if "calcium_vitd" in names:
        names -= {"calcium", "vitamin_d"}
    if names & GLUCOCORTICOIDS:
        names.discard(ANY_GLUCOCORTICOID)
    return frozenset(names) & (SUBSTANCES | CLASSES)


def _concepts(concept: CodeableConcept) -> frozenset[str]:
    found = concepts_of(concept.coding, "medication")
    if "glucocorticoid_inhaled" in found:
        codes = [coding.code or "" for coding in concept.coding]
        if any(code.startswith("R03AL") and code not in _TRIPLE_INHALERS for code in codes):
            found -= {"glucocorticoid_inhaled"}
    return found


def _texts(concepts: Iterable[CodeableConcept]) -> list[str]:
    """What is written of a product: text first, then the names of its codes."""
    written = [c.text for c in concepts] + [coding.display for c in concepts for coding in c.coding]
    return [text for text in written if text]


def _names_of(concepts: Iterable[CodeableConcept]) -> list[str]:
    """Each concept in words, else its code."""
    named = []
    for concept in concepts:
        displays = [coding.display or coding.code or "" for coding in concept.coding]
        named.append(concept.text or next(filter(None, displays), ""))
    return [name for name in named if name]


def _key(drugs: frozenset[str], concepts: Sequence[CodeableConcept], name: str) -> str:
    """The substance where the vocabulary has it, else the code, ATC first, else the name."""
    main = drugs & SUBSTANCES
    if main:
        return "+".join(sorted(main - SUPPLEMENTS or main))
    codes = sorted(
        (_SYSTEM_ORDER.get(canonical(coding.system), 9), canonical(coding.system), coding.code)
        for concept in concepts
        for coding in concept.coding
        if coding.system and coding.code
    )
    if codes:
        return f"{codes[0][1]}|{codes[0][2]}"
    return " ".join(name.lower().split())


def _strength(
    drugs: frozenset[str], parts: Sequence[tuple[CodeableConcept, Ingredient]], texts: Sequence[str]
) -> Strength:
    """The strength of the ingredient the doses are counted in, else the first in a text.

    In a combination that is the glucocorticoid, else the calcium. A calcium salt's mg are not
    the calcium's.
    """
    counted = GLUCOCORTICOIDS if drugs & GLUCOCORTICOIDS else frozenset({"calcium", "calcium_vitd"}) & drugs
    is_salt = bool(counted) and bool(drugs & SUPPLEMENTS) and any(_SALT.search(text.lower()) for text in texts)
    if is_salt:
        return NO_STRENGTH
    stated = [part.strength for concept, part in parts if len(parts) == 1 or _is_counted(concept, counted)]
    known = [strength_of(ratio) for ratio in stated] + [strength_in(text) for text in texts]
    return next((strength for strength in known if strength != NO_STRENGTH), NO_STRENGTH)


def _is_counted(concept: CodeableConcept, counted: frozenset[str]) -> bool:
    wanted = counted | ({"calcium"} if "calcium_vitd" in counted else set())
    return bool(_concepts(concept) & wanted)
