"""Django's fixture formats with strict values and exact times, for the setting `SERIALIZATION_MODULES`."""
