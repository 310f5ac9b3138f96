"""The WSGI entry point: what gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")

handler = get_wsgi_application()

from cinema.intake import Utf8Request, readable_content_type  # noqa: E402 - Django had to be set up first

handler.request_class = Utf8Request
application = readable_content_type(handler)
