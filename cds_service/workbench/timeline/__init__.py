"""The bone timeline: a picture of what happened to this patient's bones, and the table behind it.

One door: `section`. The page that shows it loads STYLE and SCRIPT from the workbench's static folder;
the script fetches the charting library (static/vendor) only where a timeline stands on the page.
"""

from __future__ import annotations

import json

from markupsafe import Markup, escape

from cds_service.workbench.timeline.marks import Spec
from cds_service.workbench.timeline.picture import picture
from cds_service.workbench.timeline.series import Timeline, timeline
from cds_service.workbench.timeline.table import table
from cds_service.workbench.timeline.words import Words, words
from fhir_mappings.facts import PatientFacts
from hooks.language import LanguageCode

#: What the page loads, below the workbench's static folder: a style sheet and a module.
STYLE, SCRIPT = "timeline.css", "timeline.js"
#: What the script itself then asks for, beside it.
LIBRARY = ("vendor/vega.min.js", "vendor/vega-interpreter.js")


def section(facts: PatientFacts, language: LanguageCode) -> Markup:
    """Heading, picture and table of these facts, as of their day."""
    drawn, say = timeline(facts), words(language)
    content = _nothing(drawn, say) if drawn.empty else _figure(drawn, say)
    rows = table(drawn, say) if drawn.undated or not drawn.empty else Markup("")
    return Markup(
        '<section class="bone-timeline" aria-labelledby="bone-timeline-title" lang="{lang}">'
        '<h2 id="bone-timeline-title">{title}</h2>{content}{table}</section>'
    ).format(lang=language, title=say.text("title"), content=content, table=rows)


def _nothing(drawn: Timeline, say: Words) -> Markup:
    """That there is nothing to draw, and what that may be for want of."""
    return Markup("").join(Markup("<p>{}</p>").format(text) for text in (say.text("nothing"), *_notes(drawn, say)))


def _figure(drawn: Timeline, say: Words) -> Markup:
    """The picture with its notes. Its specification stands in an inert template, where nothing runs it."""
    hint = Markup('<span class="bone-timeline-hint">{}</span>').format(say.text("hint"))
    notes = [Markup("<span>{}</span>").format(note) for note in _notes(drawn, say)]
    return Markup(
        '<figure><bone-timeline mark="{mark}"><template>{spec}</template><p>{noscript}</p></bone-timeline>'
        "<figcaption>{notes}</figcaption></figure>"
    ).format(
        mark=say.text("mark"),
        spec=_inert(picture(drawn, say)),
        noscript=say.text("noscript"),
        notes=Markup(" ").join([hint, *notes]),
    )


def _inert(spec: Spec) -> Markup:
    """JSON as the text of an element; quotes need no escape there, and there are many."""
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    return Markup(str(escape(text)).replace("&#34;", '"').replace("&#39;", "'"))


def _notes(drawn: Timeline, say: Words) -> list[str]:
    """What a reader must know to read this picture right."""
    found = []
    if drawn.incomplete:
        sources = say.say.list(say.say.term(f"source.{key}") for key in drawn.incomplete)
        found.append(say.text("incomplete", sources=sources))
    if drawn.left_out:
        found.append(say.text("left_out", count=drawn.left_out))
    if drawn.early:
        found.append(say.text("early", begin=say.say.day(drawn.begin)))
    if any(point.fact.comparator for panel in drawn.panels for point in panel.points):
        found.append(say.text("hollow"))
    uncompared = (say.say.term(f"concept.{panel.name}") for panel in drawn.panels if panel.uncompared)
    found += [say.text("uncompared", analyte=analyte) for analyte in uncompared]
    if drawn.undated:
        found.append(say.text("undrawn", count=len(drawn.undated)))
    return found
