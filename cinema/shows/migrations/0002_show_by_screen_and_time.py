from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shows", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="show",
            index=models.Index(fields=["screen_name", "date_time"], name="show_by_screen_and_time"),
        ),
    ]
