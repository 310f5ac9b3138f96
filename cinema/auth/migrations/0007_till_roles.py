"""The box office sells at the till."""

from django.db import migrations

from cinema.auth.roles import grant

TILL = ["seats.sell_seats"]


class Migration(migrations.Migration):
    dependencies = [("cinema_auth", "0006_price_list_roles"), ("seats", "0020_till")]

    operations = [grant({"Box office": TILL, "Manager": TILL})]
