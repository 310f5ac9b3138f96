#!/bin/sh
# Installs cinema on a Debian 12, with nginx, HTTPS and PostgreSQL. Run it as root in the project's folder:
#
#     deploy/install.sh cinema.example
#
# --sqlite               stores the data in a SQLite file instead of PostgreSQL
# --letsencrypt EMAIL    gets a certificate from Let's Encrypt; without it, the script makes a self-signed one
#
# You can run it again: it keeps the settings, the data, the certificate and nginx's site. deploy/README.md explains
# each step.
set -eu
umask 022
folder=$(cd "$(dirname "$0")" && pwd)
domain='' database=postgresql email=''
while [ $# -gt 0 ]; do
    case $1 in
    --sqlite) database=sqlite ;;
    --letsencrypt) email=${2:?--letsencrypt needs an e-mail address.}; shift ;;
    -*) echo "Unknown option $1. See the first lines of $0." >&2; exit 1 ;;
    *) domain=$1 ;;
    esac
    shift
done
[ -n "$domain" ] || { echo "Name the host: $0 cinema.example" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "Run this script as root." >&2; exit 1; }
[ -d /run/systemd/system ] || { echo "This script needs systemd. In a container, use the image instead." >&2; exit 1; }
started=$(date +%s)
say() { printf '\n[%3d s] %s\n' $(($(date +%s) - started)) "$*"; }

say "1. Packages"
# logrotate, because a minimal Debian lacks it, and nginx's logs would fill the disk.
packages="python3-venv tzdata nginx-light openssl curl logrotate"
[ $database = sqlite ] || packages="$packages postgresql"
[ -z "$email" ] || packages="$packages certbot"
# shellcheck disable=SC2086
dpkg-query --show $packages >/dev/null 2>&1 || {
    apt-get update --quiet=2
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $packages
}

say "2. User and folders"
getent passwd cinema >/dev/null ||
    useradd --system --user-group --home-dir /var/lib/cinema --shell /usr/sbin/nologin cinema
install --directory --owner=cinema --group=cinema --mode=700 /var/lib/cinema /var/backups/cinema

say "3. Database"
if [ $database = sqlite ]; then
    url=sqlite:////var/lib/cinema/db.sqlite3
else
    # PostgreSQL knows the user by its Unix account ("peer"), so there is no password.
    url=postgres://%2Fvar%2Frun%2Fpostgresql/cinema
    cd /
    runuser -u postgres -- psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 <<'SQL'
SELECT 'CREATE ROLE cinema LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cinema') \gexec
SELECT 'CREATE DATABASE cinema OWNER cinema' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'cinema') \gexec
SQL
fi

say "4. Settings in /etc/cinema.env"
if [ ! -e /etc/cinema.env ]; then
    install --mode=640 --owner=root --group=cinema /dev/null /etc/cinema.env.new
    cat >/etc/cinema.env.new <<ENV
SECRET_KEY=$(openssl rand -hex 32)
DATABASE_URL=$url
ALLOWED_HOSTS=$domain
NUM_PROXIES=1
ENV
    mv /etc/cinema.env.new /etc/cinema.env
    first=yes
fi

say "5. Code, packages and tables; start of the server"
"$folder/upgrade"
ln -sf /srv/cinema/deploy/manage /usr/local/sbin/cinema-manage
systemctl enable --quiet cinema.socket cinema.service

say "6. Nightly jobs"
systemctl enable --quiet --now cinema-backup.timer cinema-manage@flushexpiredtokens.timer \
    cinema-manage@clearsessions.timer cinema-manage@check_seats.timer

say "7. Logs"
if [ ! -e /etc/systemd/journald.conf.d/cinema.conf ]; then
    mkdir -p /etc/systemd/journald.conf.d
    printf '[Journal]\nStorage=persistent\nSystemMaxUse=1G\nMaxRetentionSec=1month\n' \
        >/etc/systemd/journald.conf.d/cinema.conf
    systemctl restart systemd-journald
fi

say "8. nginx and HTTPS"
if [ ! -e /etc/ssl/cinema/privkey.pem ]; then
    mkdir -p /etc/ssl/cinema
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$domain" -addext "subjectAltName=DNS:$domain" \
        -keyout /etc/ssl/cinema/privkey.pem -out /etc/ssl/cinema/fullchain.pem 2>/dev/null
fi
[ -e /etc/nginx/sites-available/cinema ] ||
    sed "s/cinema\.example/$domain/" "$folder/nginx.conf" >/etc/nginx/sites-available/cinema
ln -sf ../sites-available/cinema /etc/nginx/sites-enabled/cinema
mkdir -p /var/www/cinema
# Each event stream needs two connections, and Debian's nginx allows 768 for each worker.
sed -i 's/worker_connections [0-9]*;/worker_connections 20000;/' /etc/nginx/nginx.conf
echo 'worker_rlimit_nofile 65536;' > /etc/nginx/modules-enabled/90-cinema.conf
nginx -t -q
systemctl enable --quiet --now nginx
systemctl reload nginx
if [ -n "$email" ]; then
    certbot certonly --non-interactive --agree-tos --email "$email" --webroot --webroot-path /var/www/cinema \
        --domain "$domain" --deploy-hook 'systemctl reload nginx'
    ln -sf "/etc/letsencrypt/live/$domain/fullchain.pem" "/etc/letsencrypt/live/$domain/privkey.pem" /etc/ssl/cinema/
    systemctl reload nginx
fi

say "9. First superuser"
if [ -z "${first:-}" ]; then
    echo "To add another: cinema-manage createsuperuser"
elif [ -n "${DJANGO_SUPERUSER_PASSWORD:-}" ]; then
    cinema-manage createsuperuser --noinput
elif [ -t 0 ]; then
    cinema-manage createsuperuser
else
    echo "Create it: cinema-manage createsuperuser"
fi

say "https://$domain/ is ready, and the admin is https://$domain/admin/."
[ -L /etc/ssl/cinema/privkey.pem ] || echo "The certificate is self-signed. For another, see deploy/README.md."
