"""Logs staff with given permissions in to the admin."""

from tests.factories import permit


def log_in(client, user, *permissions):
    """Gives the user exactly these permissions, such as `view_hall`, and logs the user in."""
    client.force_login(permit(user, *permissions))
    return client
