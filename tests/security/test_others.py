"""What is other people's: bookings, holds, keys, and what only staff may do."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from rest_framework_simplejwt.tokens import RefreshToken

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import BookingFactory, MovieFactory, ShowFactory
from tests.security.calls import BODY, closed, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    """Alice's."""
    return BookingFactory(user=alice, show=show, seat_number=2)


def keep(user, show, *numbers):
    return Caller(user).put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")


# --- Bookings --------------------------------------------------------------------------


def test_anothers_booking_looks_as_if_it_were_not_there(as_bob, booking):
    theirs = as_bob.post(f"/bookings/{booking.pk}/cancel/")
    missing = as_bob.post(f"/bookings/{booking.pk + 1000}/cancel/")
    assert_problem(theirs, 404, "not_found")
    assert theirs.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    assert Booking.objects.live().count() == 1


def test_counting_through_the_ids_finds_nothing(as_bob, as_staff, alice):
    """Staff neither: by the API everybody cancels their own."""
    first, *_, last = sorted(BookingFactory(user=alice).pk for _ in range(3))
    for number in {0, *range(max(first - 3, 0), last + 4)}:
        for caller in (as_bob, as_staff):
            assert caller.post(f"/bookings/{number}/cancel/").status_code == 404
    assert Booking.objects.live().count() == 3


@pytest.mark.parametrize(
    "query", ["", "?user={}", "?user_id={}", "?user__id={}", "?username=alice", "?status=booked"]
)
def test_a_list_is_of_ones_own_whatever_the_query(as_bob, as_staff, alice, booking, query):
    for caller in (as_bob, as_staff):
        assert caller.get("/my-bookings/" + query.format(alice.pk)).json()["count"] == 0


def test_who_has_a_seat_is_told_to_nobody(as_bob, alice, show, booking):
    keep(alice, show, 5)
    answers = [
        as_bob.get(f"/shows/{show.pk}/seats/"),
        as_bob.get(f"/shows/{show.pk}/availability/"),
        as_bob.get(f"/shows/{show.pk}/events/"),
        as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 2}),
        as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 5}),
        keep(alice.__class__.objects.create_user("carol"), show, 2, 5),
    ]
    for answer in answers:
        assert b"alice" not in answer.content
        for field in (b'"booking"', b'"user', b'"held_by"', b'"email"'):
            assert field not in answer.content


# --- Holds -----------------------------------------------------------------------------


def test_anothers_hold_is_neither_seen_nor_booked_nor_given_back(as_bob, alice, show):
    keep(alice, show, 3, 4)
    assert_problem(as_bob.get(f"/shows/{show.pk}/hold/"), 404, "no_hold")
    assert_problem(as_bob.post(f"/shows/{show.pk}/hold/book/"), 404, "no_hold")
    assert as_bob.delete(f"/shows/{show.pk}/hold/").status_code == 204
    assert_problem(as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 3}), 409, "seat_held")
    assert keep(get_user_model().objects.get(username="bob"), show, 4).status_code == 409
    assert Seat.objects.filter(show=show, held_by=alice.pk).count() == 2


# --- Keys of retries -------------------------------------------------------------------


@pytest.mark.parametrize("seat", [2, 3])
def test_a_key_of_somebody_else_has_no_effect_and_tells_nothing(alice, bob, seat, show):
    """With the same seat, or another: as if nobody had ever sent the key."""

    def book(user, number, key):
        return Caller(user).post(
            f"/shows/{show.pk}/book/", {"seat_number": number}, headers={"Idempotency-Key": key}
        )

    first = book(alice, 2, "k")
    same, fresh = book(bob, seat, "k"), book(get_user_model().objects.create_user("carol"), seat, "fresh")
    if seat == 2:
        assert_problem(same, 409, "seat_taken")
        assert same.json() | {"request_id": ""} == fresh.json() | {"request_id": ""}
    else:
        assert same.status_code == 201
        assert same.json()["id"] != first.json()["id"]
    assert book(alice, 2, "k").json() == first.json()


# --- Staff -----------------------------------------------------------------------------

WRITES = [call for call in closed() if call.path.startswith("/movies") or call.path == "/shows/{show_id}/"]


def test_the_writes_are_those_one_expects():
    assert {(call.method, call.path) for call in WRITES} == {
        *(("post", "/movies/"), ("patch", "/movies/{movie_id}/"), ("delete", "/movies/{movie_id}/")),
        *(
            ("post", "/movies/{movie_id}/shows/"),
            ("patch", "/shows/{show_id}/"),
            ("delete", "/shows/{show_id}/"),
        ),
    }


@pytest.mark.parametrize("call", WRITES, ids=str)
@pytest.mark.parametrize("superuser", [False, True])
def test_only_staff_write(alice, show, call, superuser):
    """In the API it is `is_staff` that counts, and nothing else."""
    alice.is_superuser = superuser
    alice.save()
    assert_problem(send(Caller(alice), call, show), 403, "permission_denied")
    assert Movie.objects.count() == Show.objects.count() == 1


@pytest.mark.parametrize("call", WRITES, ids=str)
def test_staff_need_no_other_permission_in_the_api(as_staff, show, call):
    assert send(as_staff, call, show).status_code in {200, 201, 204, 400}


@pytest.fixture
def pages(show, booking):
    """Each page of the admin that shows or changes something."""
    lists = [
        "shows_movie",
        "shows_show",
        "seats_hall",
        "seats_seatingplan",
        "seats_booking",
        "auth_user",
        "auth_group",
    ]
    return [
        *(reverse(f"admin:{name}_changelist") for name in lists),
        reverse("admin:shows_movie_change", args=[show.movie_id]),
        reverse("admin:shows_show_change", args=[show.pk]),
        reverse("admin:seats_hall_change", args=[show.pk]),
        reverse("admin:seats_booking_change", args=[booking.pk]),
        reverse("admin:auth_user_change", args=[booking.user_id]),
        reverse("admin:auth_user_password_change", args=[booking.user_id]),
        reverse("admin:shows_show_delete", args=[show.pk]),
        reverse("admin:shows_show_history", args=[show.pk]),
        reverse("admin:shows_show_week"),
        reverse("admin:seats_seatingplan_add"),
        reverse("admin:token_blacklist_outstandingtoken_changelist"),
        "/admin/autocomplete/?app_label=shows&model_name=show&field_name=movie&term=",
    ]


def test_a_stranger_is_sent_to_log_in_by_every_page_of_the_admin(client, alice, pages):
    for user in (None, alice):
        if user:
            client.force_login(user)
        for page in pages:
            response = client.get(page)
            assert response.status_code == 302, page
            assert response["Location"].startswith("/admin/login/?next=/admin/")
            assert client.post(page).status_code == 302


def test_staff_without_a_permission_see_and_change_nothing_in_the_admin(client, sam, pages):
    client.force_login(sam)
    for page in pages:
        assert client.get(page).status_code == 403, page
        assert client.post(page, BODY).status_code in {403, 405}, page


def test_staff_see_only_what_their_permission_names(client, sam, pages):
    sam.user_permissions.add(Permission.objects.get(codename="view_movie"))
    client.force_login(sam)
    seen = {page for page in pages if client.get(page).status_code == 200}
    assert seen == {page for page in pages if page.startswith("/admin/shows/movie/") or "autocomplete" in page}
    assert (
        client.post(reverse("admin:shows_movie_add"), {"title": "A", "duration_minutes": 1}).status_code == 403
    )


# --- Fields that are not theirs to set -------------------------------------------------


def test_a_signup_sets_nothing_but_its_own_three_fields(anyone):
    foreign = {
        *("id", "pk", "is_staff", "is_superuser", "is_active", "date_joined", "last_login"),
        *("groups", "user_permissions", "first_name", "password_hash"),
    }
    body = {"username": "carol", "password": "plum-tart-42", "email": ""} | dict.fromkeys(foreign, 1)
    answer = anyone.post("/signup", body)
    assert set(answer.json()) == {"id", "username", "email"}
    carol = get_user_model().objects.get()
    kept = (carol.is_staff, carol.is_superuser, carol.is_active, carol.first_name, carol.last_login)
    assert kept == (False, False, True, "", None)
    assert not carol.groups.exists()
    assert not carol.user_permissions.exists()


def test_signing_up_changes_nobody_who_is_there(anyone, alice):
    body = {"username": "alice", "password": "plum-tart-42", "id": alice.pk, "pk": alice.pk}
    assert_invalid(anyone.post("/signup", body), "username")
    body["username"] = "carol"
    assert anyone.post("/signup", body).json()["id"] != alice.pk
    assert get_user_model().objects.get(pk=alice.pk).username == "alice"


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_a_booking_is_the_callers_and_live_whatever_the_body_says(as_bob, alice, bob, show, form):
    other = ShowFactory()
    body = {
        "seat_number": 1,
        "user": alice.pk,
        "user_id": alice.pk,
        "status": "cancelled",
        "price": 0,
        "id": 77,
        "show": other.pk,
        "show_id": other.pk,
        "idempotency_key": "k",
        "created_at": "2000-01-01T00:00:00Z",
    }
    answer = as_bob.post(f"/shows/{show.pk}/book/", body, format=form)
    assert (answer.status_code, answer.json()["show"]["id"]) == (201, show.pk)
    sold = Booking.objects.get()
    assert (sold.user_id, sold.show_id, sold.status) == (bob.pk, show.pk, "booked")
    assert (sold.pk != 77, sold.idempotency_key, sold.created_at.year > 2000) == (True, None, True)


def test_a_hold_is_the_callers_and_as_long_as_the_settings_say(as_bob, alice, bob, show):
    foreign = {
        "user": alice.pk,
        "held_by": alice.pk,
        "expires_at": "2099-01-01T00:00:00Z",
        "held_until": "2099-01-01",
    }
    answer = as_bob.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [1]} | foreign, format="json")
    assert not answer.json()["expires_at"].startswith("2099")
    assert Seat.objects.get(show=show, held_by__isnull=False).held_by == bob.pk


def test_staff_change_nothing_but_the_fields_of_a_movie_and_a_show(as_staff, show, booking):
    other = MovieFactory()
    foreign = {"id": 77, "pk": 77, "movie": other.pk, "movie_id": other.pk, "available_seats": 0, "seats": []}
    foreign |= {"bookings": [], "shows": [], "taken": False}
    before = as_staff.get(f"/shows/{show.pk}/").json()
    assert as_staff.patch(f"/shows/{show.pk}/", foreign).json() == before
    movie = as_staff.get(f"/movies/{show.movie_id}/").json()
    assert as_staff.patch(f"/movies/{show.movie_id}/", foreign).json() == movie
    assert Show.objects.get().movie_id == show.movie_id
    assert_consistent()


def test_nobody_ends_anothers_session(as_bob, anyone, alice):
    refresh = str(RefreshToken.for_user(alice))
    assert_problem(as_bob.post("/logout", {"refresh": refresh, "user": alice.pk}), 401, "token_not_valid")
    assert anyone.post("/login/refresh", {"refresh": refresh}).status_code == 200
