"""The box office sees the price lists in the admin."""

from django.db import migrations

from cinema.auth.roles import grant

SEEN_PRICES = ["shows.view_pricelist", "shows.view_price"]


class Migration(migrations.Migration):
    dependencies = [("cinema_auth", "0007_till_roles")]

    operations = [grant({"Box office": SEEN_PRICES})]
