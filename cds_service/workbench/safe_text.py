"""Text of records and cards on the page: Markdown without HTML, links only to https, no hidden direction marks."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markupsafe import Markup

#: Characters that change the order or the look of the text around them without being seen.
_HIDDEN: Final = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def visible(text: str) -> str:
    """The text with every hidden mark written out, such as [U+202E]."""
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def all_visible(value: Any) -> Any:
    """The same for every text in a JSON value."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {name: all_visible(each) for name, each in value.items()}
    if isinstance(value, list):
        return [all_visible(each) for each in value]
    return value


def escaped_json(text: str) -> str:
    """A JSON text with the hidden marks in it as JSON escapes: the same JSON, and nothing hidden."""
    if text.isascii() and "\x7f" not in text:
        return text  # a long record is looked through in no time
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def content(json: str) -> Markup:
    """A JSON text as the content of an element, where only these two characters mean something to HTML."""
    return Markup(escaped_json(json).replace("&", "&amp;").replace("<", "&lt;"))


def is_https(url: str) -> bool:
    """Whether a link may be followed from the page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def markdown(text: str) -> Markup:
    """The Markdown of a card as HTML: no HTML of its own, no images, links only to https."""
    return Markup(_renderer().render(visible(text)))


@cache
def _renderer() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).disable("image")
    made.validateLink = is_https  # type: ignore[method-assign]
    made.add_render_rule("link_open", _link_open)
    return made


def _link_open(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "noreferrer noopener")
    rendered: str = self.renderToken(tokens, index, options, env)
    return rendered
