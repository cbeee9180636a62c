#!/bin/sh
# deb calls this with "upgrade" and rpm with 1 when another version follows;
# the node then goes on.
set -e
case "${1:-}" in
upgrade | failed-upgrade | 1) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now jeton.service
fi
