"""Request bodies that are malformed, too deep, too large, truncated, compressed, or of another type."""

import gzip
import json
import zlib

import pytest

from tests.hostile.raw_http import FORM, JSON, MULTIPART, build_request

pytestmark = pytest.mark.django_db(transaction=True)

MB = 1024 * 1024
BOOKING = b'{"seat_number": 1}'


def part(parameters: bytes, content: bytes = b"1") -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + parameters + b"\r\n\r\n" + content + b"\r\n"


MALFORMED_JSON = {
    "20,000 nested lists": b"[" * 20_000 + b"]" * 20_000,
    "a million nested lists": b"[" * 1_000_000 + b"]" * 1_000_000,
    "20,000 nested objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "400,000 nested objects": b'{"a":' * 400_000 + b"1" + b"}" * 400_000,
    "20,000 lists nested in a seat number": b'{"seat_number":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a million unclosed lists": b"[" * 1_000_000,
    "invalid UTF-8": b'{"seat_number": 1, "x": "\xff"}',
    "a surrogate": b'{"seat_number": 1, "x": "\xed\xa0\x80"}',
    "overlong UTF-8": b'{"seat_number": 1, "x": "\xc0\x80"}',
    "a byte order mark": b"\xef\xbb\xbf" + BOOKING,
    "UTF-16": BOOKING.decode().encode("utf-16"),
    "UTF-16 without a byte order mark": BOOKING.decode().encode("utf-16-be"),
    "UTF-32": BOOKING.decode().encode("utf-32"),
    "two objects": BOOKING + BOOKING,
    "text after the object": BOOKING + b" x",
    "truncated": BOOKING[:-1],
    "single quotes": b"{'seat_number': 1}",
    "a comment": b'{"seat_number": 1 /* */}',
    "a trailing comma": b'{"seat_number": 1,}',
    "a control character": b'{"seat_number": 1, "x": "\x01"}',
    "an unknown escape": b'{"seat_number": 1, "x": "\\x"}',
    "zeros": b"0" * 2 * MB,
    "spaces": b" " * 2 * MB,
}
JSON_WITHOUT_SEAT = {
    "a list": b"[1]",
    "a string": b'"seat_number"',
    "a number": b"1",
    "null": b"null",
    "900 nested lists": b'{"seat_number":' + b"[" * 900 + b"]" * 900 + b"}",
    "100,000 names": json.dumps({str(number): number for number in range(100_000)}).encode(),
    "a list of 100,000 numbers": b'{"seat_number": [' + b"1," * 100_000 + b"1]}",
    "a __proto__": b'{"__proto__": {"seat_number": 1}, "constructor": {"prototype": {"seat_number": 1}}}',
    "a name with NUL": b'{"seat_number\\u0000": 1}',
    "a name with a lone surrogate": b'{"\\ud800": 1}',
    "a name in full-width characters": '{"ｓeat_number": 1}'.encode(),
    "a name in capitals": b'{"SEAT_NUMBER": 1}',
}
TOO_MANY_FIELDS = {
    "100,000 fields": (FORM, b"&".join(b"f%d=1" % number for number in range(100_000))),
    "only separators": (FORM, b"&" * 2 * MB),
    "30,000 parts": (
        MULTIPART,
        b"".join(part(b'name="f%d"' % number) for number in range(30_000)) + b"--x--\r\n",
    ),
    "300 files": (MULTIPART, part(b'name="seat_number"; filename="a"') * 300 + b"--x--\r\n"),
}
MALFORMED_MULTIPART = {
    "no boundary": ("Content-Type: multipart/form-data", b"--x\r\n"),
    "an empty boundary": ("Content-Type: multipart/form-data; boundary=", b"--x\r\n"),
    "a boundary that is not ASCII": ("Content-Type: multipart/form-data; boundary=\xff", b"--x\r\n"),
    "a name of a million bytes": (MULTIPART, part(b'name="' + b"n" * MB + b'"') + b"--x--\r\n"),
    "a part with 50,000 headers": (MULTIPART, b"--x\r\n" + b"X: 1\r\n" * 50_000 + b"\r\n\r\n1\r\n--x--\r\n"),
}
FORMS_WITHOUT_SEAT = {
    "one long name": (FORM, b"n" * 2 * MB + b"=1"),
    "only equals signs": (FORM, b"=" * 2 * MB),
    "a file as the seat number": (
        MULTIPART,
        part(b'name="seat_number"; filename="../../etc/passwd"') + b"--x--\r\n",
    ),
    "no name": (MULTIPART, part(b"") + b"--x--\r\n"),
    "a name in an unknown charset": (MULTIPART, part(b"name*=nonsense''seat_number") + b"--x--\r\n"),
    "5,000 other parts": (
        MULTIPART,
        b"".join(part(b'name="f%d"' % number) for number in range(5000)) + b"--x--\r\n",
    ),
    "invalid UTF-8": (MULTIPART, part(b'name="seat_number"', b"\xff") + b"--x--\r\n"),
}
UNSUPPORTED_TYPES = [
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
def booking_request(show, alice_authorization):
    """`booking_request(content_type_header, body, *headers)` builds a request that books a seat."""

    def build(content_type: str, body: bytes, *headers: str) -> bytes:
        line = f"POST /shows/{show.pk}/book/"
        return build_request(line, alice_authorization, content_type, *headers, body=body)

    return build


def test_malformed_json_is_a_parse_error(expect_all, booking_request):
    expect_all(
        "400 parse_error", [(name, booking_request(JSON, body)) for name, body in MALFORMED_JSON.items()]
    )


def test_json_without_a_seat_number_is_invalid(expect_all, booking_request):
    expect_all("400 invalid", [(name, booking_request(JSON, body)) for name, body in JSON_WITHOUT_SEAT.items()])


def test_forms_over_the_limits_are_bad_requests(expect_all, booking_request):
    expect_all("400 bad_request", [(name, booking_request(*form)) for name, form in TOO_MANY_FIELDS.items()])


def test_malformed_multipart_is_a_parse_error(expect_all, booking_request):
    expect_all(
        "400 parse_error", [(name, booking_request(*form)) for name, form in MALFORMED_MULTIPART.items()]
    )


def test_forms_without_a_seat_number_are_invalid(expect_all, booking_request):
    expect_all("400 invalid", [(name, booking_request(*form)) for name, form in FORMS_WITHOUT_SEAT.items()])


def test_unsupported_content_types_are_rejected(expect_all, booking_request):
    requests = [(name[:40], booking_request(f"Content-Type: {name}", BOOKING)) for name in UNSUPPORTED_TYPES]
    expect_all("415 unsupported_media_type", requests)


def test_compressed_bodies_are_not_decompressed(expect_all, booking_request):
    """Neither a decompression bomb, a few kilobytes that become 50 MB, nor a valid booking."""
    bomb, valid = gzip.compress(b"0" * 50 * MB), gzip.compress(BOOKING)
    compressed = {
        "gzip": bomb,
        "gzip, gzip": gzip.compress(bomb),
        "deflate": zlib.compress(BOOKING),
        **dict.fromkeys(["br", "x-gzip", "zstd", "nonsense", ""], valid),
    }
    expect_all(
        "400 parse_error",
        [(name, booking_request(JSON, body, f"Content-Encoding: {name}")) for name, body in compressed.items()],
    )


def test_bodies_of_ten_megabytes_are_rejected(expect_all, booking_request):
    large = b'{"seat_number": 1, "x": "' + b"x" * 10 * MB + b'"}'
    chunked = booking_request(JSON, b"", "Transfer-Encoding: chunked")
    chunked += b"%x\r\n%b\r\n0\r\n\r\n" % (len(large), large)
    expect_all("413 body_too_large", [(name, booking_request(name, large)) for name in (JSON, FORM, MULTIPART)])
    announced = booking_request(JSON, b"", "Content-Length: " + "9" * 30)
    expect_all("413 body_too_large", [("only announced", announced)])
    expect_all("411 length_required", [("chunked", chunked)])


def test_body_longer_than_its_content_length_is_a_parse_error(expect_all, booking_request):
    expect_all("400 parse_error", [("too short", booking_request(JSON, b"", "Content-Length: 5") + BOOKING)])


def test_malformed_content_length_is_rejected(expect_rejections, booking_request):
    lengths = ["-1", "+18", "0x12", "1e1", "18, 18", "18 18", "", "\xb2", "18;", "9" * 5000]
    expect_rejections(
        (length[:20], booking_request(JSON, b"", f"Content-Length: {length}") + BOOKING) for length in lengths
    )
