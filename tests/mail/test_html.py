"""HTML as a reader sees it, and what its quotes leave."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.mail.html import MAX_HTML, read_html
from tests.costs import costs_its_length, costs_no_more_than


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<div>a<br></div><div>b</div>", "a\nb"),
        ("a <b>bold</b>\n  word", "a bold word"),
        ("<table><tr><td>名前</td><td>山田</td></tr><tr><td>x</td></tr></table>", "名前 山田\nx"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<head><title>t</title><style>p{}</style></head><body>x<script>if (a<b) alert('</p>')</script>y</body>", "xy"),
        ("<!-- <p>no</p> -->yes<![if !mso]>!<![endif]>", "yes!"),
        ("a<span style='display: none'>no</span><span style=\"font-size:0\">no</span><div hidden>no</div>b", "ab"),
        ('<p style="font-size:10px">yes</p>', "yes"),
        ("&lt;b&gt; &amp; &#x3042;&nbsp;x", "<b> & あ x"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ('<a href="x>y">link</a>', "link"),
        ("<div>unclosed", "unclosed"),
        ("<html><head><meta charset=x><body>no end of the head", "no end of the head"),
        ('<td style="font-size:0"><p style="font-size:14px">layout</p></td>', "layout"),
        ("", ""),
    ],
)
def test_text(source: str, text: str) -> None:
    found = read_html(source)
    assert found.whole == text
    assert not found.marked


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div class="gmail_attr">x:</div><blockquote class="gmail_quote">old<blockquote>older</blockquote></blockquote></div>',
        '<blockquote type="cite">old<div>older</div></blockquote>',
        '<div class="moz-cite-prefix">x:</div><blockquote type=cite>old</blockquote>',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">差出人: x</div><div>old</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>差出人:</b> x</p></div><p>old</p>',
        '<div class="yahoo_quoted">old</div>',
        '<div class="gmail_quote">---------- Forwarded message ---------<br>old</div>',
    ],
)
def test_quotes_are_taken_out_of_the_new_text(quote: str) -> None:
    found = read_html(f"<div>new</div>{quote}")
    assert found.new == "new"
    assert found.marked
    assert "old" in found.whole


def test_an_answer_between_quoted_lines_stays() -> None:
    found = read_html(
        '<div class="gmail_quote"><blockquote class="gmail_quote">q1</blockquote><div>a1</div><blockquote>q2</blockquote><div>a2</div></div>'
    )
    assert found.new == "a1\na2"


def test_a_ruled_box_that_is_no_header_stays() -> None:
    assert read_html('<p>a</p><div style="border-top:1px solid">送料</div><p>b</p>').new == "a\n\n送料\n\nb"


def test_a_marked_signature_is_not_new() -> None:
    found = read_html('<p>a</p><div class="gmail_signature">山田<br>TEL</div>')
    assert (found.new, found.whole, found.marked) == ("a", "a\n\n山田\nTEL", False)


@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(
            st.sampled_from(
                [
                    "<div>",
                    "</div>",
                    "<p",
                    ">",
                    "<td>",
                    "'",
                    '"',
                    "<br>",
                    "x",
                    " ",
                    "<!--",
                    "<blockquote type=cite>",
                    "</blockquote>",
                    "<script>",
                    "&amp;",
                    "<pre>",
                    "\n",
                    "style=display:none",
                ]
            ),
            max_size=40,
        ).map("".join),
    )
)
@example("<div\x00>\ud800")
@example("<p hidden>a<p>b")
def test_any_source_is_read(source: str) -> None:
    found = read_html(source)
    assert len(found.new) <= len(found.whole)
    assert not any("\ue000" <= char <= "\ue003" for char in found.whole)


@pytest.mark.parametrize(
    "piece",
    ["<div>", '<a "', "<a ", "<", "<a '\"", "<script>", "&", "<p>x", "<br>", "<td>", "<!--", "<div class=gmail_quote>", "<blockquote type=cite>", "<div style='border-top:1'>", "\ue000", "a=b "],
)  # fmt: skip
def test_length_costs_its_length(piece: str) -> None:
    costs_its_length(lambda length: read_html(piece * (length // len(piece))), MAX_HTML)
    costs_its_length(lambda length: read_html("<a " + piece * (length // len(piece))), MAX_HTML)


def test_what_is_longer_than_a_mail_costs_no_more() -> None:
    piece = "<div>x<td><br>"
    costs_no_more_than(
        lambda: read_html(piece * (MAX_HTML // 2)), lambda: read_html(piece * (MAX_HTML // len(piece))), 3
    )
