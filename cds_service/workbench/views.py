"""The pages: what came in, one call of the service, what goes out. Nothing that came in is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from threading import Thread
from typing import Any, Final

import orjson
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    redirect,
    request,
    send_from_directory,
)
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client
from werkzeug.wrappers import Response as AnyResponse

from cds_service.calls import this_call
from cds_service.errors import http_refusal
from cds_service.logs import where
from cds_service.refusal import RefusedError, reading_refusal
from cds_service.settings import Settings
from cds_service.workbench import drafting, rule_pages, typed_fields, typed_form
from cds_service.workbench.examples import IDS, example
from cds_service.workbench.exchange import Request, ask, read_record, with_draft, without_drafts
from cds_service.workbench.feedback_body import feedback_body
from cds_service.workbench.origin import refuse_other_origin
from cds_service.workbench.rendering import Page, link, page, reader_language
from cds_service.workbench.result import STATES, Result
from cds_service.workbench.timeline import LIBRARY, SCRIPT, STYLE, section
from cds_service.workbench.typed_form import Problem
from cds_service.workbench.typed_patient import bundle
from cds_service.workbench.words import words
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Hook
from hooks.language import LanguageCode, language

log = logging.getLogger(__name__)

#: What the buttons of the order form ask: the record opened, the order chosen, the order signed, the same again.
ACTIONS: Final[Mapping[str, Hook | None]] = {
    "view": PATIENT_VIEW,
    "select": ORDER_SELECT,
    "sign": ORDER_SIGN,
    "again": None,
}
STATIC: Final = frozenset({"workbench.css", "workbench.js", "icon.svg", STYLE, SCRIPT, *LIBRARY})
#: Room for the fields of a form around the record in it.
_AROUND: Final = 64 * 1024


class Pages:
    """The pages of a service with these settings, on the day of its clock."""

    def __init__(self, settings: Settings, clock: Callable[[], date]) -> None:
        self.settings = settings
        self.clock = clock
        self._warm = False

    def home(self, problem: str = "", record: str = "", status: int = 200) -> Page:
        """The ways to bring a patient in; `problem`: what is wrong with the record that was sent, which stays.

        While the doctor chooses, what the first answer needs is loaded beside it.
        """
        if not self._warm:
            self._warm = True
            app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
            Thread(target=self._warm_up, args=(app, self.language), daemon=True).start()
        return self._page("home", status, examples=IDS, problem=problem, record=record, hooks=_HOOKS)

    def to_home(self) -> AnyResponse:
        """Who opens the address of an answer starts anew: it was not kept."""
        return redirect(link("home"))

    def example(self, name: str) -> Page:
        """A built-in patient, with the order that belongs to the story."""
        today, code = self.clock(), self.language
        try:
            chosen = example(name, today)
        except KeyError:
            abort(404)
        made = read_record(chosen.record)
        if chosen.order:
            drafted = drafting.read(chosen.order, made["context"]["patientId"], today, language(code))
            made = with_draft(made, chosen.hook, drafted.resource)
        return self._result(made, today, name, chosen.order)

    def advice(self) -> AnyResponse | Page:
        """The record that was pasted, dropped or sent again, with the order in the form."""
        form = self._form()
        hook = form.get("hook", PATIENT_VIEW)
        text = ""
        try:
            text = self._record(form)
            if not text.strip():
                return self.home(words(self.language)["problem.no_record"], "", 422)
            made = read_record(text.encode(), hook if hook in _HOOKS else PATIENT_VIEW)
            return self._ordered(made, form)
        except Exception as error:
            refusal = reading_refusal(error)
            if refusal is None:
                raise
            this_call().problem = refusal.logged
            return self.home(refusal.diagnostics, text, 422)

    def patient(self, form: Mapping[str, str] | None = None, status: int = 200) -> Page:
        """The form of a typed patient, with what was typed in it."""
        form = form or {}
        problems = typed_form.read(form, self.clock()).problems if status == 422 else {}
        groups = [(group, range(typed_form.rows_shown(group, form))) for group in typed_fields.groups()]
        return self._page(
            "patient",
            status,
            form=form,
            problems=problems,
            groups=groups,
            single={f.name: f for f in typed_fields.SINGLE},
        )

    def typed(self) -> Page:
        """The typed patient's advice; the form again when something in it cannot be read."""
        form = self._form()
        if form.get("more") or request.values.get("edit"):
            return self.patient(form)
        today = self.clock()
        typed = typed_form.read(form, today)
        if typed.problems:
            return self.patient(form, 422)
        made = read_record(orjson.dumps(bundle(typed, today, language(self.language))))
        kept = {name: text for name, text in form.items() if text.strip() and name not in ("lang", "edit")}
        return self._result(made, today, "typed", {}, typed=kept)

    def rules(self) -> Page:
        """Every recommendation by part."""
        return self._page("rules", 200, parts=rule_pages.parts(self.language))

    def rule(self, rule_id: str) -> Page:
        """One recommendation."""
        try:
            rule = rule_pages.page(rule_id, self.settings.content, self.language)
        except KeyError:
            abort(404)
        return self._page("rule", 200, rule=rule)

    def feedback(self, service_id: str) -> Page:
        """Without script: the form's choice, posted to the service's feedback endpoint."""
        form = self._form()
        body = feedback_body(form, datetime.now(UTC))
        page_call = this_call()
        sent = Client(current_app).post(f"/cds-services/{service_id}/feedback", json=body)
        g.call = page_call  # the call within this one has had its own
        return self._page("told", sent.status_code, accepted=sent.status_code == 200, outcome=form.get("outcome", ""))

    def static(self, name: str) -> Response:
        """The style and the script."""
        if name not in STATIC:
            abort(404)
        return send_from_directory(current_app.blueprints["workbench"].root_path + "/static", name)

    def refuse_other_origin(self) -> None:
        """Forms are taken from the page itself only."""
        request.max_content_length = self.settings.max_body_bytes + _AROUND
        request.max_form_memory_size = self.settings.max_body_bytes + _AROUND
        refuse_other_origin(request)

    def problem(self, error: Exception) -> Page | AnyResponse:
        """A page for what went wrong."""
        if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
            return error.get_response()
        refusal = http_refusal(error) if isinstance(error, HTTPException) else reading_refusal(error)
        if refusal is None:
            this_call().fault = where(error)
            log.error("our bug in request %s: %s", this_call().id, where(error))
            refusal = RefusedError(500, "exception", "The page failed. The fault was logged.")
        this_call().problem = refusal.logged
        return self._page("problem", refusal.status, status=refusal.status, problem=refusal.diagnostics)

    @property
    def language(self) -> LanguageCode:
        """The reader's."""
        return reader_language(self.settings.language)

    def _page(self, name: str, status_code: int, /, **values: Any) -> Page:
        return page(name, status_code, self.language, **values)

    def _warm_up(self, app: Flask, code: LanguageCode) -> None:
        """Load the words and reasons of every rule and the page of an answer."""
        made = read_record(example(IDS[0], self.clock()).record)
        result = Result(ask(made, self.settings, self.clock(), code), code)
        log.debug("ready for %d recommendations", len(result.reasons) + len(result.cards))
        app.jinja_env.get_template("workbench/result.html")

    def _ordered(self, made: Request, form: Mapping[str, str]) -> Page:
        """The record asked as the button says; an order that cannot be read is told beside its field."""
        today = self.clock()
        action = form.get("do", "again")
        hook = ACTIONS.get(action)
        origin = form.get("origin", "")
        origin = origin if origin in IDS or origin == "typed" else "pasted"
        if hook is None:
            return self._result(made, today, origin, form)
        if hook == PATIENT_VIEW:
            return self._result(without_drafts(made), today, origin, form)
        if not form.get("order") and made["context"].get("draftOrders"):
            return self._result(with_draft(made, hook, None), today, origin, form)
        drafted = drafting.read(form, made["context"]["patientId"], today, language(self.language))
        if drafted.resource is None:
            return self._result(made, today, origin, form, problems=drafted.problems)
        return self._result(with_draft(made, hook, drafted.resource), today, origin, form)

    def _result(
        self,
        made: Request,
        today: date,
        origin: str,
        order: Mapping[str, str],
        *,
        problems: Mapping[str, Problem] | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> Page:
        result = Result(ask(made, self.settings, today, self.language), self.language)
        return self._page(
            "result",
            422 if problems else 200,
            result=result,
            can_answer=self.settings.auth == "off",
            timeline=section(result.exchange.facts, self.language),
            origin=origin,
            order=order,
            problems=problems or {},
            typed=typed or {},
            states=STATES,
            choices=drafting.choices(),
            order_fields=drafting.fields(),
            url=f"{self.settings.public_url or request.host_url.rstrip('/')}/cds-services/{result.exchange.service.id}",
        )

    def _form(self) -> Mapping[str, str]:
        return {name: text for name, text in request.form.items() if isinstance(text, str)}

    def _record(self, form: Mapping[str, str]) -> str:
        """The file that was dropped or chosen, else the text that was pasted."""
        file = request.files.get("file")
        if file is not None and file.filename:
            try:
                return str(file.read(), "utf-8-sig")
            except UnicodeDecodeError as error:
                problem = f"The file is no UTF-8 text (byte {error.start})."
                raise RefusedError(400, "structure", problem) from None
        return form.get("record", "")


_HOOKS: Final[tuple[Hook, ...]] = (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN)
