"""The only settings module.

Everything that differs between machines comes from the environment (or a `.env` file
beside `manage.py`), is read once, here, and fails loudly when it makes no sense.
The variables are documented in README.md and `.env.example`; a test keeps the three equal.
"""

import re
import sys
from datetime import timedelta

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from cinema.env import BASE_DIR, boolean, choice, env, integer, rate, require_safe_production
from cinema.monitoring.logging import logging_config
from cinema.server.database import database_config

# --- What must be secret, and who may call ------------------------------------------

# Read past django-environ, which would take a key that begins with "$" for a reference.
SECRET_KEY = env.ENVIRON.get("SECRET_KEY", "")
if len(SECRET_KEY.encode()) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY must be set and have at least 32 bytes. `make install` writes a fresh one to .env."
    )

DEBUG = boolean("DEBUG", default=False)
DEFAULT_EXCEPTION_REPORTER_FILTER = "cinema.monitoring.debug_filter.HideAddresses"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# On by default: a deployment has to say that it is not behind HTTPS; `make run` does.
HTTPS = boolean("HTTPS", default=True)
require_safe_production(HTTPS, debug=DEBUG, hosts=ALLOWED_HOSTS)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Behind HTTPS there is a proxy that ends it, and that proxy sets this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Probes and Prometheus come straight to the node, by plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^livez/?$", r"^readyz/?$", r"^metrics/?$"]
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "cinema.api.problems.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
for _origin in CORS_ALLOWED_ORIGINS:
    if not re.fullmatch(r"https?://[^/]+", _origin):
        raise ImproperlyConfigured(f"CORS_ALLOWED_ORIGINS must be like https://app.example, not {_origin!r}.")
CORS_ALLOW_HEADERS = [
    *("accept", "authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id")
]
CORS_EXPOSE_HEADERS = ("date", "etag", "retry-after", "www-authenticate", "x-request-id")
CORS_PREFLIGHT_MAX_AGE = 24 * 3600

# A booking is a hundred bytes; the seating plan of an arena, in the admin, comes near this (bytes).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2560 * 1024
# A box to tick for each seat of an arena, and what else is on that page of the admin.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 21_000

# --- The application ----------------------------------------------------------------

INSTALLED_APPS = [
    # Ours come first, so that our `loaddata` and our templates win over Django's.
    "cinema.auth",
    "cinema.shows",
    "cinema.seats",
    "cinema.web",
    "cinema.admin_site.CinemaAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "cinema.api.request_id.request_id_middleware",
    "cinema.monitoring.metrics.measure_requests",
    "cinema.server.timeouts.statement_timeouts",
    "cinema.middleware.no_store.no_store",
    "cinema.middleware.error_bodies.error_bodies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cinema.middleware.security_headers.Cors",
    "cinema.middleware.security_headers.ContentSecurityPolicy",
    "cinema.middleware.body_limit.body_limit",
    "cinema.middleware.trailing_slash.trailing_slash",
    "cinema.middleware.admin_sessions.Session",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "cinema.middleware.admin_sessions.Authentication",
    "cinema.middleware.admin_sessions.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "cinema.urls"
WSGI_APPLICATION = "cinema.wsgi.application"
# `trailing_slash` serves both spellings of a path; a redirect would lose the body.
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

# --- Where things are kept ----------------------------------------------------------

DATABASES = {"default": database_config(env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}"))}
# How long a server lets a statement run, or a transaction do nothing, and how long a statement may wait for a
# lock (seconds; 0: for ever). For PostgreSQL; commands are not bound by it.
STATEMENT_TIMEOUT = integer("STATEMENT_TIMEOUT", default=15, least=0)
LOCK_TIMEOUT = integer("LOCK_TIMEOUT", default=10, least=0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "")
if REDIS_URL:
    _redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    CACHES = {"default": _redis, "shared": _redis}
else:
    CACHES = {
        # Counts bookings per user; of this process alone, for a sale must not cost a query more.
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
        # Counts sign-ups and failed log-ins over all workers and nodes.
        "shared": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cinema_shared_cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
    }

# --- Who people are -----------------------------------------------------------------

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
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
]
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    # A changed password ends the tokens that were made with the old one.
    "CHECK_REVOKE_TOKEN": True,
    "UPDATE_LAST_LOGIN": True,
}

# --- Selling ------------------------------------------------------------------------

# How long a hold lasts (seconds), how long at most however often it is renewed, how many seats it has.
HOLD_SECONDS = integer("HOLD_SECONDS", default=600)
HOLD_MAX_SECONDS = integer("HOLD_MAX_SECONDS", default=1800)
HOLD_MAX_SEATS = integer("HOLD_MAX_SEATS", default=10)

# Whether a choice that leaves a single free seat between taken ones is refused.
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
    # How many proxies in front of us append to X-Forwarded-For. With none, the header is
    # whatever a caller writes, and is ignored.
    "NUM_PROXIES": integer("NUM_PROXIES", default=0, least=0),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Cinema",
    "VERSION": "1.0.0",
    "DESCRIPTION": (
        "Browse movies and shows, look at the seat map of a show, book a seat, cancel it.\n\n"
        "To try it here: `POST /signup`, `POST /login`, press **Authorize** and paste the `access` token.\n\n"
        "Every error is `application/problem+json` with a stable `code`. Each call lists its own codes; what "
        "any call may answer stands under `default`. A method that a path does not have is answered with "
        "405 `method_not_allowed` and, in `Allow`, those that it has."
    ),
    "LICENSE": {"name": "MIT"},
    "TAGS": [
        {"name": "Account", "description": "Sign up, log in, keep and end a session."},
        {"name": "Movies", "description": "What is on. Staff manage it."},
        {"name": "Shows", "description": "When and where. Staff manage it."},
        {"name": "Seat map", "description": "Which seats of a show are free."},
        {"name": "Holds", "description": "Keep seats while one decides or pays, then book them."},
        {"name": "Bookings", "description": "Book a seat, list one's bookings, cancel."},
        {"name": "Health", "description": "Probes for operators."},
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
    "PATH_CONVERTER_OVERRIDES": {"id": {"type": "integer", "format": "int64", "minimum": 1}},
    # Docstrings are for developers; what callers read is given on purpose.
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    "ENUM_NAME_OVERRIDES": {
        "BookingStatus": "cinema.seats.models.Booking.Status",
        "SeatStatus": "cinema.seats.api.seat_maps.SEAT_STATUSES",
    },
}

# --- The rest -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
# Serves the admin's and Swagger's files without a collectstatic step.
WHITENOISE_USE_FINDERS = True
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# --- What operators see -------------------------------------------------------------

# Read past django-environ, as the SECRET_KEY is.
METRICS_TOKEN = env.ENVIRON.get("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN must have at least 16 characters, or be empty: no metrics.")

LOG_FORMAT = choice("LOG_FORMAT", ("json", "text"), default="text" if sys.stderr.isatty() else "json")
# INFO adds a line for each request.
LOG_LEVEL = choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="WARNING")
LOGGING = logging_config(LOG_FORMAT, LOG_LEVEL)
