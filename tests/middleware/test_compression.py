"""Answers that are the same for everybody are compressed for clients that accept gzip."""

import gzip

import pytest
from django.contrib.staticfiles import finders

from cinema.middleware.compression import accepts_gzip
from tests.factories import BookingFactory, MovieFactory, ShowFactory

pytestmark = pytest.mark.django_db

STATIC_FILE = "/static/web/seat-map.js"
PUBLIC_PATHS = ["/shows/{}/seats/", "/schema/", "/schema/?format=json", "/redoc/redoc.js", STATIC_FILE]
GZIP = {"Accept-Encoding": "br, gzip;q=0.8"}


@pytest.fixture
def show(db):
    return ShowFactory(total_seats=300)


def content(response):
    return b"".join(response) if response.streaming else response.content


@pytest.mark.parametrize("path", PUBLIC_PATHS)
def test_public_answer_is_compressed_for_a_client_that_accepts_gzip(client, show, path):
    path = path.format(show.pk)
    plain, compressed = client.get(path), client.get(path, headers=GZIP)
    body = content(compressed)
    assert compressed["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == content(plain)
    assert int(compressed["Content-Length"]) == len(body) < int(plain["Content-Length"]) / 2
    assert "Content-Encoding" not in plain
    for response in (plain, compressed):
        assert "Accept-Encoding" in response["Vary"]
        assert not response.get("ETag", "").startswith('"')
    assert plain.get("ETag") == compressed.get("ETag")


def test_head_of_a_seat_map_has_the_headers_of_get(client, show):
    path = f"/shows/{show.pk}/seats/"
    head, get = client.head(path, headers=GZIP), client.get(path, headers=GZIP)
    for header in ("Content-Encoding", "Content-Length", "ETag", "Vary", "Content-Type"):
        assert head[header] == get[header]


def test_head_of_a_static_file_has_the_length_of_the_plain_file(client):
    head = client.head(STATIC_FILE, headers=GZIP)
    assert "Content-Encoding" not in head
    assert int(head["Content-Length"]) == len(content(client.get(STATIC_FILE)))


@pytest.mark.parametrize("path", ["/shows/{}/seats/", STATIC_FILE])
@pytest.mark.parametrize("accepted", [{}, GZIP])
def test_etag_of_a_compressed_answer_gets_304(client, show, path, accepted):
    path = path.format(show.pk)
    compressed = client.get(path, headers=GZIP)
    unchanged = client.get(path, headers={"If-None-Match": compressed["ETag"], **accepted})
    assert (unchanged.status_code, content(unchanged)) == (304, b"")
    assert "Content-Encoding" not in unchanged
    for header in ("ETag", "Vary", "Cache-Control"):
        assert unchanged[header] == compressed[header]


def test_etag_of_a_static_file_changes_with_the_file(client, tmp_path, settings):
    settings.DEBUG = True  # Static files are read again for each request.
    settings.STATICFILES_DIRS = [tmp_path]
    finders.get_finder.cache_clear()
    try:
        file = tmp_path / "a.txt"
        etags = set()
        for text in ("a" * 5000, "b" * 6000):
            file.write_text(text)
            response = client.get("/static/a.txt", headers=GZIP)
            assert gzip.decompress(content(response)) == text.encode()
            etags.add(response["ETag"])
        assert len(etags) == 2
    finally:
        finders.get_finder.cache_clear()


@pytest.mark.parametrize(
    ("accept_encoding", "accepted"),
    [
        ("gzip", True),
        ("GZip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip; q=0.001", True),
        ("br,gzip", True),
        ("", False),
        ("*", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip ; q = 0.000", False),
        ("xgzip, gzipx", False),
        ("br;q=1.0, gzip;q=0, *;q=0.1", False),
    ],
)
def test_gzip_is_accepted_if_the_header_lists_it_with_a_positive_weight(accept_encoding, accepted):
    assert accepts_gzip(accept_encoding) is accepted


def test_small_answer_and_part_of_a_file_are_not_compressed(client, show):
    availability = client.get(f"/shows/{show.pk}/availability/", headers=GZIP)
    assert int(availability["Content-Length"]) < 1000
    assert "Content-Encoding" not in availability
    part = client.get(STATIC_FILE, headers={"Range": "bytes=0-1999", **GZIP})
    assert part.status_code == 206
    assert "Content-Encoding" not in part


def test_image_is_not_compressed(client):
    response = client.get("/static/drf_spectacular_sidecar/swagger-ui-dist/favicon-32x32.png", headers=GZIP)
    assert response.status_code == 200
    assert "Content-Encoding" not in response


@pytest.mark.parametrize("path", ["/my-bookings/", "/movies/"])
def test_answer_that_is_not_public_is_not_compressed(as_alice, alice, show, path):
    MovieFactory.create_batch(30)
    for number in range(1, 11):
        BookingFactory(user=alice, show=show, seat_number=number)
    response = as_alice.get(path, headers=GZIP)
    assert int(response["Content-Length"]) > 1000
    assert "Content-Encoding" not in response


@pytest.mark.parametrize("path", ["/admin/login/", "/nope", "/shows/999/seats/", "/swagger/"])
def test_pages_with_secrets_and_errors_are_not_compressed(client, path):
    assert "Content-Encoding" not in client.get(path, headers=GZIP)
