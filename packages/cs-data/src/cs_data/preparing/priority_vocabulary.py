"""What help desks call their priorities, and which of low, medium and high each word means.

The words are those of the usual help desks (Freshdesk, GLPI, HubSpot, Jira, OTRS, Redmine,
Salesforce, ServiceNow, TOPdesk, YouTrack, Zammad, Zendesk, Zoho and others) in English, German,
Spanish, French and Portuguese. Bare numbers are none of them: 1 is the most urgent in ServiceNow
and the least urgent in Freshdesk.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LABELS = ("low", "medium", "high")
_LABEL_OF_RANK = ("low", "low", "medium", "high", "high")

# Words without accents, by rank; `very` and its like are taken off before.
_WORDS = (
    # 0: below low
    "lowest, trivial, negligible, cosmetic, planning, informational, info, not urgent, non urgent, "
    "niedrigste, am niedrigsten, geringste, planung, nicht dringend, "
    "minima, minimo, mas baja, mas bajo, planificacion, no urgente, "
    "la plus basse, minimale, triviale, planification, non urgent, pas urgent, "
    "mais baixa, mais baixo, planejamento, planeamento, nao urgente",
    # 1: low
    "low, lower, minor, niedrig, niedrige, gering, geringe, leicht, baja, bajo, leve, menor, "
    "basse, bas, faible, mineure, mineur, baixa, baixo",
    # 2: medium
    "medium, med, middle, mid, normal, moderate, average, standard, mittel, moderat, mittlere, "
    "media, medio, moderada, moderado, moyenne, moyen, normale, moderee, modere",
    # 3: high
    "high, higher, severe, important, hoch, hohe, schwer, wichtig, alta, alto, grave, importante, "
    "haute, haut, elevee, eleve, elevada, elevado",
    # 4: above high
    "highest, urgent, critical, crit, blocker, blocking, immediate, emergency, show stopper, "
    "showstopper, top, business critical, "
    "hochste, hoechste, am hochsten, dringend, dringende, kritisch, kritische, sofort, notfall, "
    "eilig, blockierend, "
    "maxima, maximo, mas alta, mas alto, urgente, critica, critico, inmediata, inmediato, "
    "emergencia, bloqueante, bloqueador, bloqueadora, "
    "la plus haute, la plus elevee, maximale, critique, immediate, immediat, bloquante, bloquant, "
    "mais alta, mais alto, altissima, imediata, imediato",
)
_MIDDLE = 2
_RANKS = {word: rank for rank, words in enumerate(_WORDS) for word in words.split(", ")}
_VERY = frozenset({"very", "sehr", "muy", "tres", "muito"})
_RANK_IF_VERY = {0: 0, 1: 0, 3: 4, 4: 4}
# Blocker, critical, major, minor, trivial of Jira: its default, in the middle. Elsewhere above it.
_MAJOR = frozenset({"major", "majeure", "majeur", "mayor", "maior"})
_RANK_OF_LEVEL = (4, 4, 3, 2, 1, 0)
"""Rank of P0 to P5, where P1 is the most urgent of the usual five."""

_COLUMN_NAMES = frozenset(
    {
        *("priority", "prio", "urgency", "severity", "sev", "criticality"),
        *("prioritat", "prioritaet", "dringlichkeit", "schweregrad", "kritikalitat"),
        *("prioridad", "urgencia", "severidad", "gravedad", "criticidad"),
        *("priorite", "urgence", "severite", "gravite", "criticite"),
        *("prioridade", "severidade", "gravidade", "criticidade"),
    }
)
_LEVEL = re.compile(f"(?:p|s|{'|'.join(sorted(_COLUMN_NAMES))}) ?([0-5])")


def names_priority(column: str) -> bool:
    """Return whether a column is called priority, urgency or severity in one of the languages.

    Other words may stand beside it: `Ticket Priority`, `Custom field (Severity)`, `hs_priority`.
    """
    separate = re.sub("(?<=[a-z])(?=[A-Z])", " ", column)
    return not _COLUMN_NAMES.isdisjoint(_words(separate))


class PriorityScale:
    """The meaning of the values of one column.

    Args:
        values: all values of the column. `Major` is in the middle (Jira) unless one of them is
            another word for the middle, as in GLPI or YouTrack: it is then above it.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._major = 3 if any(_rank(value, None) == _MIDDLE for value in values) else _MIDDLE

    def rank(self, value: str) -> int | None:
        """Return the urgency of a value, from 0 to 4; None if it is not a known priority."""
        return _rank(value, self._major)

    def label(self, value: str) -> str | None:
        """Return low, medium or high; None if the value is not a known priority."""
        rank = self.rank(value)
        return None if rank is None else _LABEL_OF_RANK[rank]


def _rank(value: str, major: int | None) -> int | None:
    words = _words(value)
    # Of "1 - Critical", "3 normal", "P2: high" and "High priority" the words decide.
    deciding = [word for word in words if word not in _COLUMN_NAMES and not _is_number(word)]
    phrase = " ".join(deciding)
    if phrase in _MAJOR:
        return major
    if deciding and deciding[0] in _VERY:
        return _RANK_IF_VERY.get(_RANKS.get(" ".join(deciding[1:]), _MIDDLE))
    if deciding:
        return _RANKS.get(phrase)
    level = _LEVEL.fullmatch(" ".join(words))
    return None if level is None else _RANK_OF_LEVEL[int(level[1])]


def _is_number(word: str) -> bool:
    return word.isdecimal() or _LEVEL.fullmatch(word) is not None


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case and without accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c)))
