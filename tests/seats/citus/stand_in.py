"""What stands in for Citus on PostgreSQL."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")

# A login writes them, so it must need no other node.
LOCAL_TABLES = {
    *("cinema_shared_cache", "django_admin_log", "django_session", "otp_totp_totpdevice"),
    *("token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken"),
}

# The functions of Citus that the plan calls; these only record the call. The rollback at
# the end of each test removes them.
STAND_IN = """
CREATE TABLE stand_in_calls (number serial, call text);
CREATE TABLE citus_tables (table_name regclass, citus_table_type text, distribution_column text,
  colocation_id integer);
CREATE TABLE pg_dist_node (groupid integer);
INSERT INTO pg_dist_node VALUES (0), (1), (2);
CREATE TABLE pg_dist_placement (shardid integer, groupid integer);
INSERT INTO pg_dist_placement VALUES (0, 1), (1, 2);
CREATE FUNCTION get_shard_id_for_distribution_column(name regclass, value bigint)
RETURNS integer LANGUAGE sql AS $$ SELECT value % 2 $$;
CREATE FUNCTION create_reference_table(made regclass)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES ('reference ' || made);
  INSERT INTO citus_tables VALUES (made, 'reference', '<none>', 1) $$;
CREATE FUNCTION create_distributed_table(made regclass, by text, colocate_with text)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES (format('distributed %s by %s with %s', made, by, colocate_with));
  INSERT INTO citus_tables VALUES (made, 'distributed', by, 2) $$;
CREATE FUNCTION update_distributed_table_colocation(moved regclass, colocate_with text)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES (format('colocated %s with %s', moved, colocate_with));
  UPDATE citus_tables SET colocation_id = 2 WHERE table_name = moved $$;
CREATE FUNCTION truncate_local_data_after_distributing_table(made regclass)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO stand_in_calls (call) VALUES ('local data of ' || made) $$"""


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def distribute(*options):
    # A test never commits, so deferred checks would stay pending, and PostgreSQL would not alter the tables.
    connection.check_constraints()
    output = StringIO()
    call_command("distribute_by_show", *options, stdout=output)
    return output.getvalue()
