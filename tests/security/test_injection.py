"""Texts that would be taken for something else: SQL, HTML, templates, paths, headers."""

import socket

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Show
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory
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


def everything():
    return [model.objects.count() for model in (get_user_model(), Movie, Show, Seat, Booking)]


# --- SQL -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("text", SQL)
def test_no_text_is_sql_in_the_api(as_alice, as_staff, show, booking, text):
    before = everything()
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
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize("text", SQL)
def test_a_text_that_is_kept_comes_back_as_it_was(as_staff, as_alice, show, text):
    assert as_staff.patch(f"/movies/{show.movie_id}/", {"title": text}).json()["title"] == text
    assert as_staff.patch(f"/shows/{show.pk}/", {"screen_name": text}).json()["screen_name"] == text
    headers = {"Idempotency-Key": text}
    sold = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=headers)
    assert sold.json()["show"]["screen_name"] == text
    again = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=headers)
    assert again.json() == sold.json()
    assert Booking.objects.get().idempotency_key == text


@pytest.mark.django_db
def test_a_search_finds_what_has_the_text_and_nothing_else(anyone):
    for title in ("100% Wolf", "100 Wolves", "A_B", "AxB"):
        MovieFactory(title=title)
    for text, found in (("100%", 1), ("A_B", 1), ("%", 1), ("' OR '1'='1", 0)):
        assert anyone.get("/movies/", {"search": text}).json()["count"] == found


@pytest.mark.django_db
@pytest.mark.parametrize("label", SEARCHABLE_MODELS)
def test_no_text_is_sql_in_the_admin(admin_client, booking, label):
    path = reverse(f"admin:{label.replace('.', '_')}_changelist")
    before = everything()
    for text in SQL:
        assert admin_client.get(path, {"q": text}).status_code == 200
        for query in ({"o": text}, {"p": text}, {"id__exact": text}, {"status__exact": text}):
            assert admin_client.get(path, query).status_code in {200, 302, 400}
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["year", "month", "day", "gte", "exact"])
@pytest.mark.parametrize("value", ["0", "-1", "99", "9" * 14, "9" * 4000, "x", "\u0661", "\x00"])
def test_no_date_is_too_strange_for_the_admin(admin_client, part, value):
    lists = {"shows_show": "date_time", "seats_hall": "date_time", "seats_booking": "show__date_time"}
    for page, lookup in lists.items():
        path = reverse(f"admin:{page}_changelist")
        assert admin_client.get(path, {f"{lookup}__{part}": value}).status_code in {200, 302, 400}


@pytest.mark.django_db
def test_no_filter_of_the_admin_reads_what_it_does_not_show(admin_client, booking):
    """Letter by letter a password's hash would come out."""
    path = reverse("admin:seats_booking_changelist")
    for lookup in ("user__password__startswith", "user__password__regex", "user__outstandingtoken__token"):
        assert admin_client.get(path, {lookup: "a"}).status_code == 400


# --- HTML and templates ----------------------------------------------------------------


@pytest.mark.django_db
def test_no_name_is_html_or_a_template_in_the_admin(admin_client):
    name = HTML[:60]
    show = ShowFactory(movie__title=HTML, screen_name=name)
    user = UserFactory(username=HTML, email=f'"{HTML}"@a.example', first_name=name)
    BookingFactory(user=user, show=show)
    Seat.objects.filter(show=show).update(label=HTML, row=name, category=HTML, guid=HTML)
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
    said = 0
    for page in pages:
        assert page.status_code == 200
        html = page.content.decode()
        assert "<img src=x" not in html
        assert "alert(1)</script>" not in html
        assert "36863" not in html
        said += "&lt;img src=x" in html
    assert said > 8


@pytest.mark.django_db
def test_the_api_says_names_as_json_that_no_browser_takes_for_a_page(as_staff, show):
    as_staff.patch(f"/movies/{show.movie_id}/", {"title": HTML})
    for path in ("/movies/", f"/shows/{show.pk}/seats/", f"/movies/{HTML}/", f"/movies/?page={HTML}"):
        response = as_staff.get(path, headers={"Accept": "text/html"})
        assert response["Content-Type"] in {"application/json", "application/problem+json"}
        assert response["X-Content-Type-Options"] == "nosniff"


# --- Paths and headers -------------------------------------------------------------------


def raw(server, request):
    """What the real server sends back to these bytes, until it closes or says no more."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        connection.settimeout(1.5)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


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
def test_no_path_leads_to_a_file_of_ours(server, path):
    answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'"code": "not_found"' in answer


@pytest.mark.django_db
@pytest.mark.parametrize("sign", ["\r\n", "\n", "%0d%0a", "\u2028", "\x00"])
def test_no_text_adds_a_header(anyone, as_alice, show, sign):
    evil = f"a{sign}Set-Cookie: evil=1"
    for response in (
        anyone.get("/movies/", {"search": evil}),
        anyone.get(f"/nope/{evil}"),
        anyone.get("/movies/", headers={"X-Request-ID": evil}),
        anyone.get("/movies/", headers={"Origin": f"https://app.example{sign}Set-Cookie: evil=1"}),
        anyone.get(f"/shows/{show.pk}/seats/", headers={"If-None-Match": f'"{evil}"'}),
        as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}, headers={"Idempotency-Key": evil}),
    ):
        assert not response.cookies
        assert "evil=1" not in str(response.headers)
