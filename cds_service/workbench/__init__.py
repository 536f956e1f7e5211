"""The workbench: a page at / where a doctor sees the advice and its reasons. It works on its own, offline.

Only the addresses stand here. What makes the pages (templates, Markdown, the reasons) is loaded when
one is opened, so that the service itself starts and answers as if there were none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from cds_service.authentication.open_views import open_to_everybody
from cds_service.settings import Settings

if TYPE_CHECKING:
    from cds_service.workbench.views import Pages

#: Everything from this host, no script or style in the page itself, in no frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def blueprint(settings: Settings, clock: Callable[[], date]) -> Blueprint:
    """The pages. `clock` is asked for the day once in each request."""
    pages = Blueprint("workbench", __name__, template_folder="templates")
    made: list[Pages] = []

    def views() -> Pages:
        if not made:
            from cds_service.workbench.views import Pages

            made.append(Pages(settings, clock))
        return made[0]

    def add(rule: str, endpoint: str, view: Callable[..., Any], **options: Any) -> None:
        # with OSTEO_CDS_AUTH=required the page is there only if the operator says so, and then needs no token
        pages.add_url_rule(rule, endpoint, open_to_everybody(view), **options)

    add("/", "home", lambda: views().home())
    add("/workbench/examples/<name>", "example", lambda name: views().example(name))
    add("/workbench/advice", "advice", lambda: views().advice(), methods=["POST"])
    add("/workbench/advice", "advice_again", lambda: views().to_home())
    add("/workbench/patient", "patient", lambda: views().patient())
    add("/workbench/patient", "typed", lambda: views().typed(), methods=["POST"])
    add(
        "/workbench/feedback/<service_id>",
        "feedback",
        lambda service_id: views().feedback(service_id),
        methods=["POST"],
    )
    add("/rules", "rules", lambda: views().rules())
    add("/rules/<rule_id>", "rule", lambda rule_id: views().rule(rule_id))
    add("/workbench/static/<path:name>", "static", lambda name: views().static(name))
    pages.before_request(lambda: views().refuse_other_origin())
    pages.register_error_handler(Exception, lambda error: views().problem(error))

    @pages.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "same-origin"  # with no-referrer a browser would hide our own Origin
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    return pages
