from __future__ import annotations

import random
import time

import pytest

from cs_data.cleaning import Cleaning, clean_text, ticket_text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Dear team,<br><br>it is down.<br>Bob", "Dear team,\n\nit is down.\nBob"),
        ("Hello<br />\n<br />\nBob", "Hello\n\nBob"),
        ("<p>One</p>\n<p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<P CLASS=MsoNormal>One\r\nline<o:p></o:p></P>", "One line"),
        ("<ul>\n  <li>One</li>\n  <li>Two</li>\n</ul>", "One\nTwo"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>at a.b(C.java:1)\n  at d.e(F.java:2)</pre>", "at a.b(C.java:1)\nat d.e(F.java:2)"),
        ("It is <b>very</b> slow\nsince Monday", "It is very slow\nsince Monday"),
        ('See <a href="https://example.com/?a=1&b=2">this page</a>.', "See this page."),
        ("<p>a&nbsp;&lt;&nbsp;b &amp; c &eacute; &#8364; e&#769;</p>", "a < b & c é € é"),
        ("<p>Line\\nbreak&#92;nhere</p>", "Line break\nhere"),
        ("<p>Ask &lt;john@example.com&gt; for List&lt;String&gt;</p>",
         "Ask <john@example.com> for List<String>"),
        ("<html><head><title>Mail</title><style>p {a: b}</style></head><body>Hi<script>if (a<b) "
         "x();</script> there</body></html>", "Hi there"),
        ("<!DOCTYPE html><!-- a <b> --><body>Hi<!--[if gte mso 9]><xml></xml><![endif]--></body>",
         "Hi"),
        ("<p>This field was cut off in a <a hr", "This field was cut off in a <a hr"),
        ("Subject\n<p>Line</p>", "Subject\n\nLine"),
        ("<p>half \ud800</p>", "half ?"),
        ('<div><img src="a.png"></div>', ""),
    ],
)  # fmt: skip
def test_html_becomes_plain_text(raw, clean):
    assert clean_text(raw) == clean
    assert clean_text(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Best regards,\n<name>\n<acc_num>\n<john@example.com>\n<tel_num>",
        "if a < b and c > d or x<y>z",
        "List<String> and Map<A, List<B>> fail in Foo.<init>(Foo.java:3)",
        'File "<stdin>", line 1, in <module>',
        "<config><name>x</name><value>1</value></config>",
        '<?xml version="1.0"?><person><p>x</p><table>y</table><title>z</title></person>',
        "<root><a>1</a><b>2</b></root>",
        "Where do I write <title>, <label> and <time>?",
        "The tag <b> does nothing",
        "see <https://example.com/a?b=<c>> or <mailto:a@example.com>",
        "Research &amp; Development &nbsp; AT&T &lt;p&gt;",
        "<3 you",
    ],
)
def test_what_only_resembles_html_stays(text):
    assert clean_text(text) == text


def test_in_html_stays_what_is_no_tag_of_html():
    raw = (
        "Dear team,<br>I am <name> (<john@example.com>), 1 < 2 > 0, a <script> fails, <!-- x<br>Bye"
    )
    clean = "Dear team,\nI am <name> (<john@example.com>), 1 < 2 > 0, a <script> fails, <!-- x\nBye"
    assert clean_text(raw) == clean


def test_escaped_tags_of_an_html_text_are_not_lost_when_it_is_cleaned_again():
    clean = clean_text("<p>Write &lt;p&gt;text&lt;/p&gt; &amp; <i>go</i></p>")
    assert clean == "Write &lt;p>text&lt;/p> & go"
    assert clean_text(clean) == clean


def test_html_is_left_where_it_is_to_be_kept():
    text = "<p>Hello&nbsp;world</p>"
    assert clean_text(text, Cleaning(strip_html=False)) == text


def test_each_field_of_a_ticket_is_html_or_not_by_itself():
    assert ticket_text(["Printer <b>", "<p>It is\nbroken</p>"]) == "Printer <b>\nIt is broken"


def test_text_of_a_mail_that_was_answered_is_marked_as_quoted():
    raw = (
        "<div>Still broken.</div><blockquote type='cite'><p>Is it on?</p><blockquote class="
        "'gmail_quote'>Help<br>Bob</blockquote></blockquote>Yes<blockquote>indented</blockquote>"
    )
    assert clean_text(raw) == "Still broken.\n\n> Is it on?\n\n> > Help\n> > Bob\n\nYes\nindented"


PIECES = [
    *("<p>", "</p>", "<br>", "<b>", "</b>", "<name>", "</name>", "<div class='a'>", "<script>"),
    *("</script>", "<!--", "-->", "<", ">", "&lt;", "&gt;", "&amp;", "&#1;", "&nbsp;", "br", "/"),
    *("\n", " ", "\t", "text", "\\n", "<blockquote type=cite>", "</blockquote>", "<table>", "'"),
    *(
        "<pre>",
        "</pre>",
        "<td>",
        '"',
        "On 5 May 2024 at 10:12, Ann wrote:\n",
        "\n> ",
        "--\n",
        "FW:",
    ),
    *("\nSent from my iPhone\n", "\nFrom: a\nSent: b\nTo: c\n"),
]


@pytest.mark.parametrize("cleaning", [Cleaning(), Cleaning(strip_quoted_mail=True)])
def test_cleaning_twice_gives_the_same_as_cleaning_once(cleaning):
    draw = random.Random(7)  # noqa: S311 - nothing secret depends on it
    for _ in range(5_000):
        fields = ["".join(draw.choices(PIECES, k=draw.randint(0, 14))) for _ in range(2)]
        once = ticket_text(fields, cleaning)
        assert clean_text(once, cleaning) == once, fields
        assert ticket_text([once], cleaning) == once, fields


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<table><tr><td>", "<b><p>", '<a b"', "<a b='", "<script>", "<!--", "x<p>", "<",
     "<p ", "&lt;br&gt;", "&amp;", "<blockquote type=cite>", "</p>", ">\n", "\n", "- ", "\\n",
     "a\n>b\n", "On 5:\n", "Sent from my iPhone\n", "_____\n", "--\n", "From: a\n"],
)  # fmt: skip
def test_long_malformed_texts_are_cleaned_in_linear_time(piece):
    text = "<br>" + piece * (200_000 // len(piece))
    start = time.process_time()
    clean_text(text, Cleaning(strip_quoted_mail=True))
    assert time.process_time() - start < 5


def test_quotes_within_thousands_of_quotes_do_not_multiply_the_text():
    text = clean_text('<blockquote type="cite">x<br>' * 5000)

    assert text.splitlines()[:2] == ["> x", "> > x"]
    assert max(map(len, text.splitlines())) < 100
