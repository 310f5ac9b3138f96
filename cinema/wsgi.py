"""The WSGI entry point: what gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")

application = get_wsgi_application()

from cinema.intake import Utf8Request  # noqa: E402 - it can be imported once Django is set up

application.request_class = Utf8Request
