"""The WSGI application: Django's handler, protected from hostile Content-Type headers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")

handler = get_wsgi_application()

from cinema.server.request import Utf8Request, readable_content_type  # noqa: E402 - needs Django to be set up

handler.request_class = Utf8Request
application = readable_content_type(handler)
