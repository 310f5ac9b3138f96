"""What a page of somebody else's can make a visitor's browser do."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.shows.models import Movie
from tests.assertions import assert_problem
from tests.factories import BookingFactory
from tests.middleware.test_security_headers import KEY, manage
from tests.security.calls import closed, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict(admin_user):
    """A superuser's browser, with the checks that Django's test client leaves out."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    return client


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


# --- Requests that a page of others sends along with a visitor's cookies -----------------


def test_no_form_of_another_page_logs_in(db):
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert_problem(response, 403, "csrf_failed")


def test_no_form_of_another_page_does_anything_in_the_admin(strict, admin_user, show, booking):
    SeatingPlan.objects.create(screen_name="A", plan="A | ..")
    hall = reverse("admin:seats_hall_change", args=[show.pk])
    forms = {
        reverse("admin:shows_movie_add"): {"title": "B", "duration_minutes": 1},
        reverse("admin:shows_show_delete", args=[show.pk]): {"post": "yes"},
        reverse("admin:shows_show_week"): {"movie": show.movie_id},
        reverse("admin:seats_booking_changelist"): {"action": "cancel", "_selected_action": booking.pk},
        reverse("admin:seats_seatingplan_changelist"): {"action": "relayout", "_selected_action": "A"},
        reverse("admin:seats_seatingplan_add"): {"screen_name": "B", "plan": "A | .."},
        reverse("admin:auth_user_password_change", args=[admin_user.pk]): {"password1": "x", "password2": "x"},
        reverse("admin:password_change"): {"old_password": "password"},
        reverse("admin:logout"): {},
        hall: {"act": "block", "seats": [1]},
        f"{hall}?": {"act": "cancel_listed", "bookings": [booking.pk]},
    }
    for path, form in forms.items():
        assert_problem(strict.post(path, form), 403, "csrf_failed")
    assert Booking.objects.live().count() == Movie.objects.count() == SeatingPlan.objects.count() == 1
    assert not Seat.objects.filter(blocked=True).exists()
    assert strict.get("/admin/").status_code == 200


def test_a_form_of_our_own_page_does(strict, show):
    page = strict.get(reverse("admin:seats_hall_change", args=[show.pk]))
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.content)[1].decode()
    form = {"act": "block", "seats": [1], "csrfmiddlewaretoken": token}
    path = reverse("admin:seats_hall_change", args=[show.pk])
    assert_problem(strict.post(path, form, headers={"Origin": "https://evil.example"}), 403, "csrf_failed")
    assert strict.post(path, form).status_code == 302
    assert Seat.objects.get(blocked=True).number == 1


def test_nothing_in_the_admin_is_done_by_looking(admin_client, show, booking):
    """A link, or a picture's address, is all that it would take."""
    hall = reverse("admin:seats_hall_change", args=[show.pk])
    for path in (
        f"{hall}?act=block&seats=1",
        f"{hall}?act=cancel_listed&bookings={booking.pk}",
        f"{reverse('admin:seats_booking_changelist')}?action=cancel&_selected_action={booking.pk}",
        f"{reverse('admin:shows_show_delete', args=[show.pk])}?post=yes",
        f"{reverse('admin:shows_show_week')}?movie={show.movie_id}",
    ):
        admin_client.get(path)
    assert admin_client.get("/admin/logout/").status_code == 405
    assert Booking.objects.live().count() == 1
    assert not Seat.objects.filter(blocked=True).exists()


@pytest.mark.parametrize("call", closed(), ids=str)
def test_the_cookie_of_the_admin_opens_nothing_of_the_api(admin_client, anyone, show, booking, call):
    """So that no page of others can use it."""
    anyone.cookies = admin_client.cookies
    assert_problem(send(anyone, call, show, booking=booking.pk), 401, "not_authenticated")


# --- Cookies -----------------------------------------------------------------------------


def log_in(client):
    get_user_model().objects.create_user("root", password="plum-tart-42", is_staff=True, is_superuser=True)
    client.get("/admin/login/")
    response = client.post("/admin/login/", {"username": "root", "password": "plum-tart-42"})
    assert response.status_code == 302
    return response


def test_cookies_are_read_by_no_script_and_sent_along_by_no_other_page(client):
    cookies = log_in(client).cookies
    assert {"sessionid", "csrftoken"} <= set(client.cookies)
    for cookie in cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_with_https_cookies_travel_by_nothing_else_and_browsers_remember_it():
    script = (
        "from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS)"
    )
    shell = ("shell", "--no-imports", "-c", script)
    assert manage(*shell, SECRET_KEY=KEY).stdout.split() == ["True", "True", "True", "31536000"]
    assert manage(*shell, SECRET_KEY=KEY, HTTPS="off").stdout.split() == ["False", "False", "False", "0"]


def test_with_https_every_answer_says_so(client, settings):
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    response = client.get("/movies/", secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_session_is_a_new_one_after_logging_in(client):
    client.cookies["sessionid"] = "x" * 32
    log_in(client)
    assert client.cookies["sessionid"].value != "x" * 32
    session = client.session.session_key
    client.post("/admin/login/", {"username": "root", "password": "plum-tart-42"})
    assert client.get("/admin/").status_code == 200
    client.post("/admin/logout/")
    client.cookies["sessionid"] = session
    assert client.get("/admin/").status_code == 302


def test_a_changed_password_ends_the_other_sessions(client):
    log_in(client)
    root = get_user_model().objects.get()
    root.set_password("another-tart-43")
    root.save()
    assert client.get("/admin/").status_code == 302


# --- Pages -------------------------------------------------------------------------------


@pytest.fixture
def pages(show, booking):
    SeatingPlan.objects.create(screen_name="A", plan="A | ..")
    return {
        "/",
        "/swagger/",
        "/redoc/",
        "/admin/login/",
        "/admin/",
        reverse("admin:shows_show_changelist"),
        reverse("admin:shows_show_change", args=[show.pk]),
        reverse("admin:shows_show_week"),
        reverse("admin:shows_show_delete", args=[show.pk]),
        reverse("admin:seats_hall_change", args=[show.pk]),
        reverse("admin:seats_seatingplan_change", args=["A"]),
        reverse("admin:seats_booking_change", args=[booking.pk]),
        reverse("admin:auth_user_change", args=[booking.user_id]),
    }


def test_no_page_runs_a_script_that_is_inside_it_or_from_elsewhere(admin_client, pages):
    for path in pages:
        response = admin_client.get(path)
        assert response["Content-Type"].startswith("text/html"), path
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert policy.get("script-src", policy["default-src"]) == "'self'", path
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        # Swagger and Redoc bring styles along; nothing else does.
        assert ("unsafe" in str(policy)) == (path in {"/swagger/", "/redoc/"})
        html = response.content.decode()
        assert not re.search(
            r"<script(?![^>]*\ssrc=)(?![^>]*application/json)|\son\w+\s*=|javascript:", html
        ), path
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/swagger/?script=", "/redoc/redoc.js", "/schema/", "/"])
def test_what_any_page_may_load_has_nothing_of_the_visitors_in_it(client, admin_client, path):
    """A page of others can't read an answer, but can run a script, and see what it says."""
    plain, visitors = client.get(path), admin_client.get(path)
    assert visitors.content == plain.content
    assert not visitors.cookies


def test_no_script_of_the_page_writes_html():
    """Names come into it as text only."""
    from tests.web.test_page import SCRIPTS

    risky = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc")
    for script in SCRIPTS:
        assert not risky.search(script.read_text()), script.name


# --- Other origins -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://app.example", "https://app.example.evil"]
)
@pytest.mark.parametrize("path", ["/movies/", "/my-bookings/", "/admin/login/", "/nope"])
def test_no_other_origin_reads_an_answer(client, origin, path):
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for response in (
        client.get(path, headers={"Origin": origin}),
        client.options(path, headers={"Origin": origin} | preflight),
    ):
        assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("path", ["/movies/", "/my-bookings/", "/admin/login/", "/nope"])
def test_no_origin_at_all_gets_the_visitors_cookies_along(client, path):
    response = client.get(path, headers={"Origin": "https://app.example"})
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Credentials" not in response


def test_by_default_no_origin_is_named():
    script = "from django.conf import settings as s; print(s.CORS_ALLOWED_ORIGINS, s.CSRF_TRUSTED_ORIGINS)"
    assert manage("shell", "--no-imports", "-c", script, SECRET_KEY=KEY).stdout.strip() == "[] []"


# --- Links that lead elsewhere -----------------------------------------------------------

ELSEWHERE = [
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("http:evil.example", "javascript:alert(1)", "https:/evil.example", " https://evil.example", "/%0d%0aA:b"),
]


@pytest.mark.parametrize("next_page", ELSEWHERE)
def test_logging_in_leads_to_no_other_host(client, next_page):
    get_user_model().objects.create_user("root", password="plum-tart-42", is_staff=True)
    form = {"username": "root", "password": "plum-tart-42", "next": next_page}
    response = client.post("/admin/login/", form)
    assert response.status_code == 302
    assert re.fullmatch(r"/(?![/\\]).*", response["Location"])
    assert "\n" not in response["Location"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/",
        "//evil.example/movies",
        "/movies//evil.example",
        "/admin//evil.example/",
        "/%2fevil.example",
    ],
)
@pytest.mark.parametrize("secure", [True, False])
def test_no_path_leads_to_another_host(client, settings, path, secure):
    settings.SECURE_SSL_REDIRECT = True
    # The test client takes what follows two slashes for a host; the path is what counts here.
    response = client.generic("GET", "/", secure=secure, PATH_INFO=path)
    assert response.status_code in {301, 302, 404}
    if "Location" in response:
        assert re.match(r"https://testserver/|/admin/login/\?next=/admin/", response["Location"])
