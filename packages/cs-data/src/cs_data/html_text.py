"""Turn HTML into plain text, and leave alone what only looks a little like it.

Tickets hold placeholders (`<name>`), addresses (`<john@example.com>`), XML and generic types
(`List<String>`): a text is HTML only where its tags are those of formatted mail, and in HTML only
the tags that HTML has are removed. selectolax parses, which is loaded with the first such text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# Tags that make a text HTML, each with its closing tag, an attribute, or at the start of a line.
_FORMATTING = frozenset(
    "b blockquote center dd del div dl dt em font h1 h2 h3 h4 h5 h6 html i ins li ol p pre small "
    "span strike strong sub sup table tbody td th thead tr u ul".split()
)
_WITH_ATTRIBUTE = _FORMATTING | {"a", "body", "img", "meta"}
_AT_LINE_START = _FORMATTING - set("b i u em ins del small strong sub sup".split())
# Placeholders may have these names, and a parser drops what follows some of them up to their end.
_NEED_END = frozenset(
    "abbr acronym address aside button caption cite code details figure iframe label legend main "
    "map mark menu nav noscript option samp script section select style summary svg textarea time "
    "title var xml".split()
)
_VOID = frozenset("area base br col hr img input link meta wbr".split())
_TAGS = (
    _WITH_ATTRIBUTE
    | _NEED_END
    | _VOID
    | frozenset(
        "article bdi bdo big colgroup dfn dir fieldset figcaption footer form head header kbd nobr "
        "optgroup q s tfoot tt".split()
    )
)
_DROPPED = frozenset("script style svg title xml".split())
_LINES = frozenset(
    "address article aside blockquote caption center dd details dir div dl dt fieldset figcaption "
    "figure footer form header hr legend li main menu nav ol option pre section summary table tr "
    "ul".split()
)
_PARAGRAPHS = frozenset("h1 h2 h3 h4 h5 h6 p".split())
_CELLS = frozenset("td th".split())
# Deeper ones are ignored, as browsers do: a parser's time grows with the square of the depth.
_MAX_DEPTH = 10_000
# A mark for each level before each line would make a text longer than memory.
_MAX_QUOTE_MARKS = 20
# One in four tags that HTML does not have: XML, which may have elements called p or table.
_MIN_TAGS_PER_FOREIGN_TAG = 4

_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?=(\s+[a-zA-Z@:_](?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)?\s*/?>)"
)
_START = re.compile(
    rf"<!doctype\s+html\b|^[ \t]*<(?:{'|'.join(sorted(_AT_LINE_START))})(?=[\s/>])",
    re.IGNORECASE | re.MULTILINE,
)
# Comments, and what Word writes into mail: <o:p>, <![if !supportLists]>, <?xml:namespace ... />.
_OTHER_MARKUP = (
    r"<(?P<comment>!--)|<(?:!doctype|!\[(?:if|endif|else)|\?xml|/?(?:[mopvwx]|st1):)[^<>]*>"
)
_MARKUP = re.compile(f"{_TAG.pattern}|{_OTHER_MARKUP}|<", re.IGNORECASE)

# Controls stand for what tags mean; texts that come here have none of their own.
_BREAK, _LINE, _PARAGRAPH, _QUOTE, _END_OF_QUOTE = "\x01\x02\x03\x04\x05"
_BLANKS = re.compile(r"[^\S\n]+")
_WHITE_SPACE = re.compile(r"\s+")
_BREAKS = re.compile(f"\\s*[{_BREAK}{_LINE}{_PARAGRAPH}][\\s{_BREAK}{_LINE}{_PARAGRAPH}]*")


def is_html(text: str) -> bool:
    """Return whether a text is plainly HTML."""
    if "<" not in text or ">" not in text:
        return False
    tags: Counter[str] = Counter()
    closed: set[str] = set()
    opened: set[str] = set()
    foreign = 0
    formatted = False
    for match in _TAG.finditer(text):
        closing, name, attributes = match[1], match[2].lower(), match[3]
        if name not in _TAGS:
            foreign += bool(closing)
            continue
        tags[name] += 1
        (closed if closing else opened).add(name)
        formatted = (
            formatted or name == "br" or (name in _WITH_ATTRIBUTE and "=" in (attributes or ""))
        )
    is_xml = "<?xml " in text and "html" not in tags
    if is_xml or tags.total() <= _MIN_TAGS_PER_FOREIGN_TAG * foreign:
        return False
    formatted = formatted or not _FORMATTING.isdisjoint(opened & closed)
    return formatted or _START.search(text) is not None


def html_to_text(text: str) -> str:
    """Return HTML as text: blocks on lines of their own, character references decoded.

    Scripts and styles are left out. Lines of quoted mail (`<blockquote type="cite">`) start with
    `> `.
    """
    from selectolax.lexbor import LexborHTMLParser

    readable = text.encode("utf-8", "replace").decode()  # a lone surrogate is no character
    body = LexborHTMLParser(_without_stray_signs(readable)).body
    return "" if body is None else _laid_out("".join(_pieces(body)))


def escape_tags(text: str) -> str:
    """Write `&lt;p>` for `<p>`, so that a text about tags is no HTML."""
    return _TAG.sub(
        lambda match: "&lt;" + match[0][1:] if match[2].lower() in _TAGS else match[0], text
    )


def _without_stray_signs(text: str) -> str:
    """Escape every `<` that starts no tag, since a parser would drop text behind it."""
    last_ends = {match[2].lower(): match.start() for match in _TAG.finditer(text) if match[1]}
    last_end_of_comment = text.rfind("-->")
    depth = 0

    def checked(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2] is None:
            if match["comment"]:
                is_tag = match.start() < last_end_of_comment
                return match[0] if is_tag else "&lt;!--"
            return "&lt;" if match[0] == "<" else ""
        name = match[2].lower()
        needs_end = name in _NEED_END and not match[1]
        if name not in _TAGS or (needs_end and match.start() > last_ends.get(name, -1)):
            return "&lt;" + match[0][1:]
        if name not in _VOID:
            depth += -1 if match[1] else 1
        return match[0] if depth < _MAX_DEPTH else "<br "  # its attributes follow

    return _MARKUP.sub(checked, text)


def _pieces(body: LexborNode) -> Iterator[str]:
    """Yield the text of a tree, with a control for each break."""
    # A stack instead of recursion: mail nests tables deeper than Python calls functions.
    stack: list[tuple[LexborNode | str, bool]] = [(body, False)]
    while stack:
        node, in_block = stack.pop()
        if isinstance(node, str):
            yield node
            continue
        name = node.tag or ""
        if name == "-text":
            # Line breaks mean nothing inside a block; outside, they are a plain text's own.
            yield (_WHITE_SPACE if in_block else _BLANKS).sub(" ", node.text_content or "")
            continue
        if name in _DROPPED:
            continue
        if name == "br":
            yield _BREAK
            continue
        if name in _PARAGRAPHS:
            before = after = _PARAGRAPH
        elif name in _LINES:
            before = after = _LINE
        else:
            before = after = " " if name in _CELLS else ""
        if name == "blockquote" and _is_quote(node):
            before, after = _LINE + _QUOTE, _END_OF_QUOTE + _LINE
        yield before
        stack.append((after, False))
        in_block = name != "pre" and (in_block or bool(before))
        stack.extend((child, in_block) for child in reversed(list(node.iter(include_text=True))))


def _is_quote(node: LexborNode) -> bool:
    attributes = node.attributes
    return attributes.get("type") == "cite" or "quote" in (attributes.get("class") or "")


def _laid_out(text: str) -> str:
    """Replace the controls by line breaks, and start quoted lines with `> `."""
    lines = _BREAKS.sub(_line_breaks, text).split("\n")
    if _QUOTE not in text:
        return "\n".join(_BLANKS.sub(" ", line).strip() for line in lines)
    depth = 0
    quoted = []
    for line in lines:
        depth += line.count(_QUOTE)
        plain = line.replace(_QUOTE, "").replace(_END_OF_QUOTE, "")
        plain = _BLANKS.sub(" ", plain).strip()
        quoted.append("> " * min(depth, _MAX_QUOTE_MARKS) + plain if plain else plain)
        depth -= line.count(_END_OF_QUOTE)
    return "\n".join(quoted)


def _line_breaks(match: re.Match[str]) -> str:
    run = match[0]
    # The first break of a block ends its last line, as the end of the block does.
    if _PARAGRAPH in run or run.count(_BREAK) > 1:
        return "\n\n"
    return "\n"
