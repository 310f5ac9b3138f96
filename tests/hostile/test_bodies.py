"""Bodies that are too deep, too large, half, doubled, mislabelled, packed, or no text at all."""

import gzip
import json
import zlib

import pytest

from tests.hostile.wire import FORM, JSON, PARTS, request

pytestmark = pytest.mark.django_db(transaction=True)

MB = 1024 * 1024
SALE = b'{"seat_number": 1}'


def part(about: bytes, content: bytes = b"1") -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + about + b"\r\n\r\n" + content + b"\r\n"


MALFORMED_JSON = {
    "a list of 20,000": b"[" * 20_000 + b"]" * 20_000,
    "a list of a million": b"[" * 1_000_000 + b"]" * 1_000_000,
    "an object of 20,000": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "an object of 400,000": b'{"a":' * 400_000 + b"1" + b"}" * 400_000,
    "a seat of 20,000": b'{"seat_number":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "not closed": b"[" * 1_000_000,
    "no UTF-8": b'{"seat_number": 1, "x": "\xff"}',
    "a surrogate": b'{"seat_number": 1, "x": "\xed\xa0\x80"}',
    "overlong": b'{"seat_number": 1, "x": "\xc0\x80"}',
    "with a byte order mark": b"\xef\xbb\xbf" + SALE,
    "UTF-16": SALE.decode().encode("utf-16"),
    "UTF-16 without a mark": SALE.decode().encode("utf-16-be"),
    "UTF-32": SALE.decode().encode("utf-32"),
    "two": SALE + SALE,
    "more behind it": SALE + b" x",
    "half": SALE[:-1],
    "single quotes": b"{'seat_number': 1}",
    "a comment": b'{"seat_number": 1 /* */}',
    "a comma": b'{"seat_number": 1,}',
    "a control character": b'{"seat_number": 1, "x": "\x01"}',
    "an unknown escape": b'{"seat_number": 1, "x": "\\x"}',
    "zeros": b"0" * 2 * MB,
    "spaces": b" " * 2 * MB,
}
OTHER_JSON = {
    "a list": b"[1]",
    "a string": b'"seat_number"',
    "a number": b"1",
    "null": b"null",
    "depth that can be read": b'{"seat_number":' + b"[" * 900 + b"]" * 900 + b"}",
    "100,000 names": json.dumps({str(number): number for number in range(100_000)}).encode(),
    "a list of 100,000": b'{"seat_number": [' + b"1," * 100_000 + b"1]}",
    "a prototype": b'{"__proto__": {"seat_number": 1}, "constructor": {"prototype": {"seat_number": 1}}}',
    "a name with NUL": b'{"seat_number\\u0000": 1}',
    "a name of half a character": b'{"\\ud800": 1}',
    "a name in full width": '{"ｓeat_number": 1}'.encode(),
    "a name in capitals": b'{"SEAT_NUMBER": 1}',
}
MALFORMED_FORMS = {
    "100,000 fields": (FORM, b"&".join(b"f%d=1" % number for number in range(100_000))),
    "nothing but separators": (FORM, b"&" * 2 * MB),
    "30,000 parts": (PARTS, b"".join(part(b'name="f%d"' % number) for number in range(30_000)) + b"--x--\r\n"),
    "300 files": (PARTS, part(b'name="seat_number"; filename="a"') * 300 + b"--x--\r\n"),
}
UNREADABLE_PARTS = {
    "no boundary": ("Content-Type: multipart/form-data", b"--x\r\n"),
    "an empty boundary": ("Content-Type: multipart/form-data; boundary=", b"--x\r\n"),
    "a boundary that is no ASCII": ("Content-Type: multipart/form-data; boundary=\xff", b"--x\r\n"),
    "a name of a million": (PARTS, part(b'name="' + b"n" * MB + b'"') + b"--x--\r\n"),
    "50,000 headers of a part": (PARTS, b"--x\r\n" + b"X: 1\r\n" * 50_000 + b"\r\n\r\n1\r\n--x--\r\n"),
}
EMPTY_FORMS = {
    "one long name": (FORM, b"n" * 2 * MB + b"=1"),
    "nothing but equals": (FORM, b"=" * 2 * MB),
    "a file for a seat": (PARTS, part(b'name="seat_number"; filename="../../etc/passwd"') + b"--x--\r\n"),
    "no name": (PARTS, part(b"") + b"--x--\r\n"),
    "a name in an unknown charset": (PARTS, part(b"name*=nonsense''seat_number") + b"--x--\r\n"),
    "5,000 other parts": (
        PARTS,
        b"".join(part(b'name="f%d"' % number) for number in range(5000)) + b"--x--\r\n",
    ),
    "no UTF-8": (PARTS, part(b'name="seat_number"', b"\xff") + b"--x--\r\n"),
}
UNKNOWN_KINDS = [
    *(
        "application/xml",
        "text/plain",
        "application/json5",
        "application/json, text/plain",
        "nonsense",
        "/",
        "",
    ),
    *("multipart/mixed; boundary=x", "application/octet-stream", "a" * 5000, "application/json\\", "\xff/\xff"),
    *(
        "application/json; x*=foo''%41",
        "application/json; charset*=foo''%41",
        "multipart/form-data; boundary*=a''%41",
    ),
    "multipart/form-data; boundary=" + "x" * 300,
]


@pytest.fixture
def booking(hall, as_buyer):
    def request_of(kind: str, body: bytes, *more: str) -> bytes:
        return request(f"POST /shows/{hall.pk}/book/", as_buyer, kind, *more, body=body)

    return request_of


def test_malformed_json(refuses, booking):
    refuses("400 parse_error", [(name, booking(JSON, body)) for name, body in MALFORMED_JSON.items()])


def test_json_that_names_no_seat(refuses, booking):
    refuses("400 invalid", [(name, booking(JSON, body)) for name, body in OTHER_JSON.items()])


def test_forms(refuses, booking):
    refuses("400 bad_request", [(name, booking(*form)) for name, form in MALFORMED_FORMS.items()])
    refuses("400 parse_error", [(name, booking(*form)) for name, form in UNREADABLE_PARTS.items()])
    refuses("400 invalid", [(name, booking(*form)) for name, form in EMPTY_FORMS.items()])


def test_unknown_kinds(refuses, booking):
    refuses(
        "415 unsupported_media_type",
        [(kind[:40], booking(f"Content-Type: {kind}", SALE)) for kind in UNKNOWN_KINDS],
    )


def test_what_is_packed_is_not_unpacked(refuses, booking):
    """A bomb of a few kilobytes would be 50 MB; and a sale that is only packed is none."""
    bomb, sale = gzip.compress(b"0" * 50 * MB), gzip.compress(SALE)
    packed = {"gzip": bomb, "gzip, gzip": gzip.compress(bomb), "deflate": zlib.compress(SALE), "br": sale}
    packed |= {"x-gzip": sale, "zstd": sale, "nonsense": sale, "": sale}
    refuses(
        "400 parse_error",
        [(name, booking(JSON, body, f"Content-Encoding: {name}")) for name, body in packed.items()],
    )


def test_ten_megabytes_are_not_read(refuses, booking):
    large = b'{"seat_number": 1, "x": "' + b"x" * 10 * MB + b'"}'
    chunked = booking(JSON, b"", "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large)
    refuses("413 body_too_large", [(kind, booking(kind, large)) for kind in (JSON, FORM, PARTS)])
    refuses("413 body_too_large", [("announced", booking(JSON, b"", "Content-Length: " + "9" * 30))])
    refuses("411 length_required", [("chunked", chunked)])


def test_a_length_that_is_not_the_bodys(refuses, rejects, booking):
    refuses("400 parse_error", [("too short", booking(JSON, b"", "Content-Length: 5") + SALE)])
    lengths = ["-1", "+18", "0x12", "1e1", "18, 18", "18 18", "", "\xb2", "18;", "9" * 5000]
    rejects([(length[:20], booking(JSON, b"", f"Content-Length: {length}") + SALE) for length in lengths])
