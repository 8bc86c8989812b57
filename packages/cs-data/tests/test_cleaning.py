from __future__ import annotations

import random
import re
import sys
import time
import unicodedata

import pytest

from cs_data.cleaning import (
    STEPS,
    Normalize,
    Unescape,
    clean_text,
    clean_value,
    ticket_text,
)
from cs_data.windows_paths import WINDOWS_PATH


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (r"one\ntwo\r\nthree\tfour", "one\ntwo\nthree\tfour"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("e\u0301", "é"),
        ("a\x00b\x07c\x85d\ufeffe\x7f", "abcde"),
        ("a  \nb\t\nc", "a\nb\nc"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("a\n \n \n \nb", "a\n\nb"),
        ("  \n a b \n ", "a b"),
        ("👩\u200d💻 stays", "👩\u200d💻 stays"),
        ("tab\tstays", "tab\tstays"),
        ("", ""),
        (" \\n \x00", ""),
    ],
)
def test_text_is_cleaned(raw, clean):
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    "path",
    [
        r"C:\new\temp\notes.txt",
        r"C:\\new\\temp\\notes.txt",
        r"c:\temp",
        r"(D:\tools)",
        r"C:\Program Files (x86)\new tools\notes.txt",
        r"C:\my documents\New folder\test.txt",
        r"C:\Users\john.doe\temp\new.txt",
        r"\\server\new\table",
        r"\\\\server\\new\\table",
        r"\\files.example.com\new\table.xlsx",
        r"%TEMP%\new\table",
        r"HKLM\network\tools",
        r"HKEY_CURRENT_USER\network",
        r"C:\tools, D:\new",
    ],
)
def test_windows_paths_stay_while_escapes_around_them_become_line_breaks(path):
    assert clean_text(path) == path
    assert clean_text(rf"Hello,\n\nsee {path}\nThanks\tBob") == f"Hello,\n\nsee {path}\nThanks\tBob"
    assert clean_text(rf"Path:\n{path}\r\n\r\n1. Next") == f"Path:\n{path}\n\n1. Next"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (r"the following points:\n\n1. A list", "the following points:\n\n1. A list"),
        (r"Option C:\nRestart it", "Option C:\nRestart it"),
        (r"Option A:\nrestart it", "Option A:\nrestart it"),
        (r"C:\log.txt\nplease read it", "C:\\log.txt\nplease read it"),
        (r"100 %\nof them", "100 %\nof them"),
        (r"Dear team,\tmy\nprinter", "Dear team,\tmy\nprinter"),
    ],
)
def test_what_only_resembles_a_windows_path_is_unescaped(raw, clean):
    assert clean_text(raw) == clean


def step_by_step(text):
    """Apply every step, as a tokenizer does, which knows no shortcuts."""
    for step in STEPS:
        if isinstance(step, Normalize):
            text = unicodedata.normalize(step.form, text)
        elif isinstance(step, Unescape):
            pattern = f"{WINDOWS_PATH}|({step.escape})"
            text = re.sub(
                pattern, lambda match, new=step.replacement: new if match[1] else match[0], text
            )
        elif isinstance(step.pattern, str):
            text = text.replace(step.pattern, step.replacement)
        else:
            text = step.pattern.sub(step.replacement, text)
    return text.strip()


def test_cleaning_twice_changes_nothing_more_and_shortcuts_leave_out_no_step():
    draw = random.Random(7)  # noqa: S311 - nothing secret depends on it
    pieces = ["\\", "n", "r", "t", "\n", "\r", "\t", " ", "\x00", "\ufeff", "e", "\u0301", "\xa0"]
    pieces += ["C:\\", "\\\\ab\\", "%", "HKLM", ".txt", "N", "folder"]
    for _ in range(20_000):
        text = "".join(draw.choices(pieces, k=draw.randint(0, 12)))
        once = clean_text(text)
        assert unicodedata.is_normalized("NFC", once)
        assert "\n\n\n" not in once
        assert not set(once) & {"\r", "\x00", "\ufeff"}
        assert clean_text(once) == once
        assert once == step_by_step(text)


def test_a_value_is_one_line_with_single_blanks():
    assert clean_value(" very \n  high\x00 ") == "very high"


def test_a_name_is_never_unescaped():
    assert clean_value(r"CORP\network \tools") == r"CORP\network \tools"


def test_a_name_holds_only_what_is_seen():
    seen = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) == "Cf" and not 0x13430 <= code <= 0x1343F:
            kept = character if character in seen else ""
            assert clean_value(f"Bil{character}ling") == f"Bil{kept}ling", hex(code)
    assert clean_value("\u200eTech\ufeff \u200b ") == "Tech"
    assert clean_value("e\u200b\u0301") == "é"


def test_joiners_that_change_how_a_name_looks_stay():
    for name in ("\u0645\u06cc\u200c\u062e\u0648", "👩\u200d💻", "\u0915\u094d\u200d\u0937"):
        assert clean_value(f"\u200d{name}\u200c") == name


def test_the_fields_of_a_ticket_are_cleaned_and_joined_by_line_breaks():
    assert ticket_text(["\\n A \t", "", " \\n", "b\\tc"]) == "A\nb\tc"
    assert ticket_text([]) == ""


@pytest.mark.parametrize("text", [" " * 200_000 + "x \ny", ("a" + " " * 1000) * 200 + "\nb"])
def test_long_runs_of_blanks_take_no_longer_than_other_text(text):
    start = time.process_time()
    clean_text(text)

    assert time.process_time() - start < 2
