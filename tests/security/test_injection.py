"""Texts are never interpreted as SQL, HTML, templates, file paths or headers."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory
from tests.hostile.raw_http import build_request, outcome
from tests.test_admin_site import SEARCHABLE_MODELS

SQL = [
    *("'", "''", '"', "\\", "%", "_", "' OR '1'='1", "' OR 1=1 --", "1); DROP TABLE seats_seat; --", "%' --"),
    *(
        "'; DELETE FROM auth_user; --",
        "a' UNION SELECT password FROM auth_user --",
        "{}",
        "%s",
        "%(user)s",
        "$1",
    ),
]
HTML = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>{{191*193}}{% debug %}${191*193}"


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


def row_counts():
    return [model.objects.count() for model in (get_user_model(), Movie, Show, Seat, Booking)]


# --- SQL -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("text", SQL)
def test_api_never_interprets_text_as_sql(as_alice, as_staff, show, booking, text):
    before = row_counts()
    assert as_alice.get("/movies/", {"search": text}).status_code == 200
    for path, query in (
        ("/movies/", {"page": text}),
        ("/movies/", {"ordering": text}),
        (f"/movies/{show.movie_id}/shows/", {"upcoming": text}),
        ("/my-bookings/", {"status": text}),
        (f"/shows/{show.pk}/events/", {"since": text}),
    ):
        assert as_alice.get(path, query).status_code in {200, 400, 404}
    assert as_alice.post("/login", {"username": text, "password": text}).status_code in {400, 401}
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": text}).status_code == 400
    hold = {"best": 1, "category": text}
    assert as_alice.put(f"/shows/{show.pk}/hold/", hold, format="json").status_code in {400, 409}
    assert row_counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize("text", SQL)
def test_stored_text_is_returned_unchanged(as_staff, as_alice, show, text):
    assert as_staff.patch(f"/movies/{show.movie_id}/", {"title": text}).json()["title"] == text
    assert as_staff.patch(f"/shows/{show.pk}/", {"screen_name": text}).json()["screen_name"] == text
    headers = {"Idempotency-Key": text}
    first = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=headers)
    assert first.json()["show"]["screen_name"] == text
    again = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=headers)
    assert again.json() == first.json()
    assert Booking.objects.get().idempotency_key == text


@pytest.mark.django_db
def test_search_takes_wildcards_literally(anyone):
    for title in ("100% Wolf", "100 Wolves", "A_B", "AxB"):
        MovieFactory(title=title)
    for text, count in (("100%", 1), ("A_B", 1), ("%", 1), ("' OR '1'='1", 0)):
        assert anyone.get("/movies/", {"search": text}).json()["count"] == count


@pytest.mark.django_db
@pytest.mark.scaled
@pytest.mark.parametrize("label", SEARCHABLE_MODELS)
def test_admin_never_interprets_text_as_sql(admin_client, booking, label, full_size):
    path = reverse(f"admin:{label.replace('.', '_')}_changelist")
    before = row_counts()
    for text in SQL if full_size else SQL[::5]:
        assert admin_client.get(path, {"q": text}).status_code == 200
        for query in ({"o": text}, {"p": text}, {"id__exact": text}, {"status__exact": text}):
            assert admin_client.get(path, query).status_code in {200, 302, 400}
    assert row_counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["year", "month", "day", "gte", "exact"])
@pytest.mark.parametrize("value", ["0", "-1", "99", "9" * 14, "9" * 4000, "x", "\u0661", "\x00"])
def test_admin_date_filters_survive_invalid_values(admin_client, part, value):
    lists = {"shows_show": "date_time", "seats_hall": "date_time", "seats_booking": "show__date_time"}
    for page, lookup in lists.items():
        path = reverse(f"admin:{page}_changelist")
        assert admin_client.get(path, {f"{lookup}__{part}": value}).status_code in {200, 302, 400}


@pytest.mark.django_db
def test_admin_rejects_filters_on_passwords_and_tokens(admin_client, booking):
    """Repeated filters with growing prefixes would reveal a password's hash."""
    path = reverse("admin:seats_booking_changelist")
    for lookup in ("user__password__startswith", "user__password__regex", "user__outstandingtoken__token"):
        assert admin_client.get(path, {lookup: "a"}).status_code == 400


# --- HTML and templates ----------------------------------------------------------------


@pytest.mark.django_db
def test_admin_escapes_names(admin_client):
    name = HTML[:60]
    show = ShowFactory(movie__title=HTML, screen_name=name)
    user = UserFactory(username=HTML, email=f'"{HTML}"@a.example', first_name=name)
    BookingFactory(user=user, show=show)
    Seat.objects.filter(show=show).update(row=name, category=HTML, guid=HTML)
    Seat.objects.filter(show=show, number=1).update(label=HTML)
    Booking.objects.update(sold_label=HTML)
    Seat.objects.filter(show=show, number=3).update(blocked=True, block_reason=HTML)
    SeatingPlan.objects.create(
        screen_name=name,
        plan={
            "name": HTML,
            "categories": [{"name": HTML, "color": "red"}],
            "zones": [
                {
                    "name": HTML,
                    "rows": [{"row_number": name, "seats": [{"seat_guid": HTML, "seat_number": name}]}],
                }
            ],
        },
    )
    hall = reverse("admin:seats_hall_change", args=[show.pk])
    pages = [
        admin_client.get(path)
        for path in (
            *(reverse(f"admin:{label.replace('.', '_')}_changelist") for label in SEARCHABLE_MODELS),
            hall,
            reverse("admin:shows_movie_change", args=[show.movie_id]),
            reverse("admin:shows_show_change", args=[show.pk]),
            reverse("admin:shows_show_delete", args=[show.pk]),
            reverse("admin:seats_seatingplan_change", args=[SeatingPlan.objects.get().pk]),
            reverse("admin:seats_booking_change", args=[Booking.objects.get().pk]),
            reverse("admin:auth_user_change", args=[user.pk]),
            reverse("admin:shows_show_week"),
        )
    ]
    pages.append(admin_client.post(hall, {"act": "cancel", "seats": ["1"]}))
    pages_with_name = 0
    for page in pages:
        assert page.status_code == 200
        html = page.content.decode()
        assert "<img src=x" not in html
        assert "alert(1)</script>" not in html
        assert "36863" not in html  # 191 * 193, evaluated by a template
        pages_with_name += "&lt;img src=x" in html
    assert pages_with_name > 8


@pytest.mark.django_db
def test_api_responses_are_json_with_nosniff_even_if_html_is_accepted(as_staff, show):
    as_staff.patch(f"/movies/{show.movie_id}/", {"title": HTML})
    for path in ("/movies/", f"/shows/{show.pk}/seats/"):
        response = as_staff.get(path, headers={"Accept": "text/html"})
        assert response["Content-Type"] == "application/json"
        assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_error_pages_do_not_contain_the_request(anyone):
    for path in (f"/movies/{HTML}/", f"/movies/?page={HTML}"):
        response = anyone.get(path, headers={"Accept": "text/html"})
        assert response["Content-Type"] == "text/html; charset=utf-8"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "alert" not in response.content.decode()


# --- Paths and headers -------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path",
    [
        *(
            "/static/../manage.py",
            "/static/%2e%2e/manage.py",
            "/static/..%2f..%2fmanage.py",
            "/static//etc/passwd",
        ),
        *(
            "/static/..%5c..%5cmanage.py",
            "/static/%2fetc%2fpasswd",
            "/static/web/..%00/page.css",
            "/static/web/",
        ),
        *(
            "/../../../../etc/passwd",
            "/static/web/../../../../.env",
            "/.env",
            "/static/.env",
            "/db.sqlite3",
            "/.git/HEAD",
        ),
    ],
)
def test_paths_outside_of_static_files_are_not_found(server, path):
    assert outcome(server.port, build_request(f"GET {path}")) == "404 not_found"


@pytest.mark.django_db
@pytest.mark.parametrize("separator", ["\r\n", "\n", "%0d%0a", "\u2028", "\x00"])
def test_text_never_adds_a_response_header(anyone, as_alice, show, separator):
    evil = f"a{separator}Set-Cookie: evil=1"
    for response in (
        anyone.get("/movies/", {"search": evil}),
        anyone.get(f"/nope/{evil}"),
        anyone.get("/movies/", headers={"X-Request-ID": evil}),
        anyone.get("/movies/", headers={"Origin": f"https://app.example{separator}Set-Cookie: evil=1"}),
        anyone.get(f"/shows/{show.pk}/seats/", headers={"If-None-Match": f'"{evil}"'}),
        as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers={"Idempotency-Key": evil}),
    ):
        assert not response.cookies
        assert "evil=1" not in str(response.headers)
