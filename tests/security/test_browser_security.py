"""Attacks through a user's browser: forged requests, cookies, injected scripts, other origins, redirects."""

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
from tests.security.operations import protected_operations, send
from tests.selection import first_by_default

pytestmark = pytest.mark.django_db


@pytest.fixture
def csrf_client(admin_user):
    """A superuser's browser. Unlike Django's usual test client, it gets CSRF checks."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    return client


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


# --- Cross-site request forgery ----------------------------------------------------------


def test_login_form_without_a_csrf_token_is_rejected(db):
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a", "password": "b"})
    assert_problem(response, 403, "csrf_failed")


def test_admin_forms_without_a_csrf_token_are_rejected(csrf_client, admin_user, show, booking):
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
        assert_problem(csrf_client.post(path, form), 403, "csrf_failed")
    assert Booking.objects.live().count() == Movie.objects.count() == SeatingPlan.objects.count() == 1
    assert not Seat.objects.filter(blocked=True).exists()
    assert csrf_client.get("/admin/").status_code == 200


def test_admin_form_with_a_csrf_token_is_accepted_from_the_same_origin_only(csrf_client, show):
    page = csrf_client.get(reverse("admin:seats_hall_change", args=[show.pk]))
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.content)[1].decode()
    form = {"act": "block", "seats": [1], "csrfmiddlewaretoken": token}
    path = reverse("admin:seats_hall_change", args=[show.pk])
    cross_origin = csrf_client.post(path, form, headers={"Origin": "https://evil.example"})
    assert_problem(cross_origin, 403, "csrf_failed")
    assert csrf_client.post(path, form).status_code == 302
    assert Seat.objects.get(blocked=True).number == 1


def test_get_requests_change_nothing_in_the_admin(admin_client, show, booking):
    """A GET request needs no CSRF token. Any page can send one, for example as the URL of an image."""
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


@pytest.mark.parametrize("operation", protected_operations(), ids=str)
def test_admin_session_does_not_authenticate_in_the_api(admin_client, anyone, show, booking, operation):
    """The API has no CSRF tokens, so a cookie must not be enough."""
    anyone.cookies = admin_client.cookies
    assert_problem(send(anyone, operation, show, booking=booking.pk), 401, "not_authenticated")


# --- Cookies -----------------------------------------------------------------------------


def log_in(client):
    get_user_model().objects.create_user("root", password="plum-tart-42", is_staff=True, is_superuser=True)
    client.get("/admin/login/")
    response = client.post("/admin/login/", {"username": "root", "password": "plum-tart-42"})
    assert response.status_code == 302
    return response


def test_cookies_are_httponly_and_samesite(client):
    cookies = log_in(client).cookies
    assert {"sessionid", "csrftoken"} <= set(client.cookies)
    for cookie in cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


@pytest.mark.slow
def test_https_setting_turns_on_secure_cookies_redirect_and_hsts():
    script = (
        "from django.conf import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS)"
    )
    shell = ("shell", "--no-imports", "-c", script)
    assert manage(*shell, SECRET_KEY=KEY).stdout.split() == ["True", "True", "True", "31536000"]
    assert manage(*shell, SECRET_KEY=KEY, HTTPS="off").stdout.split() == ["False", "False", "False", "0"]


@pytest.mark.parametrize(
    ("value", "header"),
    first_by_default(
        [
            ("", "max-age=31536000"),
            ("host", "max-age=31536000"),
            ("subdomains", "max-age=31536000; includeSubDomains"),
            ("preload", "max-age=31536000; includeSubDomains; preload"),
        ]
    ),
)
def test_hsts_covers_subdomains_and_preload_lists_only_if_the_operator_says_so(value, header):
    script = (
        "from django.test import Client; "
        "print(Client().get('/livez', secure=True)['Strict-Transport-Security'])"
    )
    environment = {"SECRET_KEY": KEY, "HSTS": value, "ALLOWED_HOSTS": "testserver"}
    result = manage("shell", "--no-imports", "-c", script, **environment)
    assert result.stdout.strip() == header, result.stderr


def test_login_creates_a_new_session_and_logout_deletes_it(client):
    client.cookies["sessionid"] = "x" * 32
    log_in(client)
    assert client.cookies["sessionid"].value != "x" * 32
    session = client.session.session_key
    client.post("/admin/login/", {"username": "root", "password": "plum-tart-42"})
    assert client.get("/admin/").status_code == 200
    client.post("/admin/logout/")
    client.cookies["sessionid"] = session
    assert client.get("/admin/").status_code == 302


def test_changed_password_ends_sessions(client):
    log_in(client)
    root = get_user_model().objects.get()
    root.set_password("another-tart-43")
    root.save()
    assert client.get("/admin/").status_code == 302


# --- Injected scripts --------------------------------------------------------------------


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


def test_no_page_allows_inline_scripts_or_other_origins(admin_client, pages):
    for path in pages:
        response = admin_client.get(path)
        assert response["Content-Type"].startswith("text/html"), path
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert policy.get("script-src", policy["default-src"]) == "'self'", path
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        # Only Swagger and Redoc need inline styles.
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
def test_responses_that_other_pages_can_embed_do_not_depend_on_the_user(client, admin_client, path):
    """A page of another origin cannot read a response, but it can run it as a script and see the effects."""
    anonymous, authenticated = client.get(path), admin_client.get(path)
    assert authenticated.content == anonymous.content
    assert not authenticated.cookies


def test_scripts_of_the_page_never_create_html_from_text():
    """They insert names of movies and users as text nodes."""
    from tests.web.test_page import SCRIPTS

    risky = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc")
    for script in SCRIPTS:
        assert not risky.search(script.read_text()), script.name


# --- Other origins -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://app.example", "https://app.example.evil"]
)
@pytest.mark.parametrize("path", ["/movies/", "/my-bookings/", "/admin/login/", "/nope"])
def test_cors_headers_are_not_sent_to_unknown_origins(client, origin, path):
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for response in (
        client.get(path, headers={"Origin": origin}),
        client.options(path, headers={"Origin": origin} | preflight),
    ):
        assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize("path", ["/movies/", "/my-bookings/", "/admin/login/", "/nope"])
def test_cors_never_allows_credentials(client, path):
    response = client.get(path, headers={"Origin": "https://app.example"})
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.slow
def test_no_origin_is_allowed_by_default():
    script = "from django.conf import settings as s; print(s.CORS_ALLOWED_ORIGINS, s.CSRF_TRUSTED_ORIGINS)"
    assert manage("shell", "--no-imports", "-c", script, SECRET_KEY=KEY).stdout.strip() == "[] []"


# --- Redirects to other hosts ------------------------------------------------------------

EXTERNAL_URLS = [
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("http:evil.example", "javascript:alert(1)", "https:/evil.example", " https://evil.example", "/%0d%0aA:b"),
]


@pytest.mark.parametrize("next_page", EXTERNAL_URLS)
def test_login_does_not_redirect_to_another_host(client, next_page):
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
def test_no_path_redirects_to_another_host(client, settings, path, secure):
    settings.SECURE_SSL_REDIRECT = True
    # PATH_INFO, because the test client would take a path that starts with two slashes for a host.
    response = client.generic("GET", "/", secure=secure, PATH_INFO=path)
    assert response.status_code in {301, 302, 404}
    if "Location" in response:
        assert re.match(r"https://testserver/|/admin/login/\?next=/admin/", response["Location"])
