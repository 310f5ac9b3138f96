"""The project's settings, with a middleware that numbers the answers of the views.

The fast path repeats headers of a view, so its answers repeat an old number.
"""

from itertools import count

from cinema.settings import *  # noqa: F403
from cinema.settings import MIDDLEWARE

MIDDLEWARE = ["tests.server.counting_settings.number_answers", *MIDDLEWARE]


def number_answers(get_response):
    numbers = count(1)

    def middleware(request):
        response = get_response(request)
        response["X-Number"] = str(next(numbers))
        return response

    return middleware
