"""The admin answers a value that Django or the database cannot use with a page, never with 500."""

import pytest
from django.contrib import admin
from django.db import ProgrammingError
from django.urls import reverse

from cinema.seats.models import SeatingPlan
from tests.assertions import assert_problem
from tests.factories import BookingFactory
from tests.seats.plan_samples import PLAN

# Like requests, these tests have no transaction around them: on PostgreSQL, an error would end it.
pytestmark = pytest.mark.django_db(transaction=True)

HUGE = "9" * 20
# In the default selection of tests, and in a full run.
VALUES_BY_DEFAULT, VALUES = [HUGE, "x"], [HUGE, f"-{HUGE}", str(2**31), "nan", "x", "", "²"]
MODELS = sorted(model._meta.label_lower.replace(".", "_") for model in admin.site._registry)
FILTERS = {
    "seats_booking": ["user__id", "show__id__exact", "show__date_time__year", "seat_number__in", "status"],
    "seats_hall": ["date_time__year", "date_time__gte", "movie__id__in"],
    "shows_show": ["date_time__year", "date_time__month", "date_time__day", "movie__id__in", "total_seats"],
    "shows_movie": ["duration_minutes__in"],
    "auth_user": ["groups__id__exact", "is_active__exact"],
}


@pytest.fixture
def statuses(admin_client, alice, show, full_size):
    """Sends a request with each value, and returns the values that were answered with a 5xx."""
    BookingFactory(user=alice, show=show)
    SeatingPlan.objects.create(screen_name=HUGE, plan=PLAN)
    admin_client.raise_request_exception = False

    def failures(send):
        values = VALUES if full_size else VALUES_BY_DEFAULT
        return [value for value in values if send(value).status_code >= 500]

    return failures


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.scaled
def test_filter_of_a_list_can_have_any_value(admin_client, statuses, model):
    page = reverse(f"admin:{model}_changelist")
    names = ["p", "o", "all", "pk", "pk__in", "pk__range", "pk__gt", "_to_field", *FILTERS.get(model, [])]
    for name in names:
        assert statuses(lambda value, name=name: admin_client.get(page, {name: value})) == [], name


@pytest.mark.parametrize("part", ["change", "delete", "history"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.scaled
def test_id_in_an_address_can_have_any_value(admin_client, statuses, model, part):
    page = reverse(f"admin:{model}_changelist")
    assert statuses(lambda value: admin_client.get(f"{page}{value}/{part}/")) == []


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.scaled
def test_selected_id_of_an_action_can_have_any_value(admin_client, statuses, model):
    page = reverse(f"admin:{model}_changelist")
    for action in ("delete_selected", "cancel", "relayout"):
        form = {"action": action, "post": "yes"}

        def send(value, form=form):
            return admin_client.post(page, form | {"_selected_action": value})

        assert statuses(send) == [], action


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.scaled
def test_initial_value_of_a_form_can_have_any_value(admin_client, statuses, model):
    page = f"/admin/{model.replace('_', '/', 1)}/add/" if "token" not in model else "/admin/"
    names = ("movie", "user", "groups", "user_permissions", "permissions", "total_seats", "date_time", "plan")
    assert statuses(lambda value: admin_client.get(page, dict.fromkeys(names, value))) == []


def test_invalid_value_is_a_bad_request(admin_client, show):
    problem = assert_problem(admin_client.get("/admin/shows/show/?pk__range=1"), 400, "bad_request")
    assert problem["detail"] == "The page cannot use a value in its address or form. Change it."


def test_value_beyond_64_bits_is_a_bad_request_or_finds_nothing(admin_client, show):
    response = admin_client.get("/admin/shows/show/", {"pk__in": HUGE})
    assert response.status_code == 400 or response.context["cl"].result_count == 0
    assert admin_client.get("/admin/shows/show/", {"pk__in": show.pk}).context["cl"].result_count == 1


def test_page_without_any_value_that_fails_is_still_an_error_of_the_server(admin_client, monkeypatch):
    def fail(*args):
        raise ValueError("a fault of ours")

    admin_client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.admin.ModelAdmin.get_queryset", fail)
    assert_problem(admin_client.get("/admin/seats/seatingplan/"), 500, "server_error")


def test_missing_table_is_still_an_error_of_the_server(admin_client, monkeypatch):
    """The database reports it with a SQLSTATE, the driver an invalid number of values without one."""

    def fail(*args):
        error = Exception("relation does not exist")
        error.sqlstate = "42P01"
        raise ProgrammingError("relation does not exist") from error

    admin_client.raise_request_exception = False
    monkeypatch.setattr("cinema.seats.admin.drawn_seats.drawing", fail)
    show = BookingFactory().show
    response = admin_client.get(reverse("admin:seats_hall_change", args=[show.pk]))
    assert_problem(response, 500, "server_error")
