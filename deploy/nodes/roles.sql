-- Run once, on the first primary, as its superuser; POSTGRES_PASSWORD is in the environment.
-- There is no standby yet to wait for.
SET synchronous_commit = local;
\getenv password POSTGRES_PASSWORD
CREATE ROLE cinema LOGIN PASSWORD :'password';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'password';
CREATE DATABASE cinema OWNER cinema;
