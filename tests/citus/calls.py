"""The calls of `make citus`, one line each: every call that reads or changes seats, bookings or shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Values = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """`{name}` in the path and in texts of the body is a value that an earlier call has kept."""

    user: str
    method: str
    path: str
    body: Any = None
    status: int = 200
    keep: Callable[[Any], Values] | None = None
    # `find` finds `found` in the answer.
    find: Callable[[Any], Any] | None = None
    found: Any = None

    def filled_body(self, known: Values) -> Any:
        return _filled(self.body, known)


class Kept(dict[str, Any]):
    """A value that no call has kept, because the call failed, is 0."""

    def __missing__(self, name: str) -> int:
        return 0


def _filled(body: Any, known: Values) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, known) for name, value in body.items()}
    return body.format_map(Kept(known)) if isinstance(body, str) else body


def _id(name: str) -> Callable[[Any], Values]:
    return lambda body: {name: body["id"]}


def _sale(name: str) -> Callable[[Any], Values]:
    return lambda body: {
        name: body[0]["id"],
        f"{name}_2": body[-1]["id"],
        f"{name}_ticket": body[0]["order_ticket"],
        f"{name}_order": body[0]["order"],
    }


def _show(name: str, screen: str, time: str = "{day}T20:00:00Z", **more: Any) -> Call:
    body = {"screen_name": screen, "date_time": time, "total_seats": 60, **more}
    return Call("boss", "POST", "/movies/{movie}/shows/", body, 201, _id(name))


PRICES = [
    {"category": "", "kind": "Adult", "amount": 1250},
    {"category": "", "kind": "Child", "amount": 800},
]
# The plan of the screen Sofas: seats 1 and 2 are a sofa, as are 3 and 4; 5 is accessible, 6 its companion.
PLAN = """name: Sofas
seat s: Sofa pair
seat w: Standard accessible
seat c: Standard companion

A | ssss wc
B | ......
"""

CALLS = [
    # Accounts. The id of a new user must be new, although the tables were distributed meanwhile.
    Call("", "POST", "/signup", {"username": "carol", "password": "{password}"}, 201),
    Call("", "POST", "/login", {"username": "carol", "password": "wrong"}, 401),
    Call(
        "",
        "POST",
        "/login",
        {"username": "carol", "password": "{password}"},
        keep=lambda body: {"refresh": body["refresh"]},
    ),
    Call(
        "", "POST", "/login/refresh", {"refresh": "{refresh}"}, keep=lambda body: {"refresh": body["refresh"]}
    ),
    Call("alice", "PATCH", "/me", {"email": "alice@example.com"}),
    Call("", "POST", "/password/forgotten", {"email": "alice@example.com"}, 202),
    # The programme.
    Call("boss", "POST", "/price-lists/", {"name": "Evenings", "prices": PRICES}, 201, _id("prices")),
    _show("show", "One", price_list="{prices}", format="OV"),
    _show("off", "Two"),
    _show("empty", "Three"),
    _show("later", "Four", on_sale_from="{day}T10:00:00Z"),
    _show("sofas", "Sofas", total_seats=12),
    replace(_show("clash", "One"), status=409, keep=None),
    Call("", "GET", "/shows/?date={day}&page_size=200", find=lambda body: body["count"] >= 5, found=True),
    Call("", "GET", "/shows/?screen=one&upcoming=true", find=lambda body: body["count"] >= 1, found=True),
    Call("", "GET", "/movies/{movie}/shows/?upcoming=true"),
    Call("", "GET", "/movies/?search=metro"),
    Call("", "GET", "/screens/"),
    Call("", "GET", "/config/"),
    Call("", "GET", "/shows/{show}/", find=lambda body: body["price_from"], found=800),
    Call("boss", "PATCH", "/shows/{empty}/", {"total_seats": 70}),
    Call("boss", "PATCH", "/shows/{empty}/", {"total_seats": 50, "price_list": "{prices}"}),
    Call("boss", "DELETE", "/shows/{empty}/", None, 204),
    # Sales, with prices.
    Call("alice", "POST", "/shows/{show}/book/", {"seat_number": 1, "kind": "Child"}, 201, _id("first")),
    Call("alice", "POST", "/shows/{show}/book/", {"seat_number": 8, "kind": "Dog"}, 400),
    Call("bob", "POST", "/shows/{show}/book/", {"seat_number": 1}, 409),
    Call("alice", "POST", "/shows/{show}/book/", {"seat_number": 1}, 409),
    Call("alice", "POST", "/shows/{show}/book/", {"seat_number": 61}, 400),
    Call("alice", "POST", "/shows/{later}/book/", {"seat_number": 1}, 409),
    Call("boss", "POST", "/shows/{later}/book/", {"seat_number": 1}, 201, _id("early")),
    Call("alice", "POST", "/bookings/{first}/move/", {"seat_number": 9}),
    Call("bob", "POST", "/bookings/{first}/move/", {"seat_number": 10}, 404),
    Call("alice", "GET", "/bookings/{first}/", find=lambda body: body["amount"], found=800),
    Call("alice", "GET", "/bookings/{first}/ticket.svg"),
    Call("alice", "GET", "/bookings/{first}/ticket.ics"),
    # Holds.
    Call("alice", "PUT", "/shows/{show}/hold/", {"seat_numbers": [2, 3]}),
    Call("alice", "PUT", "/shows/{show}/hold/", {"seat_numbers": [3, 4]}),
    Call("alice", "GET", "/shows/{show}/hold/", find=lambda body: body["seat_numbers"], found=[3, 4]),
    Call("bob", "PUT", "/shows/{show}/hold/", {"seat_numbers": [4, 5]}, 409),
    Call("bob", "PUT", "/shows/{show}/hold/", {"best": 3}),
    Call("bob", "DELETE", "/shows/{show}/hold/", None, 204),
    Call("bob", "POST", "/shows/{show}/hold/book/", None, 404),
    Call("alice", "POST", "/shows/{show}/hold/book/", {"kinds": {"4": "Child"}}, 201, _sale("held")),
    Call("alice", "GET", "/my-bookings/?order={held_order}", find=lambda body: body["count"], found=2),
    # The till and the door.
    Call("boss", "PATCH", "/shows/{show}/seats/", {"seat_numbers": [20], "blocked": True, "reason": "Broken"}),
    Call("boss", "POST", "/shows/{show}/sell/", {"seat_numbers": [20, 21]}, 409),
    Call(
        "boss",
        "POST",
        "/shows/{show}/sell/",
        {"seat_numbers": [20, 21], "blocked": True, "guest_name": "Rosa", "kinds": {"21": "Child"}},
        201,
        _sale("till"),
    ),
    Call("boss", "POST", "/shows/{show}/admit/", {"ticket": "{till_ticket}"}),
    Call("boss", "POST", "/shows/{show}/admit/", {"ticket": "{till_ticket}"}, 409),
    Call("boss", "POST", "/shows/{off}/admit/", {"ticket": "{held_ticket}"}, 409),
    # Sofas, an accessible seat and its companion.
    Call("bob", "GET", "/shows/{sofas}/seats/", find=lambda body: body["seats"][0]["pair"], found=2),
    Call("bob", "POST", "/shows/{sofas}/book/", {"seat_number": 1}, 409),
    Call("bob", "PUT", "/shows/{sofas}/hold/", {"seat_numbers": [1]}, 409),
    Call("bob", "PUT", "/shows/{sofas}/hold/", {"seat_numbers": [1, 2]}),
    Call("bob", "POST", "/shows/{sofas}/hold/book/", None, 201, _sale("sofa")),
    Call("bob", "POST", "/bookings/{sofa}/move/", {"seat_number": 3}),
    Call("bob", "POST", "/bookings/{sofa}/cancel/"),
    Call(
        "bob", "GET", "/my-bookings/?order={sofa_order}&status=booked", find=lambda body: body["count"], found=0
    ),
    Call(
        "bob",
        "PUT",
        "/shows/{sofas}/hold/",
        {"best": 2, "accessible": True},
        find=lambda body: body["seat_numbers"],
        found=[5, 6],
    ),
    Call("boss", "POST", "/shows/{sofas}/sell/", {"seat_numbers": [3]}, 201),
    # Cancels, maps and reports.
    Call("alice", "POST", "/bookings/{first}/cancel/"),
    Call("alice", "POST", "/bookings/{first}/cancel/", None, 409),
    Call("boss", "POST", "/bookings/{early}/cancel/"),
    Call("alice", "GET", "/my-bookings/", find=lambda body: body["count"], found=3),
    Call("alice", "GET", "/my-bookings/?status=cancelled", find=lambda body: body["count"], found=1),
    Call("", "GET", "/shows/{show}/seats/", find=lambda body: body["counts"]["taken"], found=4),
    Call("", "GET", "/shows/{show}/availability/", find=lambda body: body["counts"]["taken"], found=4),
    Call("boss", "GET", "/shows/{show}/guests/", find=lambda body: body["count"], found=4),
    Call("boss", "GET", "/shows/{show}/guests/?format=csv"),
    *(
        Call(
            "boss",
            "GET",
            f"/reports/sales/?by={by}",
            find=lambda body: sum(row["sold"] for row in body),
            found=5,
        )
        for by in ("day", "movie", "screen", "show", "kind")
    ),
    Call("boss", "GET", "/changes/"),
    Call("boss", "DELETE", "/shows/{show}/", None, 409),
    Call("boss", "PATCH", "/shows/{show}/", {"screen_name": "Five"}, 409),
    Call("boss", "PATCH", "/shows/{show}/", {"screen_name": "Five", "keep_bookings": True}),
    # A show is called off.
    Call("bob", "POST", "/shows/{off}/book/", {"seat_number": 1}, 201),
    Call("bob", "PUT", "/shows/{off}/hold/", {"seat_numbers": [2, 3]}),
    Call(
        "boss",
        "POST",
        "/shows/{off}/cancel/",
        {"reason": "Storm"},
        find=lambda body: body["cancelled_bookings"],
        found=1,
    ),
    Call("boss", "POST", "/shows/{off}/cancel/", {}, 409),
    Call("bob", "POST", "/shows/{off}/book/", {"seat_number": 2}, 409),
    # Accounts end.
    Call("gone", "POST", "/shows/{show}/book/", {"seat_number": 30}, 201),
    Call("gone", "PUT", "/shows/{show}/hold/", {"seat_numbers": [32]}),
    Call("gone", "DELETE", "/me", {"password": "{password}"}, 204),
    Call("buyer", "POST", "/shows/{show}/book/", {"seat_number": 31}, 201),
    Call("buyer", "POST", "/me/password", {"old_password": "{password}", "new_password": "pear-tart-43"}, 204),
]
# Bookings that no call and no step cancels.
STAYING = ["held", "held_2", "till", "till_2"]

# While a worker is down, on a show of another node.
DOWN_CALLS = [
    Call(
        "",
        "POST",
        "/login",
        {"username": "carol", "password": "{password}"},
        keep=lambda body: {"refresh": body["refresh"]},
    ),
    Call("", "POST", "/login", {"username": "carol", "password": "wrong"}, 401),
    Call("", "POST", "/login/refresh", {"refresh": "{refresh}"}),
    Call("", "GET", "/shows/{living}/seats/"),
    Call("", "GET", "/shows/{living}/availability/"),
    Call("alice", "POST", "/shows/{living}/book/", {"seat_number": 250}, 201, _id("sold")),
    Call("alice", "POST", "/bookings/{sold}/move/", {"seat_number": 251}),
    Call("alice", "POST", "/bookings/{sold}/cancel/"),
    Call("alice", "POST", "/bookings/{sold}/cancel/", None, 409),
    Call("alice", "PUT", "/shows/{living}/hold/", {"seat_numbers": [252, 253]}),
    Call("alice", "PUT", "/shows/{living}/hold/", {"best": 2}),
    Call("alice", "GET", "/shows/{living}/hold/"),
    Call("alice", "POST", "/shows/{living}/hold/book/", None, 201),
    Call("alice", "PUT", "/shows/{living}/hold/", {"seat_numbers": [252, 253]}),
    Call("alice", "DELETE", "/shows/{living}/hold/", None, 204),
    Call("boss", "POST", "/shows/{living}/sell/", {"seat_numbers": [260, 261]}, 201, _sale("till")),
    Call("boss", "POST", "/shows/{living}/admit/", {"ticket": "{till_ticket}"}),
    Call("boss", "PATCH", "/shows/{living}/seats/", {"seat_numbers": [270], "blocked": True}),
    Call("", "GET", "/movies/"),
    Call("", "GET", "/screens/"),
    # These need all nodes.
    Call("", "POST", "/signup", {"username": "dora", "password": "{password}"}, 503),
    Call("alice", "PATCH", "/me", {"email": "alice@example.com"}, 503),
    Call("alice", "GET", "/my-bookings/", None, 503),
    Call("alice", "GET", "/bookings/{sold}/", None, 503),
    Call("alice", "GET", "/bookings/{sold}/ticket.svg", None, 503),
    Call("boss", "POST", "/shows/{living}/cancel/", {}, 503),
    Call("boss", "POST", "/movies/", {"title": "Nosferatu", "duration_minutes": 94}, 503),
    Call("boss", "GET", "/reports/sales/", None, 503),
    Call("", "GET", "/shows/{dead}/seats/", None, 503),
    Call("alice", "POST", "/shows/{dead}/book/", {"seat_number": 250}, 503),
    Call("alice", "PUT", "/shows/{dead}/hold/", {"seat_numbers": [252, 253]}, 503),
]
