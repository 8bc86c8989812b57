"""Service desks whose columns and values are in German, French, Portuguese and Spanish."""

from __future__ import annotations

from cs_data_tests.helpdesks.export import Export, Values, export, requests_with
from cs_data_tests.helpdesks.formats import delimited


def german_excel() -> Export:
    """Write what Excel saves as CSV in Germany: `sep=;`, Windows-1252 and umlauts in the header."""
    values = Values(
        {
            "low": {"Niedrig": 50},
            "medium": {"Mittel": 60},
            "high": {"Hoch": 50, "Dringend": 40},
        }
    )
    requests = requests_with(values, language="de", seed=22)
    rows = [(one.number, one.subject, one.body, one.value) for one in requests]
    columns = ("Nr.", "Betreff", "Beschreibung", "Priorität")
    content = delimited(
        columns, rows, separator=";", encoding="cp1252", line_end="\r\n", above=["sep=;"]
    )
    options = ("--text-columns", "Betreff,Beschreibung", "--label-column", "Priorität")
    return export(
        "Übersicht.csv", content, values, requests, lossy="cp1252", steps=((), options),
        encoding="windows-1252", separator=";", notes=("read as windows-1252, guessed",),
    )  # fmt: skip


def glpi() -> Export:
    """Write the export of a search in French, with a separator behind the last field too."""
    values = Values(
        {
            "low": {"Très basse": 20, "Basse": 40},
            "medium": {"Moyenne": 70},
            "high": {"Haute": 30, "Très haute": 20, "Majeure": 20},
        }
    )
    requests = requests_with(values, language="fr", seed=27)
    rows = [
        (f"1 {one.number:03}", one.subject, "Nouveau", "01-03-2026 09:12", one.value, one.body)
        for one in requests
    ]
    columns = ("ID", "Titre", "Statut", "Date d'ouverture", "Priorité", "Description")
    content = delimited(
        columns, rows, separator=";", encoding="utf-8-sig", line_end="\r\n", quote_all=True,
        trailing=";",
    )  # fmt: skip
    options = ("--text-columns", "Titre,Description", "--label-column", "Priorité")
    return export("glpi.csv", content, values, requests, steps=((), options), separator=";")


def topdesk() -> Export:
    """Write incidents in German, from P1 to P5."""
    values = Values(
        {"low": {"P5": 20, "P4": 50}, "medium": {"P3": 60}, "high": {"P2": 40, "P1": 30}}
    )
    requests = requests_with(values, language="de", seed=28)
    rows = [(f"M 2603 {one.number:03}", one.subject, one.body, one.value) for one in requests]
    columns = ("Meldungsnummer", "Kurzbeschreibung (Details)", "Anfrage", "Priorität")
    content = delimited(columns, rows, separator=";", encoding="utf-8-sig")
    options = ("--text-columns", "Kurzbeschreibung (Details),Anfrage")
    return export(
        "Meldungen.csv", content, values, requests,
        steps=((), (*options, "--label-column", "Priorität")), separator=";",
    )  # fmt: skip


def movidesk() -> Export:
    """Write tickets in Portuguese, in Windows-1252."""
    values = Values(
        {"low": {"Baixa": 60}, "medium": {"Média": 70}, "high": {"Alta": 40, "Urgente": 30}}
    )
    requests = requests_with(values, language="pt", seed=33)
    rows = [(one.number, one.subject, one.body, one.value) for one in requests]
    columns = ("Número", "Assunto", "Descrição", "Urgência")
    content = delimited(columns, rows, separator=";", encoding="cp1252", line_end="\r\n")
    options = ("--text-columns", "Assunto,Descrição", "--label-column", "Urgência")
    return export(
        "chamados.csv", content, values, requests, lossy="cp1252", steps=((), options),
        encoding="windows-1252", separator=";", notes=("read as windows-1252, guessed",),
    )  # fmt: skip


def invgate() -> Export:
    """Write requests in Spanish."""
    values = Values(
        {"low": {"Baja": 60}, "medium": {"Media": 70}, "high": {"Alta": 40, "Crítica": 30}}
    )
    requests = requests_with(values, language="es", seed=34)
    rows = [(one.number, one.subject, one.body, one.value) for one in requests]
    columns = ("N.º", "Asunto", "Descripción", "Prioridad")
    options = ("--text-columns", "Asunto,Descripción", "--label-column", "Prioridad")
    content = delimited(columns, rows, separator=";", encoding="utf-8-sig")
    return export("solicitudes.csv", content, values, requests, steps=((), options), separator=";")
