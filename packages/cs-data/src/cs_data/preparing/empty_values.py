"""Values that stand for nothing: what tools write into a column where no value is."""

from __future__ import annotations

# Of five languages, spreadsheets, databases and help desks. Not here, since they may well be
# classes: unknown, other, unassigned, and NA (North America, Namibia).
_WORDS = frozenset(
    {
        *(
            "n/a",
            "n.a",
            "n. a",
            "none",
            "null",
            "nil",
            "nan",
            "nat",
            "undefined",
            "unset",
            "not set",
        ),
        *("blank", "empty", "no value", "not applicable", "not available", "not specified", r"\n"),
        *("no priority", "value!", "ref!", "n/a!", "null!", "name?"),
        *(
            "leer",
            "keine",
            "kein",
            "keine angabe",
            "kein wert",
            "k.a",
            "k. a",
            "n.v",
            "nicht gesetzt",
        ),
        *("nicht angegeben", "keine priorität"),
        *("vacío", "vacio", "en blanco", "ninguno", "ninguna", "sin valor", "sin prioridad"),
        *("vide", "aucun", "aucune", "non défini", "non renseigné", "aucune priorité"),
        *("vazio", "em branco", "nenhum", "nenhuma", "sem valor", "não definido", "sem prioridade"),
    }
)
_BRACKETS_AND_DASHES = " -\u2013\u2014_.…/#?|()[]<>{}'\""


def is_empty(value: str) -> bool:
    """Return whether a value stands for nothing: `-`, `n/a`, `(leer)`, `--None--`, `#N/A`."""
    bare = value.casefold().strip(_BRACKETS_AND_DASHES)
    return not bare or bare in _WORDS
