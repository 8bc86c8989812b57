"""Values that stand for nothing: what tools write into a column where no value is."""

from __future__ import annotations

# Of five languages, spreadsheets, databases and help desks. Not here, since they may well be
# classes: unknown, other, unassigned, and NA (North America, Namibia).
_WORDS = (
    r"n/a, n.a, n. a, n/d, none, null, nil, \n, nan, nat, undefined, unset, not set, blank, empty, "
    "no value, no priority, not applicable, not available, not specified, value!, ref!, null!, "
    "leer, keine, kein, keine angabe, kein wert, keine priorität, k.a, k. a, n.v, nicht gesetzt, "
    "nicht angegeben, "
    "vacío, vacio, en blanco, ninguno, ninguna, sin valor, sin prioridad, "
    "vide, aucun, aucune, non défini, non renseigné, aucune priorité, "
    "vazio, em branco, nenhum, nenhuma, sem valor, não definido, sem prioridade"
)
_NOTHING = frozenset(_WORDS.split(", "))
_BRACKETS_AND_DASHES = " -\u2013\u2014_.…/#?|()[]<>{}'\""


def is_empty(value: str) -> bool:
    """Return whether a value stands for nothing: `-`, `n/a`, `(leer)`, `--None--`, `#N/A`."""
    bare = value.casefold().strip(_BRACKETS_AND_DASHES)
    return not bare or bare in _NOTHING
