"""The total of a show may be left out where its screen has a plan: in the API, the forms and fixtures."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from cinema.seats.models import SeatingPlan
from cinema.shows.models import Show
from tests.admin_forms import show_form
from tests.assertions import assert_consistent, assert_invalid
from tests.factories import MovieFactory
from tests.shows.evening import new_show

pytestmark = pytest.mark.django_db


def test_total_may_be_left_out_where_the_screen_has_a_plan(as_staff, admin_client, tmp_path):
    SeatingPlan.objects.create(screen_name="Studio", plan="A | ....")
    movie = MovieFactory()
    body = new_show(screen_name="studio")
    del body["total_seats"]
    assert as_staff.post(f"/movies/{movie.pk}/shows/", body).json()["total_seats"] == 4
    show = Show.objects.get()
    form = show_form(show, total_seats="", date_time_0="2040-01-02")
    assert admin_client.post(reverse("admin:shows_show_add"), form).status_code == 302
    fixture, pk = tmp_path / "f.json", show.pk + 2
    fixture.write_text(
        f'[{{"model": "shows.show", "pk": {pk}, "fields": {{"movie": {movie.pk}, "screen_name": "Studio",'
        ' "date_time": "2040-01-03T19:00:00Z"}}]'
    )
    call_command("loaddata", fixture, verbosity=0)
    assert [show.total_seats for show in Show.objects.all()] == [4, 4, 4]
    assert_consistent()


def test_total_is_required_where_the_screen_has_no_plan(add, admin_client, evening):
    body = new_show(200)
    del body["total_seats"]
    response = add(200, total_seats=None)
    assert_invalid(response, "total_seats")
    page = reverse("admin:shows_show_add")
    html = admin_client.post(
        page, show_form(evening, total_seats="", date_time_0="2040-01-02")
    ).content.decode()
    assert "Studio has no seating plan. Enter its number of seats." in html
    assert Show.objects.count() == 1
