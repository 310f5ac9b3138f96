"""The groups of staff. After this migration they belong to the cinema, which may change or delete them."""

from django.db import migrations

from cinema.auth.roles import create_roles

DOOR = ["seats.admit_booking", "seats.view_booking", "shows.view_movie", "shows.view_show"]
BOX_OFFICE = [
    *DOOR,
    # To cancel bookings in the admin.
    "seats.change_booking",
    # To block seats by the API, and on the admin's seat maps.
    *("seats.change_seat", "seats.view_hall", "seats.change_hall"),
]
MANAGER = [
    *BOX_OFFICE,
    "seats.delete_booking",
    *(
        f"{app}.{action}_{model}"
        for app, model in (("shows", "movie"), ("shows", "show"), ("seats", "seatingplan"))
        for action in ("add", "change", "delete", "view")
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("cinema_auth", "0004_email_in_any_case"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [create_roles({"Box office": BOX_OFFICE, "Door": DOOR, "Manager": MANAGER})]
