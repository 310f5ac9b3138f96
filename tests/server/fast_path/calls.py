"""A server whose fast path knows the headers of the views."""

from contextlib import contextmanager

from tests.live_server import Server

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


@contextmanager
def fast_server(show, user, **environment):
    """A server with one process, other settings, and headers that it knows."""
    with Server(1, DJANGO_SETTINGS_MODULE=SETTINGS, **environment) as server:
        answer_each_call_once(server, show, user)
        yield server


def number(answer):
    return int(answer.headers["X-Number"])


def reaches_a_view(server, *request, **more):
    """Tells whether a view answers this request. The number of its answer is then greater than all before."""
    newest = number(server.call("GET", "/livez"))
    return number(server.call(*request, **more)) > newest
