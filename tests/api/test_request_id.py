"""Every response and every problem has a request id; a safe `X-Request-ID` of the client is used."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("header", ["a", "A9._:+/=~-", "x" * 128])
@pytest.mark.parametrize("path", ["/movies/", "/nope", "/static/web/seat-map.js", "/livez"])
def test_safe_request_id_of_the_client_is_used(anyone, path, header):
    assert anyone.get(path, headers={"X-Request-ID": header})["X-Request-ID"] == header


@pytest.mark.parametrize("header", ["", " ", "x" * 129, "a b", "a\nb", 'a"b', "a@b", "\u00e9", "a\x00"])
def test_unsafe_request_id_is_replaced_by_a_random_one(anyone, header):
    ids = {anyone.get("/nope", headers={"X-Request-ID": header})["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(new_id) == 32 and new_id.isalnum() and new_id.isascii() for new_id in ids)


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
def test_every_problem_has_the_request_id_in_header_and_body(admin_client, method, path, status):
    content_type = {"content_type": "text/csv"} if method == "post" else {}
    response = getattr(admin_client, method)(path, headers={"X-Request-ID": "one-of-mine"}, **content_type)
    assert response.status_code == status
    assert response.json()["request_id"] == response["X-Request-ID"] == "one-of-mine"


def test_problem_of_an_unknown_host_has_the_request_id(anyone):
    response = anyone.get("/movies/", headers={"Host": "evil.example", "X-Request-ID": "mine"})
    assert (response.status_code, response.json()["request_id"]) == (400, "mine")


def test_other_origins_may_send_and_read_the_request_id(anyone):
    origin = {"Origin": "https://app.example"}
    assert "x-request-id" in anyone.get("/movies/", headers=origin)["Access-Control-Expose-Headers"]
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-request-id"}
    response = anyone.options("/movies/", headers=origin | preflight)
    assert "x-request-id" in response["Access-Control-Allow-Headers"]
