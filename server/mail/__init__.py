"""RFC 5322 mails: bytes or header lines in, a domain.Mail out; a domain.Reply in, bytes out. Pure: no network, no store, no clock."""

from server.mail.charsets import decode as decode_text
from server.mail.headers import from_headers, split_header_block
from server.mail.html import read_html
from server.mail.parse import UnreadableMail, parse
from server.mail.write import written

__all__ = ["UnreadableMail", "decode_text", "from_headers", "parse", "read_html", "split_header_block", "written"]
