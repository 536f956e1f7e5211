"""Pages in the reader's language: which it is, and what every template is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from werkzeug.exceptions import HTTPException

from cds_service.workbench.words import term, words
from hooks.language import LANGUAGES, LanguageCode, language

Page = tuple[str, int]


def chosen() -> dict[str, str]:
    """The language that was chosen on the page, to stay with it in links and forms."""
    try:
        named = request.values.get("lang")
    except HTTPException:  # the form itself could not be read; what is said about it needs a language too
        named = request.args.get("lang")
    return {"lang": named} if named in LANGUAGES else {}


def reader_language(default: LanguageCode) -> LanguageCode:
    """What ?lang= or the form says, else what the browser accepts, else the setting."""
    named = chosen().get("lang") or request.accept_languages.best_match(LANGUAGES, default)
    return next(code for code in LANGUAGES if code == named)


def link(endpoint: str, **arguments: Any) -> str:
    """The address of a page, in the language that was chosen."""
    return url_for(f"workbench.{endpoint}", **{**arguments, **chosen()})


def page(name: str, status_code: int, code: LanguageCode, /, **values: Any) -> Page:
    """A page of templates/workbench."""
    known = words(code)
    say = language(code)
    # a page names hundreds of rules: their address is worked out once
    before, _, after = link("rule", rule_id="RULE").partition("RULE")
    html = render_template(
        f"workbench/{name}.html",
        page=name,
        code=code,
        languages=LANGUAGES,
        t=known,
        term=lambda each: term(each, code),
        say=say,
        link=link,
        rule_link=lambda rule_id: f"{before}{rule_id}{after}",
        chosen=chosen(),
        cap=_capitalised,
        unit_of=lambda concept: f" ({say.terms[unit]})" if (unit := f"unit.{concept}") in say.terms else "",
        label_of=lambda field: _label(field, known),
        **values,
    )
    return html, status_code


def _capitalised(text: str) -> str:
    """A text that stands alone: its first letter a capital, the rest as it is; eGFR stays eGFR."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def _label(name: str, known: Mapping[str, str]) -> str:
    """What a field of the patient form is called, with its row."""
    group, _, rest = name.partition("-")
    number, _, field = rest.partition("-")
    if not field:
        return known[f"field.{name}"]
    row = known["group.row"].format(group=known[f"group.{group}"], number=int(number) + 1)
    return f"{row}, {known[f'field.{group}.{field}']}"
