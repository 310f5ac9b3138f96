"""Users access only their own bookings, holds and keys, and only staff with a permission manage the cinema."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from rest_framework_simplejwt.tokens import RefreshToken

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, MovieFactory, ShowFactory, UserFactory, permit
from tests.security.operations import BODY, protected_operations, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    """Alice's booking of seat 2."""
    return BookingFactory(user=alice, show=show, seat_number=2)


def hold(user, show, *numbers):
    return Caller(user).put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")


# --- Bookings --------------------------------------------------------------------------


def test_booking_of_another_user_looks_like_a_missing_one(as_bob, booking):
    existing = as_bob.post(f"/bookings/{booking.pk}/cancel/")
    missing = as_bob.post(f"/bookings/{booking.pk + 1000}/cancel/")
    assert_problem(existing, 404, "not_found")
    assert existing.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    assert Booking.objects.live().count() == 1


def test_trying_all_ids_cancels_no_booking_of_another_user(as_bob, as_staff, alice):
    """This includes staff. They cancel bookings of others in the admin."""
    first, *_, last = sorted(BookingFactory(user=alice).pk for _ in range(3))
    for number in {0, *range(max(first - 3, 0), last + 4)}:
        for client in (as_bob, as_staff):
            assert client.post(f"/bookings/{number}/cancel/").status_code == 404
    assert Booking.objects.live().count() == 3


@pytest.mark.parametrize(
    "query", ["", "?user={}", "?user_id={}", "?user__id={}", "?username=alice", "?status=booked"]
)
def test_my_bookings_never_lists_bookings_of_another_user(as_bob, as_staff, alice, booking, query):
    for client in (as_bob, as_staff):
        assert client.get("/my-bookings/" + query.format(alice.pk)).json()["count"] == 0


def test_no_response_reveals_who_has_a_seat(as_bob, alice, show, booking):
    hold(alice, show, 5)
    responses = [
        as_bob.get(f"/shows/{show.pk}/seats/"),
        as_bob.get(f"/shows/{show.pk}/availability/"),
        as_bob.get(f"/shows/{show.pk}/events/"),
        as_bob.get(f"/events/?shows={show.pk}"),
        as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 2}),
        as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 5}),
        hold(alice.__class__.objects.create_user("carol"), show, 2, 5),
    ]
    for response in responses:
        assert b"alice" not in response.content
        for field in (b'"booking"', b'"user', b'"held_by"', b'"email"'):
            assert field not in response.content


# --- Holds -----------------------------------------------------------------------------


def test_hold_of_another_user_can_not_be_read_booked_released_or_taken_over(as_bob, alice, bob, show):
    hold(alice, show, 3, 4)
    assert_problem(as_bob.get(f"/shows/{show.pk}/hold/"), 404, "no_hold")
    assert_problem(as_bob.post(f"/shows/{show.pk}/hold/book/"), 404, "no_hold")
    assert as_bob.delete(f"/shows/{show.pk}/hold/").status_code == 204
    assert_problem(as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 3}), 409, "seat_held")
    assert hold(bob, show, 4).status_code == 409
    assert Seat.objects.filter(show=show, held_by=alice.pk).count() == 2


# --- Idempotency keys ------------------------------------------------------------------


@pytest.mark.parametrize("seat", [2, 3])
def test_idempotency_key_of_another_user_has_no_effect(alice, bob, seat, show):
    """For the same seat and for another one, the response is the same as with a new key."""

    def book(user, number, key):
        return Caller(user).post(
            f"/shows/{show.pk}/book/", {"seat_number": number}, headers={"Idempotency-Key": key}
        )

    first = book(alice, 2, "k")
    same_key = book(bob, seat, "k")
    new_key = book(get_user_model().objects.create_user("carol"), seat, "new")
    if seat == 2:
        assert_problem(same_key, 409, "seat_taken")
        assert same_key.json() | {"request_id": ""} == new_key.json() | {"request_id": ""}
    else:
        assert same_key.status_code == 201
        assert same_key.json()["id"] != first.json()["id"]
    assert book(alice, 2, "k").json() == first.json()


# --- Staff -----------------------------------------------------------------------------

STAFF_OPERATIONS = [
    operation
    for operation in protected_operations()
    if operation.path.startswith(("/movies", "/price-lists")) or operation.path == "/shows/{show_id}/"
    if operation.method != "get"
]


def test_schema_has_the_expected_staff_operations():
    assert {(operation.method, operation.path) for operation in STAFF_OPERATIONS} == {
        *(("post", "/movies/"), ("patch", "/movies/{movie_id}/"), ("delete", "/movies/{movie_id}/")),
        *(
            ("post", "/movies/{movie_id}/shows/"),
            ("patch", "/shows/{show_id}/"),
            ("delete", "/shows/{show_id}/"),
        ),
        ("post", "/price-lists/"),
        *((method, "/price-lists/{price_list_id}/") for method in ("patch", "delete")),
    }


@pytest.mark.parametrize("operation", STAFF_OPERATIONS, ids=str)
@pytest.mark.parametrize("superuser", [False, True])
def test_users_without_is_staff_change_no_movies_and_shows_by_the_api(alice, show, operation, superuser):
    """A superuser without `is_staff` does not either."""
    alice.is_superuser = superuser
    alice.save()
    assert_problem(send(Caller(alice), operation, show), 403, "permission_denied")
    assert Movie.objects.count() == Show.objects.count() == 1


def permission(operation):
    """The codename of Django's permission for a staff operation."""
    model = "pricelist" if "price" in operation.path else "show" if "show" in operation.path else "movie"
    return {"post": "add", "patch": "change", "delete": "delete"}[operation.method] + f"_{model}"


@pytest.mark.parametrize("operation", STAFF_OPERATIONS, ids=str)
def test_staff_need_the_permission_of_the_model_and_action_in_the_api(sam, show, operation):
    needed = permission(operation)
    others = Permission.objects.exclude(codename=needed).values_list("codename", flat=True)
    refused = send(Caller(permit(sam, *others)), operation, show)
    problem = assert_problem(refused, 403, "permission_denied")
    assert f"shows.{needed}" in problem["detail"]
    assert Movie.objects.count() == Show.objects.count() == 1
    assert send(Caller(permit(sam, needed)), operation, show).status_code in {200, 201, 204, 400, 404}


@pytest.mark.parametrize("operation", STAFF_OPERATIONS, ids=str)
def test_superuser_needs_no_permission_in_the_api(show, operation):
    boss = UserFactory(staff=True, is_superuser=True)
    assert send(Caller(boss), operation, show).status_code in {200, 201, 204, 400, 404}


def test_permission_of_a_group_counts_in_the_api(sam):
    group = Group.objects.create(name="Programme")
    group.permissions.add(Permission.objects.get(codename="add_movie"))
    sam.groups.add(group)
    assert Caller(sam).post("/movies/", {"title": "A", "duration_minutes": 90}).status_code == 201


@pytest.fixture
def admin_pages(show, booking):
    """Every page of the admin that shows or changes something."""
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
        reverse("admin:seats_booking_day"),
        reverse("admin:seats_booking_guests", args=[show.pk]),
        reverse("admin:seats_booking_sell", args=[show.pk]),
        reverse("admin:seats_booking_tickets", args=[booking.pk]),
        reverse("admin:seats_booking_move", args=[booking.pk]),
        reverse("admin:auth_user_change", args=[booking.user_id]),
        reverse("admin:auth_user_password_change", args=[booking.user_id]),
        reverse("admin:shows_show_delete", args=[show.pk]),
        reverse("admin:shows_show_history", args=[show.pk]),
        reverse("admin:shows_show_week"),
        reverse("admin:seats_seatingplan_add"),
        "/admin/autocomplete/?app_label=shows&model_name=show&field_name=movie&term=",
    ]


def test_every_admin_page_redirects_users_who_are_not_staff_to_the_login(client, alice, admin_pages):
    for user in (None, alice):
        if user:
            client.force_login(user)
        for page in admin_pages:
            response = client.get(page)
            assert response.status_code == 302, page
            assert response["Location"].startswith("/admin/login/?next=/admin/")
            assert client.post(page).status_code == 302


def test_every_admin_page_is_forbidden_to_staff_without_permissions(client, sam, admin_pages):
    client.force_login(sam)
    for page in admin_pages:
        assert client.get(page).status_code == 403, page
        assert client.post(page, BODY).status_code in {403, 405}, page


def test_staff_with_one_view_permission_see_only_those_admin_pages(client, sam, admin_pages):
    sam.user_permissions.add(Permission.objects.get(codename="view_movie"))
    client.force_login(sam)
    visible = {page for page in admin_pages if client.get(page).status_code == 200}
    assert visible == {
        page for page in admin_pages if page.startswith("/admin/shows/movie/") or "autocomplete" in page
    }
    form = {"title": "A", "duration_minutes": 1}
    assert client.post(reverse("admin:shows_movie_add"), form).status_code == 403


# --- Fields that a request must not set ------------------------------------------------


def test_signup_ignores_all_fields_but_its_own_three(anyone):
    other_fields = {
        *("id", "pk", "is_staff", "is_superuser", "is_active", "date_joined", "last_login"),
        *("groups", "user_permissions", "first_name", "password_hash"),
    }
    body = {"username": "carol", "password": "plum-tart-42", "email": ""} | dict.fromkeys(other_fields, 1)
    response = anyone.post("/signup", body)
    assert set(response.json()) == {"id", "username", "email"}
    carol = get_user_model().objects.get()
    stored = (carol.is_staff, carol.is_superuser, carol.is_active, carol.first_name, carol.last_login)
    assert stored == (False, False, True, "", None)
    assert not carol.groups.exists()
    assert not carol.user_permissions.exists()


def test_signup_never_changes_an_existing_user(anyone, alice):
    body = {"username": "alice", "password": "plum-tart-42", "id": alice.pk, "pk": alice.pk}
    assert_invalid(anyone.post("/signup", body), "username")
    body["username"] = "carol"
    assert anyone.post("/signup", body).json()["id"] != alice.pk
    assert get_user_model().objects.get(pk=alice.pk).username == "alice"


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_booking_ignores_all_fields_but_the_seat_number(as_bob, alice, bob, show, form):
    other = ShowFactory()
    body = {
        "seat_number": 1,
        "user": alice.pk,
        "user_id": alice.pk,
        "status": "cancelled",
        "price": 0,
        "id": UNUSED_ID,
        "show": other.pk,
        "show_id": other.pk,
        "idempotency_key": "k",
        "created_at": "2000-01-01T00:00:00Z",
    }
    response = as_bob.post(f"/shows/{show.pk}/book/", body, format=form)
    assert (response.status_code, response.json()["show"]["id"]) == (201, show.pk)
    booking = Booking.objects.get()
    assert (booking.user_id, booking.show_id, booking.status) == (bob.pk, show.pk, "booked")
    assert booking.pk != UNUSED_ID
    assert (booking.idempotency_key, booking.created_at.year > 2000) == (None, True)


def test_hold_ignores_a_user_or_expiry_in_the_body(as_bob, alice, bob, show):
    other_fields = {
        "user": alice.pk,
        "held_by": alice.pk,
        "expires_at": "2099-01-01T00:00:00Z",
        "held_until": "2099-01-01",
    }
    response = as_bob.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [1]} | other_fields, format="json")
    assert not response.json()["expires_at"].startswith("2099")
    assert Seat.objects.get(show=show, held_by__isnull=False).held_by == bob.pk


def test_staff_change_only_the_documented_fields_of_movies_and_shows(as_staff, show, booking):
    other = MovieFactory()
    fields = {"id": UNUSED_ID, "pk": UNUSED_ID, "movie_id": other.pk, "available_seats": 0, "seats": []}
    fields |= {"bookings": [], "shows": [], "taken": False}
    before = as_staff.get(f"/shows/{show.pk}/").json()
    assert as_staff.patch(f"/shows/{show.pk}/", fields).json() == before
    movie = as_staff.get(f"/movies/{show.movie_id}/").json()
    assert as_staff.patch(f"/movies/{show.movie_id}/", fields).json() == movie
    assert Show.objects.get().movie_id == show.movie_id
    assert_consistent()


def test_refresh_token_of_another_user_can_not_be_revoked(as_bob, anyone, alice):
    refresh = str(RefreshToken.for_user(alice))
    assert_problem(as_bob.post("/logout", {"refresh": refresh, "user": alice.pk}), 401, "token_not_valid")
    assert anyone.post("/login/refresh", {"refresh": refresh}).status_code == 200
