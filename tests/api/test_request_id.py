"""One id leads from an answer to its lines in the log."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("offered", ["a", "A9._:+/=~-", "x" * 128])
@pytest.mark.parametrize("path", ["/movies/", "/nope", "/static/web/seat-map.js", "/livez"])
def test_a_safe_id_is_taken(anyone, path, offered):
    assert anyone.get(path, headers={"X-Request-ID": offered})["X-Request-ID"] == offered


@pytest.mark.parametrize("offered", ["", " ", "x" * 129, "a b", "a\nb", 'a"b', "a@b", "\u00e9", "a\x00"])
def test_any_other_is_replaced_by_a_fresh_one(anyone, offered):
    ids = {anyone.get("/nope", headers={"X-Request-ID": offered})["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(fresh) == 32 and fresh.isalnum() and fresh.isascii() for fresh in ids)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/nope", 404),
        ("post", "/livez", 405),
        ("get", "/admin/logout/", 405),
        ("post", "/signup", 415),
        ("get", "/my-bookings/", 401),
        ("get", "/movies/999/", 404),
        ("get", "/metrics", 404),
    ],
)
def test_every_error_says_it(admin_client, method, path, status):
    headers = {"X-Request-ID": "one-of-mine"}
    response = getattr(admin_client, method)(path, headers=headers, **kind(method))
    assert response.status_code == status
    assert response.json()["request_id"] == response["X-Request-ID"] == "one-of-mine"


def kind(method):
    return {"content_type": "text/csv"} if method == "post" else {}


def test_a_host_that_is_not_ours_is_told_it_too(anyone):
    response = anyone.get("/movies/", headers={"Host": "evil.example", "X-Request-ID": "mine"})
    assert (response.status_code, response.json()["request_id"]) == (400, "mine")


def test_pages_of_other_origins_may_send_and_read_it(anyone):
    origin = {"Origin": "https://app.example"}
    assert "x-request-id" in anyone.get("/movies/", headers=origin)["Access-Control-Expose-Headers"]
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-request-id"}
    assert "x-request-id" in anyone.options("/movies/", headers=origin | asked)["Access-Control-Allow-Headers"]
