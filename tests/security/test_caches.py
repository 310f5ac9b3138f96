"""HTTP caches may store public seat maps and the page, which are the same for everybody, and nothing else."""

import pytest

from tests.conftest import Caller
from tests.factories import BookingFactory, MovieFactory
from tests.security.operations import public_reads, schema_operations, send
from tests.selection import first_by_default

pytestmark = pytest.mark.django_db

# Responses with a Cache-Control of their own that allows caching.
CACHEABLE_PATHS = ["/shows/{}/seats/", "/shows/{}/availability/", "/", "/schema/"]


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


@pytest.mark.parametrize(
    "operation",
    [
        operation
        for operation in schema_operations()
        if operation.path.replace("{show_id}", "{}") not in CACHEABLE_PATHS
    ],
    ids=str,
)
@pytest.mark.parametrize("client_fixture", ["anyone", "as_alice", "as_staff"])
def test_other_operations_send_no_store(request, show, booking, operation, client_fixture):
    response = send(request.getfixturevalue(client_fixture), operation, show, booking=booking.pk)
    assert "no-store" in response["Cache-Control"]


def test_responses_with_tokens_send_no_store(anyone):
    account = {"username": "carol", "password": "plum-tart-42"}
    anyone.post("/signup", account)
    login = anyone.post("/login", account)
    refreshed = anyone.post("/login/refresh", {"refresh": login.json()["refresh"]})
    for response in (login, refreshed):
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nope", {}, 404),
        ("/shows/999/seats/", {}, 404),
        ("/movies/", {"Host": "evil.example"}, 400),
        ("/movies/?page=9", {}, 404),
        ("/movies/?page=0", {}, 400),
        ("/static/nope.css", {}, 404),
        ("/metrics", {}, 404),
        ("/admin/", {}, 302),
        ("/admin/login/", {}, 200),
    ],
)
def test_errors_redirects_and_login_pages_send_no_store(client, path, headers, status):
    response = client.get(path, headers=headers)
    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]


UNUSUAL_HEADERS = {
    "a token": lambda user: {"Authorization": Caller(user)._credentials["HTTP_AUTHORIZATION"]},
    "an invalid token": lambda user: {"Authorization": "Bearer x"},
    "cookies": lambda user: {"Cookie": f"sessionid={'x' * 32}; csrftoken={'y' * 32}"},
    "another host": lambda user: {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example"},
    "another path": lambda user: {"X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/"},
    "another scheme": lambda user: {"X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "1"},
    "another method": lambda user: {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "PUT"},
    "another media type": lambda user: {"Accept": "text/html", "Accept-Language": "de"},
    "a client address": lambda user: {"X-Forwarded-For": "192.0.2.1"},
}


@pytest.mark.parametrize("path", CACHEABLE_PATHS)
@pytest.mark.parametrize(
    "query",
    first_by_default(["?_method=DELETE&format=xml&utm=<script>&callback=evil&x=%0d%0aA:b", "", "?x=%0d%0aA:b"]),
)
def test_cacheable_response_depends_on_no_query_and_no_header_but_those_in_vary(
    client, alice, show, booking, path, query, subtests
):
    path = path.format(show.pk)
    plain = client.get(path)
    varies_by = plain["Vary"].split(", ")
    assert plain["Cache-Control"].startswith("public")
    for name, headers in UNUSUAL_HEADERS.items():
        with subtests.test(name):
            sent = {header: value for header, value in headers(alice).items() if header not in varies_by}
            unusual = client.get(path + query, headers=sent)
            assert unusual.status_code == plain.status_code == 200
            assert unusual.content == plain.content
            for header in ("ETag", "Cache-Control", "Content-Type", "Vary"):
                assert unusual.get(header) == plain.get(header)
            assert "Set-Cookie" not in unusual.headers
            assert "evil.example" not in str(unusual.headers)


@pytest.mark.parametrize("path", CACHEABLE_PATHS)
def test_response_that_replaces_a_malformed_csrf_cookie_varies_by_cookie(client, show, path):
    """Django replaces the cookie. Without `Vary`, a cache would hand the new one to other clients."""
    response = client.get(path.format(show.pk), headers={"Cookie": "csrftoken=x"})
    assert "csrftoken" in response.cookies
    assert "Cookie" in response["Vary"]


@pytest.mark.parametrize("path", CACHEABLE_PATHS)
def test_cacheable_response_ignores_the_admin_session(admin_client, show, path):
    """The session is not even loaded, so it does not cost a query either."""
    admin_client.cookies["sessionid"] = "x"
    response = admin_client.get(path.format(show.pk))
    assert not response.cookies
    assert not hasattr(response.wsgi_request, "session")


@pytest.mark.parametrize("path", CACHEABLE_PATHS)
def test_cacheable_response_varies_by_origin_if_cors_is_on(settings, client, show, path):
    """Otherwise a cache could serve one origin's permission, or its absence, to another origin."""
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    path = path.format(show.pk)
    for headers in ({}, {"Origin": "https://app.example"}, {"Origin": "https://evil.example"}):
        assert "origin" in client.get(path, headers=headers)["Vary"].lower()


@pytest.mark.parametrize("path", CACHEABLE_PATHS)
def test_cacheable_response_does_not_vary_by_origin_if_cors_is_off(settings, client, show, path):
    settings.CORS_ALLOWED_ORIGINS = []
    response = client.get(path.format(show.pk), headers={"Origin": "https://app.example"})
    assert "origin" not in response.get("Vary", "").lower()
    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("operation", public_reads(), ids=str)
def test_method_override_in_header_or_query_is_ignored(as_staff, show, operation):
    override = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"}
    # The stream of several shows needs `shows`; other reads ignore it.
    url = operation.url(show=show) + f"?shows={show.pk}&_method=DELETE"
    assert as_staff.get(url, headers=override).status_code == 200
    assert as_staff.get(f"/shows/{show.pk}/").status_code == 200


def test_pagination_links_ignore_forwarded_hosts(anyone, settings):
    MovieFactory.create_batch(3)
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Port": "1"}
    page = anyone.get("/movies/?page_size=2", headers=headers)
    assert page.json()["next"] == "http://testserver/movies/?page=2&page_size=2"
