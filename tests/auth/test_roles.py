"""The migrations of the groups of staff."""

from cinema.auth.roles import apps_of


def test_content_types_get_the_same_ids_in_every_new_database():
    """A set of 30 names would have the order of the list in no process."""
    apps = [f"app{number}" for number in range(30)]
    assert apps_of([*(f"{app}.add_movie" for app in apps), "app0.view_movie"]) == apps
