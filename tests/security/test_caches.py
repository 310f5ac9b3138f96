"""What caches on the way keep: the public map, the same for everybody, and nothing of anybody's."""

import pytest

from tests.conftest import Caller
from tests.factories import BookingFactory
from tests.security.calls import operations, public_reads, send

pytestmark = pytest.mark.django_db

# They say themselves how long they may be kept.
KEPT = ["/shows/{}/seats/", "/shows/{}/availability/", "/"]


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


@pytest.mark.parametrize(
    "call", [call for call in operations() if call.path.replace("{show_id}", "{}") not in KEPT], ids=str
)
@pytest.mark.parametrize("who", ["anyone", "as_alice", "as_staff"])
def test_no_other_answer_may_be_kept(request, show, booking, call, who):
    response = send(request.getfixturevalue(who), call, show, booking=booking.pk)
    assert "no-store" in response["Cache-Control"]


def test_tokens_may_not_be_kept(anyone):
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
        ("/movies/?page=0", {}, 404),
        ("/static/nope.css", {}, 404),
        ("/metrics", {}, 404),
        ("/admin/", {}, 302),
        ("/admin/login/", {}, 200),
    ],
)
def test_nor_may_a_refusal_that_a_caller_provokes(client, path, headers, status):
    response = client.get(path, headers=headers)
    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]


STRANGE = {
    "a token": lambda user: {"Authorization": Caller(user)._credentials["HTTP_AUTHORIZATION"]},
    "a bad token": lambda user: {"Authorization": "Bearer x"},
    "a cookie": lambda user: {"Cookie": f"sessionid={'x' * 32}; csrftoken={'y' * 32}"},
    "another host": lambda user: {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example"},
    "another address": lambda user: {"X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/"},
    "another scheme": lambda user: {"X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "1"},
    "another method": lambda user: {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "PUT"},
    "another form": lambda user: {"Accept": "text/html", "Accept-Language": "de"},
    "an address": lambda user: {"X-Forwarded-For": "192.0.2.1"},
}


@pytest.mark.parametrize("path", KEPT)
@pytest.mark.parametrize("query", ["", "?_method=DELETE&format=xml&utm=<script>&callback=evil", "?x=%0d%0aA:b"])
@pytest.mark.parametrize("name", STRANGE)
def test_what_is_kept_is_the_same_whatever_the_request_says_besides(
    client, alice, show, booking, path, name, query
):
    path = path.format(show.pk)
    plain = client.get(path)
    strange = client.get(path + query, headers=STRANGE[name](alice))
    assert strange.status_code == plain.status_code == 200
    assert strange.content == plain.content
    for header in ("ETag", "Cache-Control", "Content-Type", "Vary"):
        assert strange.get(header) == plain.get(header)
    assert plain["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in strange.headers
    assert "evil.example" not in str(strange.headers)


@pytest.mark.parametrize("path", KEPT)
def test_where_a_broken_cookie_is_replaced_nobody_else_is_told(client, show, path):
    """Django does that by itself."""
    response = client.get(path.format(show.pk), headers={"Cookie": "csrftoken=x"})
    assert "csrftoken" in response.cookies
    assert "Cookie" in response["Vary"]


@pytest.mark.parametrize("path", KEPT)
def test_a_session_of_the_admin_is_nothing_to_it(admin_client, show, path):
    """Nor is it read: neither an answer nor its cost depends on it."""
    admin_client.cookies["sessionid"] = "x"
    response = admin_client.get(path.format(show.pk))
    assert not response.cookies
    assert not hasattr(response.wsgi_request, "session")


@pytest.mark.parametrize("path", KEPT)
def test_what_differs_by_origin_says_so(settings, client, show, path):
    """Else one page's permission would be handed to another, or kept from it."""
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    path = path.format(show.pk)
    for headers in ({}, {"Origin": "https://app.example"}, {"Origin": "https://evil.example"}):
        assert "origin" in client.get(path, headers=headers)["Vary"].lower()


@pytest.mark.parametrize("path", KEPT)
def test_where_no_other_origin_may_call_nothing_differs_by_it(settings, client, show, path):
    settings.CORS_ALLOWED_ORIGINS = []
    response = client.get(path.format(show.pk), headers={"Origin": "https://app.example"})
    assert "Vary" not in response
    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("call", public_reads(), ids=str)
def test_a_method_in_a_header_or_query_changes_nothing(as_staff, show, call):
    override = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"}
    path = call.at(show=show) + "?_method=DELETE"
    assert as_staff.get(path, headers=override).status_code == 200
    assert as_staff.get(f"/shows/{show.pk}/").status_code == 200


def test_links_to_other_pages_name_no_host_but_that_which_was_asked(anyone, settings):
    from tests.factories import MovieFactory

    MovieFactory.create_batch(3)
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Port": "1"}
    page = anyone.get("/movies/?page_size=2", headers=headers)
    assert page.json()["next"] == "http://testserver/movies/?page=2&page_size=2"
