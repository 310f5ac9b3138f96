"""An error is a small HTML page for a browser that opens an address, and a JSON problem for everybody else."""

import re
import socket

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from tests.api.test_docs import external_links
from tests.assertions import assert_problem
from tests.hostile import short_body_timeout
from tests.hostile.test_slow_clients import ShortTimeoutServer

pytestmark = pytest.mark.django_db

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def assert_page(response, status, code):
    """Asserts that the response is the HTML page of a problem. Returns its text."""
    html = response.content.decode()
    assert (response.status_code, response["Content-Type"]) == (status, "text/html; charset=utf-8"), html
    assert f"<code>{code}</code>" in html
    assert f"<code>{response['X-Request-ID']}</code>" in html
    assert "Accept" in response["Vary"]
    assert external_links(html) == []
    assert "style=" not in html
    return html


@pytest.fixture
def browser(admin_user):
    """Opens pages like a browser in which the superuser is logged in."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"Accept": CHROMIUM})
    client.force_login(admin_user)
    return client


@pytest.fixture
def throttled(throttle, browser):
    throttle("login", "1/min")
    browser.post("/login", {"username": "alice", "password": "wrong"})


@pytest.mark.parametrize(
    ("status", "code", "method", "path", "headers"),
    [
        (400, "bad_request", "get", "/movies/", {"Host": "evil.example"}),
        (400, "invalid", "get", "/movies/?page=x", {}),
        (401, "not_authenticated", "get", "/my-bookings/", {}),
        (403, "csrf_failed", "post", "/admin/shows/movie/add/", {}),
        (403, "permission_denied", "get", "/admin/seats/booking/add/", {}),
        (404, "not_found", "get", "/nope", {}),
        (404, "not_found", "get", "/admin/nope/", {}),
        (404, "not_found", "get", "/movies/999/", {}),
        (404, "not_found", "get", "/shows/999/seats/", {}),
        (405, "method_not_allowed", "get", "/admin/logout/", {}),
        (405, "method_not_allowed", "get", "/login", {}),
        (411, "length_required", "get", "/", {"Transfer-Encoding": "chunked"}),
        (413, "body_too_large", "get", "/", {"Content-Length": "999999999"}),
        (415, "unsupported_media_type", "post", "/signup", {}),
        (429, "throttled", "post", "/login", {}),
    ],
)
def test_browser_gets_a_page(browser, throttled, status, code, method, path, headers):
    body = {"username": "alice", "password": "wrong"} if method == "post" else None
    content_type = {"content_type": "text/csv"} if status == 415 else {}
    response = getattr(browser, method)(path, body, headers=headers, **content_type)
    html = assert_page(response, status, code)
    links = re.findall('<a href="([^"]*)"', html)
    # The page of an error in the admin has the admin's own links too.
    assert "/admin/" in links if path.startswith("/admin/") else links == ["/"]


@pytest.mark.parametrize(
    ("error", "status", "code"), [(RuntimeError, 500, "server_error"), (OperationalError, 503, "unavailable")]
)
@pytest.mark.parametrize("path", ["/shows/{}/seats/", "/admin/seats/hall/{}/change/"])
def test_browser_gets_a_page_if_the_service_fails(browser, show, monkeypatch, error, status, code, path):
    def fail(*args):
        raise error("the secret inside")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", fail)
    monkeypatch.setattr("cinema.seats.admin.drawn_seats.drawing", fail)
    response = browser.get(path.format(show.pk))
    assert "secret" not in assert_page(response, status, code)
    assert response.get("Retry-After") == ("1" if status == 503 else None)


def test_page_shows_what_the_client_sent_as_text(browser):
    html = browser.post("/movies/", headers={"Origin": "http://<b>evil"}).content.decode()
    assert "<b>" not in html
    response = browser.post(reverse("admin:shows_movie_add"), headers={"Origin": "http://<b>evil"})
    assert "&lt;b&gt;evil" in assert_page(response, 403, "csrf_failed")


@pytest.mark.parametrize(
    ("accept", "is_html"),
    [
        (CHROMIUM, True),
        ("text/html", True),
        ("text/*", True),
        ("text/html, application/json;q=0.9", True),
        ("application/json;q=0.5, text/html;q=0.6", True),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/plain, */*", False),
        ("application/problem+json, text/html;q=0.9", False),
        ("text/html, application/json", False),
        ("text/html;q=0.5, */*", False),
        ("text/html;q=0, */*;q=0.1", False),
        ("text/event-stream", False),
        ("text/", False),
        ("text/html;q=x;;,,/", True),
        ("image/png", False),
        ("text/html; x*=nonsense''y", False),
        ("text/html;" + "x" * 1000, False),
    ],
)
def test_only_a_client_that_prefers_html_gets_a_page(anyone, accept, is_html):
    response = anyone.get("/nope", headers={"Accept": accept})
    if is_html:
        assert_page(response, 404, "not_found")
    else:
        assert_problem(response, 404, "not_found")
        assert "Accept" in response["Vary"]


@pytest.mark.parametrize("path", ["/movies/", "/shows/{}/seats/", "/schema/?format=json"])
def test_browser_that_opens_an_api_path_sees_json_if_nothing_is_wrong(browser, show, path):
    response = browser.get(path.format(show.pk))
    assert response.status_code == 200
    assert "json" in response["Content-Type"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_browser_gets_a_page_from_the_server_itself():
    """Django does not see a request whose body does not arrive in time."""
    head = f"POST /signup HTTP/1.1\r\nHost: localhost\r\nAccept: {CHROMIUM}\r\nContent-Length: 9\r\n\r\n"
    with ShortTimeoutServer(workers=1) as server:
        timeout = 10 + short_body_timeout.BODY_TIMEOUT_SECONDS
        with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
            connection.sendall(head.encode())
            response = connection.recv(65536).decode()
    assert response.startswith("HTTP/1.1 408 ")
    assert "content-type: text/html" in response.lower()
