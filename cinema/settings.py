"""Django's settings. There is only this one module.

Everything that differs between machines comes from environment variables. They are read here, once, and an
invalid value stops the start with an error. `manage.py` and `make run` read the `.env` file, too.
The documentation and `.env.example` list all variables; a test compares them with the code.
"""

import re
import sys
import tomllib
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from cinema.env import BASE_DIR, boolean, choice, email_settings, env, integer, rate, text, time_zone
from cinema.middleware.compression import static_file_headers
from cinema.monitoring.logging import logging_config
from cinema.monitoring.telemetry import require_package, start_sentry
from cinema.server.database import database_config
from cinema.web.brand import check_brand

# The only place that has the project's version is pyproject.toml.
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# --- Security -----------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY", "")
if len(SECRET_KEY.encode()) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY must be set and have at least 32 bytes. `make install` writes a new one to .env, "
        "which only manage.py and `make run` read."
    )
# Earlier keys. Tickets, sessions and links to reset a password that they signed stay valid.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [], subcast=str.strip)
if any(len(key.encode()) < 32 for key in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured("SECRET_KEY_FALLBACKS: Each key must have at least 32 bytes.")

DEBUG = boolean("DEBUG", default=False)
DEFAULT_EXCEPTION_REPORTER_FILTER = "cinema.monitoring.debug_filter.HideUrls"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], subcast=str.strip)
# On by default, so that a deployment cannot forget it. `make install` writes HTTPS=off to .env, for `make run`.
HTTPS = boolean("HTTPS", default=True)
if HTTPS and DEBUG:
    raise ImproperlyConfigured("DEBUG shows the code and its data to everybody. Use it only with HTTPS=off.")
# Mails with links that reset a password. Sets EMAIL_BACKEND, EMAIL_HOST and the like.
_mail = email_settings("EMAIL_URL")
globals().update(_mail)
# Tells the page whether to offer the reset. Visitors can't read the console of a server without EMAIL_URL.
PASSWORD_RESET = bool(env.str("EMAIL_URL", ""))
PASSWORD_RESET_TIMEOUT = 3600  # seconds
if "*" in ALLOWED_HOSTS and (HTTPS or "smtp" in _mail["EMAIL_BACKEND"]):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts, because with * each caller chooses the host of our links."
    )
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
HSTS = choice("HSTS", ("host", "subdomains", "preload"), default="host")
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS != "host"
SECURE_HSTS_PRELOAD = HSTS == "preload"
# Both depend on the other services of the domain, so the operator decides.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# The proxy that terminates TLS sets this header. Without HTTPS, clients could forge it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Load balancers and Prometheus call the node directly, over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^livez/?$", r"^readyz/?$", r"^metrics/?$"]
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "cinema.api.problems.csrf_failure"

# Origins of the pictures of movies, which the page may load.
POSTER_ORIGINS = env.list("POSTER_ORIGINS", [], subcast=str.strip)
for _origin in POSTER_ORIGINS:
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?", _origin):
        raise ImproperlyConfigured(f"POSTER_ORIGINS must be like https://posters.example, not {_origin!r}.")

_image_sources = ["'self'", "data:", *POSTER_ORIGINS]
# Sent with every response; the pages in `cinema/api/docs.py` extend it. Django 6.2 LTS can do this itself.
CONTENT_SECURITY_POLICY = (
    f"default-src 'self'; img-src {' '.join(_image_sources)}; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", [], subcast=str.strip)
for _origin in CORS_ALLOWED_ORIGINS:
    if not re.fullmatch(r"https?://[^/]+", _origin):
        raise ImproperlyConfigured(f"CORS_ALLOWED_ORIGINS must be like https://app.example, not {_origin!r}.")
CORS_ALLOW_HEADERS = [
    *("accept", "authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id")
]
CORS_EXPOSE_HEADERS = (
    "date",
    "etag",
    "idempotency-replayed",
    "retry-after",
    "www-authenticate",
    "x-request-id",
)
CORS_PREFLIGHT_MAX_AGE = 24 * 3600

# In bytes. The seating plan of an arena, sent to the admin, comes near this limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2560 * 1024
# The admin's page of a show's seats has a checkbox for each seat of an arena of 20,000, and some more fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 21_000

# --- The application ----------------------------------------------------------------

INSTALLED_APPS = [
    # Ours come first, so that our `loaddata` and our templates override Django's.
    "cinema.auth",
    "cinema.shows",
    "cinema.seats",
    "cinema.notices",
    "cinema.web",
    "cinema.admin_site.CinemaAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    # Always installed, so that ADMIN_SECOND_FACTOR needs no migration.
    "django_otp",
    "django_otp.plugins.otp_totp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "cinema.api.request_id.request_id_middleware",
    "cinema.monitoring.metrics.measure_requests",
    "cinema.monitoring.telemetry.trace_requests",
    "cinema.server.timeouts.statement_timeouts",
    "cinema.middleware.no_store.no_store",
    "cinema.middleware.error_bodies.error_bodies",
    "django.middleware.security.SecurityMiddleware",
    "cinema.middleware.compression.compression",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cinema.middleware.security_headers.Cors",
    "cinema.middleware.security_headers.content_security_policy",
    "cinema.middleware.body_limit.body_limit",
    "cinema.middleware.trailing_slash.trailing_slash",
    "cinema.middleware.admin_sessions.Session",
    "cinema.middleware.allowed_hosts.AllowedHosts",
    "django.middleware.csrf.CsrfViewMiddleware",
    "cinema.middleware.admin_sessions.Authentication",
    "cinema.middleware.admin_sessions.SecondFactor",
    "cinema.middleware.admin_sessions.Messages",
    "cinema.middleware.admin_values.AdminValues",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "cinema.urls"
WSGI_APPLICATION = "cinema.wsgi.application"
# The `trailing_slash` middleware serves both forms of a path. A redirect would lose the body.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "cinema" / "api" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database and cache -------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", "")
if not DATABASE_URL:
    raise ImproperlyConfigured(
        "DATABASE_URL must be set, like postgres://user:password@host:5432/name. Only manage.py and `make run` "
        "use db.sqlite3 without it."
    )
DATABASES = {"default": database_config(DATABASE_URL)}
# Seconds; 0 means no limit. PostgreSQL cancels a server's statement that runs longer, ends a transaction that
# is idle longer, and cancels a statement that waits longer for a lock. Management commands have no limit.
STATEMENT_TIMEOUT = integer("STATEMENT_TIMEOUT", default=15, minimum=0)
LOCK_TIMEOUT = integer("LOCK_TIMEOUT", default=10, minimum=0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Each process keeps seat maps, and compressed answers, of at most this size each. 0 keeps none.
KEPT_ANSWERS_MB = integer("KEPT_ANSWERS_MB", default=16, minimum=0)

REDIS_URL = env.str("REDIS_URL", "")
if REDIS_URL and not re.match(r"(rediss?|unix)://.", REDIS_URL):
    raise ImproperlyConfigured("REDIS_URL must be like redis://host:6379/0.")
if REDIS_URL:
    _redis: dict[str, Any] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    CACHES = {"default": _redis, "shared": _redis}
else:
    CACHES = {
        # Counts booking attempts per user, in each process alone, because a shared cache would add a query to
        # each booking.
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
        # Counts signups and failed logins of all workers and nodes.
        "shared": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cinema_shared_cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
    }

# --- Accounts and tokens ------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["cinema.auth.backends.UsernameBackend"]
PASSWORD_HASHERS = [
    "cinema.auth.passwords.NormalizingPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "cinema.auth.passwords.VisiblePasswordValidator"}]
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    # A changed password revokes all tokens that were issued before.
    "CHECK_REVOKE_TOKEN": True,
}

# On: the admin asks for a code from an authenticator app, too.
ADMIN_SECOND_FACTOR = boolean("ADMIN_SECOND_FACTOR", default=False)

# --- Selling ------------------------------------------------------------------------

# A hold expires after HOLD_SECONDS. Renewing it extends it to at most HOLD_MAX_SECONDS after its first second.
HOLD_SECONDS = integer("HOLD_SECONDS", default=600)
HOLD_MAX_SECONDS = integer("HOLD_MAX_SECONDS", default=1800)
if HOLD_MAX_SECONDS < HOLD_SECONDS:
    raise ImproperlyConfigured(
        f"HOLD_MAX_SECONDS ({HOLD_MAX_SECONDS}) must not be less than HOLD_SECONDS ({HOLD_SECONDS})."
    )
HOLD_MAX_SEATS = integer("HOLD_MAX_SEATS", default=10)
# Seats of one show that a user may hold and book; 0 for no limit.
BOOKING_MAX_SEATS = integer("BOOKING_MAX_SEATS", default=0, minimum=0)

# Minutes between the end of a movie and the next show on the same screen.
TURNAROUND_MINUTES = integer("TURNAROUND_MINUTES", default=0, minimum=0, maximum=1440)

# Refuses a choice that leaves an orphan seat: a single available seat between unavailable ones.
ORPHAN_RULE = boolean("ORPHAN_RULE", default=False)

# --- The API ------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cinema.auth.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["cinema.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "cinema.api.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cinema.api.parsers.LenientNegotiation",
    "DEFAULT_PAGINATION_CLASS": "cinema.api.pagination.Pagination",
    "DEFAULT_SCHEMA_CLASS": "cinema.api.openapi.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "cinema.api.problems.exception_handler",
    "DEFAULT_THROTTLE_RATES": {
        "signup": rate("THROTTLE_SIGNUP", default="1000/hour"),
        "login": rate("THROTTLE_LOGIN", default="10/min"),
        "booking": rate("THROTTLE_BOOKING", default="1200/min"),
    },
    # The number of proxies in front that append to X-Forwarded-For. With 0 the header is ignored, because
    # any client can write it.
    "NUM_PROXIES": integer("NUM_PROXIES", default=0, minimum=0),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Cinema",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": (
        "Browse movies and shows, see the seat map of a show, book a seat, cancel a booking.\n\n"
        "To try it here, call `POST /signup` and `POST /login`, press **Authorize**, and paste the `access` "
        "token.\n\n"
        "Staff need Django's permission for each write, such as `shows.add_show`. Superusers have all.\n\n"
        "Every error is `application/problem+json` with a stable `code`. Each operation lists its own codes; "
        "`default` lists those that any operation may return. A method that a path does not support gets 405 "
        "`method_not_allowed`, and the header `Allow` lists the supported ones."
    ),
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "TAGS": [
        {"name": "Account", "description": "Sign up, log in and out, change or delete your account."},
        {"name": "Movies", "description": "The movies. Only staff can change them."},
        {"name": "Shows", "description": "When and where movies are shown. Only staff can change shows."},
        {"name": "Price lists", "description": "What seats cost. Only staff can read and change price lists."},
        {"name": "Seat map", "description": "Which seats of a show are available."},
        {"name": "Holds", "description": "Hold seats for some minutes, then book them."},
        {"name": "Bookings", "description": "Book a seat, list your bookings, cancel one."},
        {"name": "Tickets", "description": "Codes that admit bookings at the door. Only staff can admit them."},
        {"name": "Till", "description": "Staff sell seats to guests without an account."},
        {"name": "Reports", "description": "Guests and sales, for staff."},
        {"name": "Health", "description": "Health probes for load balancers and operators."},
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": True, "displayRequestDuration": True},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cinema.api.openapi.add_integer_formats",
        "cinema.api.openapi_examples.complete_examples",
    ],
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "integer", "format": "int64", "minimum": 1}},
    # Docstrings are for developers. Descriptions for API users are written separately.
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    "ENUM_NAME_OVERRIDES": {
        "BookingStatus": "cinema.seats.models.Booking.Status",
        "ShowStatus": "cinema.shows.models.Show.Status",
        "SeatStatus": "cinema.seats.api.seat_map_serializers.SEAT_STATUSES",
    },
}

# --- Speed --------------------------------------------------------------------------

# On: the server answers the usual form of the busiest calls without Django's views (cinema/server/fast_path).
FAST_PATH = boolean("FAST_PATH", default=True)
# Bookings that wait at the same time in a process and may share a transaction; 1 for a transaction for each.
SALES_PER_COMMIT = integer("SALES_PER_COMMIT", default=32)

# --- Other Django settings ----------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
# The cinema's. The database and the API have UTC, and people read and type the time of this zone.
TIME_ZONE = time_zone("TIME_ZONE", default="UTC")
CINEMA_NAME = text("CINEMA_NAME", default="Cinema")
# Empty for the colors of tokens.css and its mark.
_hex_color = {"default": "", "pattern": r"#[0-9a-fA-F]{6}\Z", "example": "#ab1530"}
CINEMA_COLOR = text("CINEMA_COLOR", **_hex_color)
CINEMA_BAR_COLOR = text("CINEMA_BAR_COLOR", **_hex_color)
CINEMA_LOGO = text("CINEMA_LOGO", default="")
check_brand(CINEMA_COLOR, CINEMA_BAR_COLOR, CINEMA_LOGO)
# The name of an account in an authenticator app.
OTP_TOTP_ISSUER = CINEMA_NAME
# ISO 4217.
CURRENCY = text("CURRENCY", default="EUR", pattern=r"[A-Z]{3}\Z", example="EUR")
USE_TZ = True
FORMAT_MODULE_PATH = "cinema.formats"
STATIC_URL = "static/"
# WhiteNoise serves static files from the apps, so that no collectstatic step is needed.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ADD_HEADERS_FUNCTION = static_file_headers
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
# Django's formats, which refuse values of a wrong type.
FORMATS = ("json", "jsonl", "xml", "yaml")
SERIALIZATION_MODULES = {name: f"cinema.seats.management.formats.{name}" for name in FORMATS}

# --- Monitoring ---------------------------------------------------------------------

METRICS_TOKEN = env.str("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured(
        "METRICS_TOKEN must have at least 16 characters. Leave it empty to turn metrics off."
    )

LOG_FORMAT = choice("LOG_FORMAT", ("json", "text"), default="text" if sys.stderr.isatty() else "json")
# INFO adds one line per request.
LOG_LEVEL = choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="WARNING")
LOGGING = logging_config(LOG_FORMAT, LOG_LEVEL)

SENTRY_DSN = env.str("SENTRY_DSN", "")
if SENTRY_DSN:
    start_sentry(SENTRY_DSN, VERSION)
# OpenTelemetry reads this variable itself, with the others of its specification.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")
if OTEL_EXPORTER_OTLP_ENDPOINT:
    require_package("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
