"""The groups that `migrate` creates. Each call of staff is tried by a member of each group, over HTTP."""

import importlib
import json
import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from cinema.seats.models import Booking, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.assertions import assert_problem
from tests.conftest import Caller
from tests.factories import BookingFactory, UserFactory, add_price_list
from tests.security.operations import schema_operations

ROLES = importlib.import_module("cinema.auth.migrations.0005_roles")
PRICES = importlib.import_module("cinema.auth.migrations.0006_price_list_roles")
TILLS = importlib.import_module("cinema.auth.migrations.0007_till_roles")
SEEN = importlib.import_module("cinema.auth.migrations.0008_box_office_sees_prices")
EVERYBODY = {"Box office", "Door", "Manager"}
TILL, MANAGER = {"Box office", "Manager"}, {"Manager"}

# The API: the operation, its body, the status of its success and the groups that may call it.
CALLS = {
    ("post", "/movies/"): ({"title": "X", "duration_minutes": 90}, 201, MANAGER),
    ("patch", "/movies/{movie_id}/"): ({"title": "X"}, 200, MANAGER),
    ("delete", "/movies/{movie_id}/"): (None, 204, MANAGER),
    ("post", "/movies/{movie_id}/shows/"): (
        {"screen_name": "New", "date_time": "2090-01-01T18:00:00Z", "total_seats": 12},
        201,
        MANAGER,
    ),
    ("patch", "/shows/{show_id}/"): ({"format": "3D"}, 200, MANAGER),
    ("delete", "/shows/{show_id}/"): (None, 204, MANAGER),
    # The prices are public, so all staff may read their lists.
    ("get", "/price-lists/"): (None, 200, {*EVERYBODY, None}),
    ("get", "/price-lists/{price_list_id}/"): (None, 200, {*EVERYBODY, None}),
    ("post", "/price-lists/"): ({"name": "X", "prices": [{"kind": "Adult", "amount": 1}]}, 201, MANAGER),
    ("patch", "/price-lists/{price_list_id}/"): ({"name": "X"}, 200, MANAGER),
    ("delete", "/price-lists/{price_list_id}/"): (None, 204, MANAGER),
    ("post", "/shows/{show_id}/cancel/"): ({"reason": "No power"}, 200, MANAGER),
    ("patch", "/shows/{show_id}/seats/"): ({"seat_numbers": [5], "blocked": True}, 200, TILL),
    ("post", "/shows/{show_id}/sell/"): ({"seat_numbers": [5]}, 201, TILL),
    ("post", "/shows/{show_id}/admit/"): ({"ticket": "{ticket}"}, 200, EVERYBODY),
    ("get", "/shows/{show_id}/guests/"): (None, 200, EVERYBODY),
    ("get", "/reports/sales/"): (None, 200, EVERYBODY),
    ("get", "/changes/"): (None, 200, set()),
    # Not only for staff: other people's bookings are.
    ("get", "/bookings/{booking_id}/"): (None, 200, EVERYBODY),
}
NOT_FOUND = {("get", "/bookings/{booking_id}/")}

# The admin: the page, what is posted to it and the groups that may.
PAGES = {
    "shows_movie_changelist": (None, EVERYBODY),
    "shows_show_changelist": (None, EVERYBODY),
    "shows_show_week": (None, MANAGER),
    "shows_show_copy_week": (None, MANAGER),
    "shows_movie_add": (None, MANAGER),
    "shows_pricelist_add": (None, MANAGER),
    "shows_pricelist_changelist": (None, TILL),
    "seats_seatingplan_add": (None, MANAGER),
    "seats_seatingplan_changelist": (None, MANAGER),
    "seats_hall_changelist": (None, TILL),
    "seats_hall_change": ({"act": "block", "seats": [5]}, TILL),
    "seats_booking_changelist": (None, EVERYBODY),
    "seats_booking_day": (None, EVERYBODY),
    "seats_booking_guests": (None, EVERYBODY),
    "seats_booking_sell": ({"key": "one", "seats": [5]}, TILL),
    "seats_booking_tickets": (None, EVERYBODY),
    "seats_booking_move": ({"seats": [5]}, TILL),
    "seats_booking_delete": (None, MANAGER),
    "auth_user_changelist": (None, set()),
    "auth_group_changelist": (None, set()),
    "notices_subscription_changelist": (None, set()),
    "notices_subscription_add": (None, set()),
    "notices_delivery_changelist": (None, set()),
}


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


def run_roles():
    """Runs the migration once more, because transactional tests empty all tables."""
    for migration in (ROLES.Migration, PRICES.Migration, TILLS.Migration, SEEN.Migration):
        (operation,) = migration.operations
        operation.code(apps, connection.schema_editor())


@pytest.fixture
def roles(db):
    run_roles()


@pytest.fixture
def member(roles):
    """Creates a member of staff in a group, or in none."""

    def create(role):
        user = UserFactory(username="member", staff=True)
        user.groups.set(Group.objects.filter(name=role))
        return user

    return create


@pytest.fixture
def as_member(member):
    """Yields each group with a member of it, and None with one of no group. Undoes what was done in between."""

    def members():
        for role in [None, *sorted(EVERYBODY)]:
            with transaction.atomic():
                yield role, member(role)
                transaction.set_rollback(True)

    return members


def test_every_operation_for_staff_is_tried_by_every_group():
    staff = {(*operation,) for operation, parts in schema_operations().items() if "403" in parts["responses"]}
    assert staff == CALLS.keys() - NOT_FOUND


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_members_of_a_group_may_make_its_calls_and_no_others(as_member, show, booking, call):
    (method, path), (body, status, allowed) = call, CALLS[call]
    if method == "delete":
        Booking.objects.filter(pk=booking.pk).delete()  # A show with live bookings stays.
    body = body and {name: booking.ticket if value == "{ticket}" else value for name, value in body.items()}
    ids = {"show_id": show.pk, "movie_id": show.movie_id, "booking_id": booking.pk}
    url = path.format(price_list_id=add_price_list([]).pk, **ids)
    for role, user in as_member():
        response = getattr(Caller(user), method)(url, body)
        if role in allowed:
            assert response.status_code == status, response.content
        elif call in NOT_FOUND:
            assert_problem(response, 404, "not_found")
        else:
            assert_problem(response, 403, "permission_denied")


@pytest.mark.parametrize("page", PAGES)
def test_members_of_a_group_see_its_pages_of_the_admin_and_no_others(as_member, client, show, booking, page):
    form, allowed = PAGES[page]
    of_show = ("seats_hall_change", "seats_booking_guests", "seats_booking_sell")
    of_booking = ("seats_booking_delete", "seats_booking_tickets", "seats_booking_move")
    rows = dict.fromkeys(of_show, show.pk) | dict.fromkeys(of_booking, booking.pk)
    url = reverse(f"admin:{page}", args=[rows[page]] if page in rows else [])
    for role, user in as_member():
        client.force_login(user)
        response = client.post(url, form) if form else client.get(url)
        assert response.status_code == (403 if role not in allowed else 302 if form else 200), role


# The links on the first page of the admin, by role. All roles find bookings and see today's shows.
LINKS = {
    None: set(),
    "Door": {"shows/movie", "shows/show", "seats/booking"},
    "Box office": {"shows/movie", "shows/show", "seats/booking", "shows/pricelist", "seats/hall"},
    "Manager": {
        *("shows/movie", "shows/show", "seats/booking", "shows/pricelist", "seats/hall", "seats/seatingplan"),
    },
}


def test_first_page_of_the_admin_links_to_the_pages_of_the_role_and_no_others(as_member, client):
    for role, user in as_member():
        client.force_login(user)
        html = client.get("/admin/").content.decode()
        assert set(re.findall(r'href="/admin/(\w+/\w+)/"', html)) == LINKS[role], role
        assert ('id="find"' in html) == ("There are no shows today." in html) == (role in EVERYBODY)


def test_token_blacklist_has_no_pages_even_for_superusers(admin_client):
    assert "token_blacklist" not in admin_client.get("/admin/").content.decode()
    assert admin_client.get("/admin/token_blacklist/outstandingtoken/").status_code == 404


def test_box_office_and_managers_cancel_bookings_in_the_admin(as_member, client, booking):
    form = {"action": "cancel", "post": "yes", "_selected_action": [booking.pk]}
    for role, user in as_member():
        client.force_login(user)
        client.post(reverse("admin:seats_booking_changelist"), form)
        assert Booking.objects.get(pk=booking.pk).is_live == (role not in TILL)


def test_managers_delete_everything_in_the_admin(member, client, show, booking):
    plan = SeatingPlan.objects.create(screen_name="Other", plan="A | ....")
    client.force_login(member("Manager"))
    Caller(booking.user).post(f"/bookings/{booking.pk}/cancel/")
    for page, pk in (("seats_booking", booking.pk), ("shows_show", show.pk), ("shows_movie", show.movie_id)):
        client.post(reverse(f"admin:{page}_delete", args=[pk]), {"post": "yes"})
    client.post(reverse("admin:seats_seatingplan_delete", args=[plan.pk]), {"post": "yes"})
    for model in (Booking, Show, Movie, SeatingPlan):
        assert not model.objects.exists()


# --- The migration ---------------------------------------------------------------------


def permissions(group):
    labels = Permission.objects.filter(group__name=group)
    return {f"{app}.{codename}" for app, codename in labels.values_list("content_type__app_label", "codename")}


@pytest.fixture
def way_back(transactional_db):
    """Reverts the migration of the groups. `migrate` applies it again."""
    run_roles()
    MigrationExecutor(connection).migrate([("cinema_auth", "0004_email_in_any_case")])
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "upgraded"])
def test_migration_makes_the_groups_with_or_without_existing_permissions(way_back, is_fresh):
    everything = Permission.objects.order_by("codename", "name").values_list("codename", "name")
    expected = list(everything)
    Group.objects.all().delete()
    if is_fresh:
        ContentType.objects.all().delete()
        assert not Permission.objects.exists()
    call_command("migrate", verbosity=0)
    assert permissions("Door") == set(ROLES.DOOR)
    assert permissions("Box office") == {*ROLES.BOX_OFFICE, *TILLS.TILL, *SEEN.SEEN_PRICES}
    assert permissions("Manager") == {*ROLES.MANAGER, *PRICES.PRICES, *TILLS.TILL}
    assert Group.objects.count() == 3
    assert list(everything) == expected


def test_groups_that_staff_changed_keep_their_permissions_and_members(way_back):
    Group.objects.get(name="Door").permissions.set(Permission.objects.filter(codename="view_movie"))
    Group.objects.get(name="Door").user_set.add(UserFactory())
    call_command("migrate", verbosity=0)
    assert permissions("Door") == {"shows.view_movie"}
    assert Group.objects.get(name="Door").user_set.count() == 1
    Group.objects.get(name="Manager").delete()
    call_command("migrate", verbosity=0)
    assert not Group.objects.filter(name="Manager").exists()


@pytest.mark.parametrize("ids", ["later", "reversed"])
@pytest.mark.parametrize("keys", [[], ["--natural-foreign"], ["--natural-foreign", "--natural-primary"]])
def test_dump_loads_over_groups_that_have_other_ids(tmp_path, member, keys, ids):
    """`migrate` of another version may have given the groups other ids."""
    member("Door")
    Group.objects.get(name="Door").permissions.set(Permission.objects.filter(codename="view_movie"))
    path = tmp_path / "dump.json"
    call_command("dumpdata", "auth.group", "auth.user", *keys, "--output", str(path), verbosity=0)
    before = path.read_text()
    groups = list(Group.objects.order_by("pk").values_list("pk", "name"))
    Group.objects.all().delete()
    for place, (pk, name) in enumerate(groups):
        Group.objects.create(pk=pk + 1 if ids == "later" else groups[-1 - place][0], name=name)

    with transaction.atomic():
        call_command("loaddata", str(path), verbosity=0)

    assert set(Group.objects.values_list("name", flat=True)) == EVERYBODY
    assert permissions("Door") == {"shows.view_movie"}
    assert Group.objects.get(user__username="member").name == "Door"
    call_command("dumpdata", "auth.group", *keys, "--output", str(path), verbosity=0)
    rows = [row for row in json.loads(before) if row["model"] == "auth.group"]
    assert sorted(json.loads(path.read_text()), key=str) == sorted(rows, key=str)


def test_members_of_a_group_stay_its_members_if_a_fixture_gives_it_another_id(tmp_path, member):
    user = member("Door")
    path = tmp_path / "groups.json"
    path.write_text(
        json.dumps([{"model": "auth.group", "pk": 99, "fields": {"name": "Door", "permissions": []}}])
    )
    call_command("loaddata", str(path), verbosity=0)
    assert list(user.groups.values_list("pk", "name")) == [(99, "Door")]


def test_fixture_with_two_groups_of_one_name_changes_nothing(tmp_path, roles):
    group = {"model": "auth.group", "fields": {"name": "Ushers", "permissions": []}}
    path = tmp_path / "groups.json"
    path.write_text(json.dumps([group | {"pk": 98}, group | {"pk": 99}]))
    with pytest.raises(CommandError, match="Nothing was loaded"), transaction.atomic():
        call_command("loaddata", str(path), verbosity=0)
    assert set(Group.objects.values_list("name", flat=True)) == EVERYBODY
