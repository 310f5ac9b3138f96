"""A server whose fast path knows the headers of the views."""

SETTINGS = "tests.server.counting_settings"


def lists(show):
    return ["/movies/", "/shows/", f"/movies/{show.movie_id}/shows/", f"/shows/{show.pk}/", "/my-bookings/"]


def answer_each_call_once(server, show, user):
    """The fast path answers only after a view has, because it repeats the headers of the view."""
    assert server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 300}, user=user).status == 201
    for view in ("seats", "availability"):
        etag = server.call("GET", f"/shows/{show.pk}/{view}/").headers["ETag"]
        server.call("GET", f"/shows/{show.pk}/{view}/", headers={"If-None-Match": etag})
    for path in lists(show):
        server.call("GET", path, user=user)
