"""Find what a person did not write into a mail: the mail that is answered, and signatures.

Only what is plainly one of these goes, in English, French, German, Portuguese and Spanish: closings
such as "Best regards" and lists with hyphens stay, which other parsers take for signatures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# "On Mon, 6 May 2024 at 10:11, Ann <ann@example.com> wrote:", which mail programs wrap.
_ATTRIBUTION = re.compile(
    r"(?:on\b.+\bwrote|am\b.+\bschrieb\b.*|.+\bschrieb\s+am\b.+|el\b.+\bescribió|le\b.+\ba\s+écrit"
    r"|em\b.+\bescreveu)\s*:",
    re.IGNORECASE,
)
_ATTRIBUTION_START = re.compile(r"(?:on|am|el|le|em)\b|.+\bschrieb\s+am\b", re.IGNORECASE)
_ATTRIBUTION_LINES = 3
_TIME_OR_ADDRESS = re.compile(r"\d{1,2}[:h]\d{2}|@")
_SEPARATOR = re.compile(
    r"[-_ ]{2,}\s*(?:original message|original appointment|original[- ]?nachricht"
    r"|ursprüngliche (?:nachricht|e-?mail)|mensaje original|message (?:d['\u2019]origine|original)"
    r"|mensagem original)\s*[-_ ]{2,}",
    re.IGNORECASE,
)
_RULE = re.compile(r"[-_]{5,}")
# A forwarded mail is what the ticket is about.
_FORWARDED = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado"
    r"|início da mensagem (?:encaminhada|reencaminhada))\s*:?"
    r"|[-_]{2,}\s*(?:forwarded message|weitergeleitete nachricht|mensaje reenviado"
    r"|message transféré|mensagem (?:encaminhada|reencaminhada)).*",
    re.IGNORECASE,
)
_FORWARDED_SUBJECT = re.compile(r"(?:fwd?|wg|tr|rv|enc)\s*:", re.IGNORECASE)
# The lines that Outlook puts above the mail that is answered, each "Name: value".
_FROM = re.compile(r"\*?(?:from|von|de|da)\s*:\*?\s*\S.*", re.IGNORECASE)
_SENT = re.compile(
    r"\*?(?:sent|date|gesendet(?: am)?|datum|enviado(?: el| em)?|enviada(?: em)?|fecha"
    r"|envoyé(?: le)?|data)\s*:\*?\s*\S.*",
    re.IGNORECASE,
)
_TO_OR_SUBJECT = re.compile(
    r"\*?(?:to|subject|an|betreff|para|asunto|à|objet|assunto)\s*:\*?\s*\S.*", re.IGNORECASE
)
_HEADER_LINES = 6
# "Sent from Berlin" may be a person's own sentence: a device is called theirs, or it is a program.
# Names start with a capital, as few other words do.
_PROGRAM = r"(?=\s+(?:correo|courrier|gmx|icloud|mail|outlook|proton|samsung|web\.de|yahoo)\b)"
_NAMES = (
    r"(?:\s+(?:[A-ZÀ-Þ0-9]\S*|i[A-Z]\S*|(?:android|celular|device|email|for|für|handy|mail|mit|mobile"
    r"|móvil|on|para|phone|pour|smartphone|sur|tablet|telefon|telefone|telefono|teléfono|telemóvel"
    r"|téléphone|using|via|with)\b\.?)){1,6}"
)
_DEVICE = re.compile(
    rf"(?i:sent from(?: my|{_PROGRAM})|get outlook for"
    rf"|gesendet (?:von|mit|über)(?: mein\w*|{_PROGRAM})"
    rf"|holen sie sich outlook für|enviado (?:desde|do|de|a partir d[eo])(?: mi| meu|{_PROGRAM})"
    rf"|obtener outlook para|obter o outlook para"
    rf"|envoyé (?:de|depuis|à partir de)(?: mon| ma|{_PROGRAM})"
    rf"|télécharger outlook pour|obtenir outlook pour){_NAMES}\.?"
    rf"|(?i:(?:diese nachricht wurde )?von mein\w*){_NAMES}\s+gesendet\.?"
)
_MAX_SIGNATURE_LINES = 12
_MAX_WIDTH = 80


def without_quoted_mail(text: str) -> str:
    """Return a mail without the mail that it answers and without signatures.

    A text that holds nothing else stays as it is, and so does a mail that is forwarded.
    """
    lines = text.split("\n")
    while True:
        own = _trimmed(_without_signature(_trimmed(_without_history(lines))))
        if not own:
            return "\n".join(lines)
        if own == lines:
            return "\n".join(own)
        lines = own


def _trimmed(lines: Sequence[str]) -> list[str]:
    return "\n".join(lines).strip().split("\n") if any(map(str.strip, lines)) else []


def _without_history(lines: list[str]) -> list[str]:
    """Leave out lines that start with `>`, and all that stands below a mail's header."""
    if _FORWARDED_SUBJECT.match(lines[0]):
        return lines
    own: list[str] = []
    attributed = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if _FORWARDED.fullmatch(line):
            return own + lines[at:]
        if line and _starts_history(lines, at):
            return own
        if length := _attribution_length(lines, at):
            if not _next_written(lines, at + length).startswith(">"):
                return own
            attributed = True
            at += length
        elif line.startswith(">"):
            end = next((i for i in range(at, len(lines)) if lines[i][:1] != ">"), len(lines))
            if not attributed and _is_own_block(own, line):
                own += lines[at:end]
            at = end
        else:
            own.append(line)
            at += 1
    return own


def _is_own_block(above: Sequence[str], first: str) -> bool:
    """Return whether lines with `>` may be a list or what was typed into a console."""
    return first.startswith(">>>") or next(filter(None, reversed(above)), "").endswith(":")


def _next_written(lines: Sequence[str], at: int) -> str:
    return next((lines[i] for i in range(at, len(lines)) if lines[i]), "")


def _starts_history(lines: Sequence[str], at: int) -> bool:
    below = [line for line in lines[at : at + _HEADER_LINES + 1] if line]
    if _RULE.fullmatch(below[0]):
        del below[0]
    if not below or _SEPARATOR.fullmatch(below[0]):
        return bool(below)
    if not _FROM.fullmatch(below[0]):
        return False
    header = below[1:]
    return any(map(_SENT.fullmatch, header)) and any(map(_TO_OR_SUBJECT.fullmatch, header))


def _attribution_length(lines: Sequence[str], at: int) -> int:
    """Return how many lines from here are "On … wrote:", 0 if these are something else."""
    if not _ATTRIBUTION_START.match(lines[at]):
        return 0
    for length in range(1, _ATTRIBUTION_LINES + 1):
        written = lines[at : at + length]
        if not all(written):
            return 0
        joined = " ".join(written)
        if joined.endswith(":"):
            is_quoted = _next_written(lines, at + length).startswith(">")
            is_mail = is_quoted or _TIME_OR_ADDRESS.search(joined)
            return length if is_mail and _ATTRIBUTION.fullmatch(joined) else 0
    return 0


def _without_signature(lines: list[str]) -> list[str]:
    if lines.count("--") == 1:  # with more, these are dividers
        mark = lines.index("--")
        below = [line for line in lines[mark + 1 :] if line]
        if len(below) <= _MAX_SIGNATURE_LINES and max(map(len, below), default=0) <= _MAX_WIDTH:
            return lines[:mark]
    end = len(lines)
    while end and (not lines[end - 1] or _DEVICE.fullmatch(lines[end - 1])):
        end -= 1
    return lines[:end]
