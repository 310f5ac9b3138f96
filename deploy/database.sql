-- The database of compose.yaml and the service's own role, which is no superuser. The image of PostgreSQL runs this
-- file once, when it initializes the volume.
\getenv password POSTGRES_PASSWORD
CREATE ROLE cinema LOGIN PASSWORD :'password';
CREATE DATABASE cinema OWNER cinema;
