# ruff: noqa: RUF001, E501 - texts as people write them
from __future__ import annotations

import csv
import io
import random
from contextlib import suppress

import pytest

from cs_data import DataError, PrepareOptions, prepare
from cs_data.reading import ExportTable
from cs_data.reading.encoding_guess import guess_encoding
from cs_data.sample.tickets import draw_ticket

TEXTS = {
    "German": "Der Drucker im Büro lässt sich nicht öffnen. Können Sie die Störung bitte prüfen? "
    "Wir benötigen dringend Unterstützung für die Rücksendung. Schöne Grüße aus Köln",
    "French": "Notre réseau privé ne fonctionne plus à côté du siège. L’employé a été bloqué après "
    "la mise à jour, où le problème s’aggrave. Merci de vérifier le système, c’est très gênant",
    "Spanish": "La impresora no funciona desde esta mañana y la contraseña caducó. ¿Pueden ayudar "
    "rápidamente con la configuración? También necesitamos más información, está dañada",
    "Portuguese": "A impressão não funciona desde ontem à noite e não é possível acessar a página. "
    "Atenção: precisamos de solução rápida, já que os usuários estão sem conexão",
    "Polish": "Drukarka nie działa od wczoraj i nie można zalogować się do sieci. Proszę o pilną "
    "pomoc, ponieważ użytkownicy są zablokowani. Błąd występuje również na łączach",
    "Czech": "Tiskárna od včerejška nefunguje a uživatelé se nemohou přihlásit do systému. Prosím "
    "o rychlou pomoc, chyba se opakuje i po aktualizaci. Příští týden, děkuji",
    "Russian": "Принтер не работает со вчерашнего дня и пользователи не могут войти в систему. "
    "Пожалуйста, помогите как можно быстрее, ошибка повторяется после обновления",
    "Greek": "Ο εκτυπωτής δεν λειτουργεί από χθες και οι χρήστες δεν μπορούν να συνδεθούν στο "
    "σύστημα. Παρακαλώ βοηθήστε γρήγορα",
    "Turkish": "Yazıcı dünden beri çalışmıyor ve kullanıcılar sisteme giriş yapamıyor. Lütfen acil "
    "yardım edin, güncellemeden sonra hata tekrarlanıyor, değişiklik",
    "Japanese": "プリンターが動作しません。 昨日から システムに ログイン できないため、 至急対応を "
    "お願いします。 更新後に エラーが 発生しています。",
    "Chinese": "打印机从 昨天开始 无法使用， 用户无法 登录系统。 请尽快处理， 更新后 出现错误。 网络连接 也不稳定。",
    "Taiwanese": "印表機從 昨天開始 無法使用， 使用者 無法登入系統。 請儘快處理， 更新後 出現錯誤。 網路連線 也不穩定。",
    "Korean": "프린터가 어제부터 작동하지 않습니다. 사용자가 시스템에 로그인할 수 없습니다. 가능한 한 빨리 도와주세요.",
    "English": "We don’t know why – it won’t start since the update. The user’s “main” account isn’t "
    "there, and it costs 5 € a day",
}
WESTERN = ("German", "French", "Spanish", "Portuguese")


def export(language: str, rows: int = 40) -> str:
    """Return an export of as many tickets in a language."""
    draw = random.Random(rows)  # noqa: S311 - nothing secret depends on it
    words = TEXTS[language].split()
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["subject", "body", "priority"])
    for at in range(rows):
        some = [" ".join(draw.choices(words, k=k)) for k in (3, 12)]
        writer.writerow([*some, ("low", "medium", "high")[at % 3]])
    return file.getvalue()


def read(path, encoding=None):
    table = ExportTable(path, [("subject", "body", "priority")], encoding=encoding)
    return [row.fields for row in table.rows(pytest.fail)], table


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.mark.parametrize(
    ("language", "codec", "name"),
    [
        *((language, "cp1252", "windows-1252") for language in (*WESTERN, "English")),
        *((language, "mac_roman", "mac-roman") for language in (*WESTERN, "English")),
        *((language, "cp850", "cp850") for language in WESTERN if language != "French"),
        ("Polish", "cp1250", "windows-1250"),
        ("Polish", "iso8859_2", "iso-8859-2"),
        ("Czech", "cp1250", "windows-1250"),
        ("Russian", "cp1251", "windows-1251"),
        ("Russian", "koi8_r", "koi8_r"),
        ("Russian", "cp866", "cp866"),
        ("Greek", "cp1253", "windows-1253"),
        ("Turkish", "cp1254", "windows-1254"),
        ("Japanese", "shift_jis", "shift_jis"),
        ("Japanese", "euc_jp", "euc_jp"),
        ("Chinese", "gb18030", "gb18030"),
        ("Taiwanese", "big5", "big5"),
        ("Korean", "euc_kr", "euc_kr"),
    ],
)
def test_the_encoding_of_an_export_is_guessed_and_reported(write_csv, language, codec, name):
    text = export(language)

    rows, table = read(write_csv(text.encode(codec)))

    assert rows == rows_of(text)
    assert (table.lines.encoding, table.lines.repaired) == (name, 0)
    hint = "guessed from its bytes: give --encoding if that is wrong"
    assert [note for note in table.notes if name in note and hint in note]


@pytest.fixture(scope="module")
def sample_texts() -> dict[str, list[str]]:
    """Return texts of the embedded sample by language, "" for all of them."""
    draw = random.Random(5)  # noqa: S311 - nothing secret depends on it
    texts: dict[str, list[str]] = {}
    for ticket in (draw_ticket(draw) for _ in range(2000)):
        for language in (ticket.language, ""):
            texts.setdefault(language, []).append(f"{ticket.subject},{ticket.body}\n")
    return texts


def test_of_western_exports_none_is_garbled_and_at_most_one_in_a_hundred_refused(sample_texts):
    refused = files = 0
    for language in ("de", "fr", "es", "pt", ""):
        for codec in ("cp1252", "iso8859_1", "iso8859_15", "mac_roman", "cp850"):
            draw = random.Random(language + codec)  # noqa: S311 - nothing secret depends on it
            for rows in (40, 40, 40, 200):
                texts = draw.choices(sample_texts[language], k=rows)
                content = "".join(texts).encode(codec, "replace")
                files += 1
                try:
                    encoding = guess_encoding([content], "file")
                except DataError:
                    refused += 1
                    continue
                read_as = content.decode(encoding.codec)
                assert read_as == content.decode(codec), (language, codec, rows)

    assert refused <= files / 100


@pytest.mark.parametrize("rare", ["À bientôt", "É", "c´est", "2 ½ heures", "½", "1 ¼h", "“"])
def test_a_rare_character_does_not_make_a_french_export_unclear(write_csv, rare):
    text = export("French", 400).replace("’", "'") + f"{rare},b,low\n"

    assert read(write_csv(text.encode("cp1252")))[0] == rows_of(text)


@pytest.mark.parametrize("rare", ["5 €", "un cœur", "Œuvre"])
def test_a_rare_character_of_iso_8859_15_decides(write_csv, rare):
    text = export("French", 400).replace("’", "'") + f"{rare},b,low\n"

    assert read(write_csv(text.encode("iso8859_15")))[0] == rows_of(text)


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", ["German", "Russian", "Chinese"])
def test_utf16_is_read_with_and_without_its_mark(write_csv, language, codec, mark):
    text = export(language)
    rows, table = read(write_csv((("\ufeff" if mark else "") + text).encode(codec)))

    assert rows == rows_of(text)
    assert (table.lines.encoding, bool(table.notes)) == (codec, not mark)


def test_the_euro_sign_of_iso_8859_15_is_no_currency_sign_of_windows_1252(write_csv):
    text = export("French").replace("’", "'").replace("réseau", "cœur à 5 €")
    rows, table = read(write_csv(text.encode("iso8859_15")))

    assert rows == rows_of(text)
    assert table.lines.encoding == "iso-8859-15"


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_short_export_is_read_right_or_refused_but_never_garbled(write_csv, language, rows):
    text = export(language, rows)
    for codec in (
        *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman", "cp850", "iso8859_15"),
        *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
    ):
        try:
            content = text.encode(codec)
        except UnicodeEncodeError:
            continue
        with suppress(DataError):
            assert read(write_csv(content))[0] == rows_of(text), codec


@pytest.mark.parametrize("word", ["naïve", "São Paulo", "5 €", "año", "£5", "Größe", "ß"])
@pytest.mark.parametrize("codec", ["cp1252", "mac_roman", "cp850"])
def test_one_word_is_read_right_or_refused(write_csv, word, codec):
    try:
        path = write_csv(f"subject,body,priority\n{word},b,low\n".encode(codec))
    except UnicodeEncodeError:
        return
    with suppress(DataError):
        assert read(path)[0] == [[word, "b", "low"]]


def test_a_poor_guess_names_the_likely_encodings_and_what_to_do(write_csv):
    path = write_csv("subject,body,priority\nnaïve,b,low\n".encode("cp1252"))

    with pytest.raises(DataError) as refused:
        read(path)

    assert str(refused.value) == (
        f"{path} is not UTF-8, and what it holds outside ASCII fits several encodings, most likely "
        "windows-1252 or windows-1250 or windows-1257: name the right one with --encoding NAME or "
        "dataset.encoding=NAME"
    )


@pytest.mark.parametrize("name", ["cp1251", "windows-1251", "CP1251", " cp1251 "])
def test_a_named_encoding_is_used_without_a_note(write_csv, name):
    text = export("Russian", 1)
    rows, table = read(write_csv(text.encode("cp1251")), name)

    assert rows == rows_of(text)
    assert (table.lines.encoding, table.notes) == ("windows-1251", ())


def test_a_standard_name_means_what_programs_write_under_it(write_csv):
    path = write_csv("subject,body,priority\n①,㈱,low\n".encode("cp932"))

    assert read(path, "shift_jis")[0] == [["①", "㈱", "low"]]


def test_the_first_line_that_is_not_in_the_named_encoding_is_reported(write_csv):
    path = write_csv("subject,body,priority\na,b,low\nc,é,low\n".encode("cp1252"))

    with pytest.raises(DataError, match=r"is not utf-8, the encoding that .*: line 3 cannot be"):
        read(path, "utf-8")


def test_the_first_line_is_right_far_into_a_file(write_csv):
    good = "subject,body,priority\n" + "日本,b,low\n" * 200_000
    path = write_csv(good.encode("euc_jp") + b"\xff\xff,b,low\n")

    with pytest.raises(DataError, match="line 200002 cannot be decoded"):
        read(path, "euc_jp")


def test_a_file_that_ends_within_a_character_is_not_in_the_named_encoding(write_csv):
    path = write_csv("subject,body,priority\n日本,b,low\n日".encode("shift_jis")[:-1])

    with pytest.raises(DataError, match="line 3 cannot be decoded"):
        read(path, "shift_jis")


@pytest.mark.parametrize("name", ["klingon", "base64", "punycode", ""])
def test_an_unknown_encoding_is_refused_before_the_file_is_read(name):
    with pytest.raises(DataError, match=f"encoding must be one that Python knows, .* got '{name}'"):
        PrepareOptions(encoding=name)


def test_a_broken_character_of_a_guessed_encoding_is_counted(write_csv):
    text = export("Russian").encode("cp1251") + b"\x98,b,low\n"  # no character in this encoding
    rows, table = read(write_csv(text))

    assert rows[-1] == ["\ufffd", "b", "low"]
    assert (table.lines.repaired, table.lines.repaired_lines) == (1, [42])


def test_non_ascii_text_far_into_a_file_is_found(write_csv):
    ascii_rows = "an English subject,an English body,low\n" * 60_000
    text = (
        "subject,body,priority\n"
        + ascii_rows
        + "".join(export("Russian", 4000).splitlines(keepends=True)[1:])
    )
    rows, table = read(write_csv(text.encode("cp1251")))

    assert table.lines.encoding == "windows-1251"
    assert rows == rows_of(text)


def test_the_summary_names_the_guess(write_csv, tmp_path):
    splits = prepare(write_csv(export("Russian", 200).encode("cp1251")), tmp_path / "out")

    assert splits.manifest.raw.encoding == "windows-1251"
    assert "read as windows-1251" in splits.manifest.raw.notes[0]


def test_japanese_mail_whose_bytes_are_all_ascii_is_recognised(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("text,priority\nプリンターが動作しません,low\n".encode("iso2022_jp"))
    table = ExportTable(path, [["text"]])

    assert [row.fields for row in table.rows(print)] == [["プリンターが動作しません", "low"]]
    assert table.lines.encoding == "iso2022_jp"
