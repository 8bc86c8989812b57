from __future__ import annotations

import pytest

from cs_data.cleaning import Cleaning, clean_text, ticket_text

CLEANING = Cleaning(strip_quoted_mail=True)
OWN = "The printer is still broken.\n\nBest regards\nJane Doe"


def own_part(text: str) -> str:
    clean = clean_text(text, CLEANING)
    assert clean_text(clean, CLEANING) == clean
    return clean


HEADERS = [
    "On Mon, 6 May 2024 at 10:11, Ann Lee <ann@example.com> wrote:",
    "On May 6, 2024, at 10:11 AM, Ann Lee wrote:",
    "On Mon, 6 May 2024 at 10:11, Ann Lee\n<ann@example.com> wrote:",
    "Am 06.05.2024 um 10:11 schrieb Ann Lee <ann@example.com>:",
    "Am Mo., 6. Mai 2024 um 10:11 Uhr schrieb Ann Lee <\nann@example.com>:",
    "Ann Lee <ann@example.com> schrieb am Mo., 6. Mai 2024, 10:11:",
    "El lun, 6 may 2024 a las 10:11, Ann Lee (<ann@example.com>) escribió:",
    "Le lun. 6 mai 2024 à 10:11, Ann Lee <ann@example.com> a écrit :",
    "Le 06/05/2024 à 10h11, Ann Lee a écrit\u00a0:",
    "Em seg., 6 de mai. de 2024 às 10:11, Ann Lee <ann@example.com> escreveu:",
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "-----Mensaje original-----",
    "-----Message d'origine-----",
    "-----Mensagem original-----",
    "________________________________\nFrom: Ann Lee <ann@example.com>\nSent: Monday, May 6\n"
    "To: Me\nSubject: RE: Printer\n",
    "From: Ann Lee\nDate: Monday, May 6\nTo: Me\nCc: You\nSubject: RE: Printer\n",
    "*Von:* Ann Lee\n*Gesendet:* Montag, 6. Mai\n*An:* Ich\n*Betreff:* AW: Drucker\n",
    "Von: Ann Lee\nGesendet: Montag, 6. Mai\nAn: Ich\nBetreff: AW: Drucker\n",
    "De: Ann Lee\nEnviado el: lunes, 6 de mayo\nPara: Yo\nAsunto: RE: Impresora\n",
    "De : Ann Lee\nEnvoyé : lundi 6 mai\nÀ : Moi\nObjet : RE: Imprimante\n",
    "De: Ann Lee\nEnviado: segunda-feira, 6 de maio\nPara: Eu\nAssunto: RE: Impressora\n",
    "De: Ann Lee\nEnviada em: segunda-feira, 6 de maio\nPara: Eu\nAssunto: RE: Impressora\n",
]


@pytest.mark.parametrize("header", HEADERS)
def test_the_mail_that_is_answered_is_left_out(header):
    assert own_part(f"{OWN}\n\n{header}\nIs it plugged in?\nAnn") == OWN
    assert own_part(f"{OWN}\n{header}\n\nIs it plugged in?\n\n-- \nAnn\nSupport") == OWN


@pytest.mark.parametrize(
    "header", [*HEADERS[:10], "On Monday Ann wrote:", "Am Montag schrieb Ann:"]
)
def test_answers_between_quoted_lines_stay(header):
    mail = (
        f"Hello Ann,\n\n{header}\n\n> Is it on?\n>\n> > old\n\nYes.\n\n> Which one?\nThe left one."
    )
    assert own_part(mail) == "Hello Ann,\n\nYes.\n\nThe left one."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nJane Doe\nAcme Ltd\nTel. 123\nwww.example.com",
        "Sent from my iPhone",
        "Sent from my Samsung Galaxy smartphone.",
        "Sent from Yahoo Mail on Android",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Von meinem iPhone gesendet",
        "Gesendet von Mail für Windows 10",
        "Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
        "Enviado desde mi iPhone",
        "Envoyé de mon iPhone",
        "Envoyé depuis mon téléphone",
        "Enviado do meu iPhone",
    ],
)
def test_signatures_are_left_out(signature):
    assert own_part(f"{OWN}\n\n{signature}") == OWN
    assert own_part(f"{OWN}\n\n{signature}\n\n{HEADERS[0]}\n> Is it on?") == OWN


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, the printer prints.\nAll the best, Bob\nPS: the scanner does not",
        "Please order:\n- a mouse\n- a keyboard\n\nThank you,\nBob",
        "On 5 May your colleague wrote:\nrestart it.\nI did, and it is still broken.",
        "Ihr Kollege schrieb am 12.03. folgendes:\nNeu starten.\nDas half nicht.",
        "Steps:\n> open the app\n> click on login\nIt crashes",
        "It prints this\n>>> import app\nImportError",
        "From: Berlin\nTo: Paris\nI need a ticket",
        "Von: Berlin\nNach: Hamburg",
        "Sent from my account, and it never arrived",
        "Where does the parcel come from?\nSent from Berlin",
        "Wer war das?\nGesendet von Max",
        "The mail was\nSent from my phone because the laptop is broken",
        "Room 5\n--\nPrinter 7\n--\nIt is broken",
        "First part\n--\n" + "This is a paragraph of a person's own text, which is long. " * 3,
        "Fwd: Printer\nSee below.\n\nFrom: Bob\nSent: today\nTo: Ann\n\nIt is broken.",
        "Printer\n---------- Forwarded message ---------\nFrom: Bob\nDate: today\nTo: Ann\n\nHelp.",
        "Begin forwarded message:\n\nFrom: Bob\nDate: today\nTo: Ann\n\nIt is broken.",
    ],
)
def test_what_a_person_wrote_stays(text):
    assert own_part(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["> Is it on?\n> Ann", f"{HEADERS[0]}\n\n> Is it on?", "-- \nJane Doe", HEADERS[-1] + "Hi"],
)
def test_a_text_that_would_become_empty_stays_as_it_was(text):
    assert own_part(text) == clean_text(text)


def test_quoted_mail_stays_by_default():
    mail = f"{OWN}\n\n{HEADERS[0]}\n> Is it on?\n\nSent from my iPhone"
    assert clean_text(mail) == mail


def test_quoted_mail_in_html_is_left_out():
    mail = (
        '<div dir="ltr">It is on.</div><br><div class="gmail_quote"><div>On Mon, 6 May 2024 at '
        '10:11, Ann &lt;<a href="mailto:ann@example.com">ann@example.com</a>&gt; wrote:<br></div>'
        "<blockquote class='gmail_quote'><div>Is it on?</div></blockquote></div><div>Bye.</div>"
    )
    assert own_part(mail) == "It is on.\n\nBye."
    assert ticket_text(["RE: Printer", mail], CLEANING) == "RE: Printer\nIt is on.\n\nBye."
