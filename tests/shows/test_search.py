"""Search ignores letter case, composition and width, and takes wildcards literally, on both databases."""

import json
from unicodedata import normalize

import pytest
from django.core.management import call_command
from django.urls import reverse

from cinema.seats.models import SeatingPlan
from cinema.shows.models import Movie, Show
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db

# Pairs of a stored text and another spelling of it.
SPELLINGS = [
    ("\u00c9t\u00e9", "\u00e9t\u00e9"),
    ("\u00c9t\u00e9", "\u00c9T\u00c9"),
    ("\u00c9t\u00e9", "e\u0301te\u0301"),
    ("E\u0301te\u0301", "\u00c9T\u00c9"),
    ("Stra\u00dfe", "STRASSE"),
    ("STRASSE", "stra\u00dfe"),
    ("Saal\u00a01", "SAAL"),
    ("\uff33\uff41\uff41\uff4c", "saal"),
    ("Saal", "\uff53\uff41\uff41\uff4c"),
    ("\u039f\u03b4\u03cc\u03c2", "\u03bf\u03b4\u03cc\u03c3"),
    ("\u041c\u043e\u0441\u043a\u0432\u0430", "\u043c\u041e\u0421\u041a\u0412\u0410"),
    ("100%_\\", "100%_\\"),
]
DIFFERENT = [("i", "\u0131"), ("\u00c9t\u00e9", "ete"), ("100 Wolves", "100%"), ("AxB", "a_b"), ("a", "\\")]


def found(client, text):
    return [movie["title"] for movie in client.get("/movies/", {"search": text}).json()["results"]]


def found_in_admin(client, page, text):
    return client.get(reverse(f"admin:{page}_changelist"), {"q": text}).context["cl"].result_count


@pytest.mark.parametrize(("title", "text"), SPELLINGS)
def test_search_finds_a_title_in_any_spelling(anyone, title, text):
    MovieFactory(title="Other")
    MovieFactory(title=f"The {title} 2")
    assert found(anyone, text) == [f"The {title} 2"]


@pytest.mark.parametrize(("title", "text"), DIFFERENT)
def test_search_does_not_find_other_letters_or_patterns(anyone, title, text):
    MovieFactory(title=title)
    assert found(anyone, text) == []


@pytest.mark.parametrize(("name", "text"), SPELLINGS)
def test_admin_search_finds_every_kind_of_text_in_any_spelling(admin_client, name, text):
    show = ShowFactory(movie__title=f"{name} 2", screen_name=f"{name} 3")
    BookingFactory(show=show, user=UserFactory(first_name=name, email="a@b.example"))
    SeatingPlan.objects.create(screen_name=f"{name} 4", plan="A | ....")
    ShowFactory(movie__title="Other", screen_name="Another")
    UserFactory()
    for page in ("shows_movie", "shows_show", "seats_hall", "seats_booking", "seats_seatingplan", "auth_user"):
        assert found_in_admin(admin_client, page, text) == 1, page
    field = {"app_label": "shows", "model_name": "show", "field_name": "movie"}
    assert len(admin_client.get("/admin/autocomplete/", {"term": text, **field}).json()["results"]) == 1


def test_admin_finds_users_and_their_bookings_by_name_and_email(admin_client, show):
    user = UserFactory(username="Zo\u00eb", email="ZOE@mail.example", last_name="M\u00fcller")
    BookingFactory(show=show, user=user)
    for text in ("ZO\u00cb", "zoe@MAIL", "M\u00dcLLER zoe\u0308"):
        assert found_in_admin(admin_client, "auth_user", text) == 1
    assert found_in_admin(admin_client, "seats_booking", "ZO\u00cb") == 1


def test_changed_title_and_screen_are_found_and_the_old_ones_are_not(as_staff, admin_client, anyone, show):
    for title in ("\u00c4rger", "\u00d6l"):
        as_staff.patch(f"/movies/{show.movie_id}/", {"title": title})
        as_staff.patch(f"/shows/{show.pk}/", {"screen_name": f"{title}-Saal"})
    assert found(anyone, "\u00f6L") == ["\u00d6l"]
    assert found(anyone, "\u00e4rger") == []
    assert found_in_admin(admin_client, "shows_show", "\u00f6L-SAAL") == 1


def test_movies_of_a_fixture_and_of_a_bulk_insert_are_found(anyone, admin_client, tmp_path):
    movie = {"model": "shows.movie", "pk": 900, "fields": {"title": "\u00c9clair", "duration_minutes": 90}}
    screen = {"movie": 900, "screen_name": "S\u00e9v", "date_time": "+1d 18:00", "total_seats": 3}
    show = {"model": "shows.show", "pk": 900, "fields": screen}
    path = tmp_path / "movies.json"
    path.write_text(json.dumps([movie, show]))
    call_command("loaddata", str(path), verbosity=0)
    Movie.objects.bulk_create([Movie(title=normalize("NFD", "\u00c9toile"), duration_minutes=90)])
    assert found(anyone, "\u00e9CLAIR") == ["\u00c9clair"]
    assert len(found(anyone, "\u00e9TOILE")) == 1
    assert found_in_admin(admin_client, "shows_show", "S\u00c9V") == 1


def test_dump_contains_no_folded_text(tmp_path, show):
    call_command("dumpdata", "shows", output=str(tmp_path / "dump.json"), verbosity=0)
    assert "folded" not in (tmp_path / "dump.json").read_text()


@pytest.mark.django_db(transaction=True)
def test_migrate_follows_rows_that_older_code_changed(anyone, admin_client):
    """One of the two shows on a screen may be outdated alone."""
    show = ShowFactory(movie__title="Before", screen_name="S\u00e9v")
    other = ShowFactory(movie=show.movie, screen_name="Old")
    plan = SeatingPlan.objects.create(screen_name="Old", plan="A | ....")
    Movie.objects.update(title="\u00c9clair")
    Show.objects.filter(pk=other.pk).update(screen_name="S\u00e9v")
    SeatingPlan.objects.filter(pk=plan.pk).update(screen_name="S\u00e9v")
    call_command("migrate", verbosity=0)
    assert found(anyone, "\u00e9CLAIR") == ["\u00c9clair"]
    assert found(anyone, "before") == []
    assert found_in_admin(admin_client, "shows_show", "S\u00c9V") == 2
    assert found_in_admin(admin_client, "seats_seatingplan", "S\u00c9V") == 1
    assert found_in_admin(admin_client, "shows_show", "OLD") == 0


@pytest.mark.django_db(transaction=True)
def test_migrate_fills_rows_that_older_code_inserted(anyone, admin_client):
    show = ShowFactory(movie__title="\u00c9clair", screen_name="S\u00e9v")
    Movie.objects.update(title_folded="")
    Show.objects.update(screen_folded="")
    assert found(anyone, "\u00e9CLAIR") == []
    call_command("migrate", verbosity=0)
    assert found(anyone, "\u00e9CLAIR") == [show.movie.title]
    assert found_in_admin(admin_client, "shows_show", "S\u00c9V") == 1
