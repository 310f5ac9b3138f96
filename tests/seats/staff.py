"""Staff in the admin: logs them in with given permissions, and reads its pages."""

from tests.factories import permit


def log_in(client, user, *permissions):
    """Gives the user exactly these permissions, such as `view_hall`, and logs the user in."""
    client.force_login(permit(user, *permissions))
    return client


def text(response):
    return response.content.decode()
