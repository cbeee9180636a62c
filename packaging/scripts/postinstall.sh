#!/bin/sh
# After installing and after upgrading. A node that runs goes on as it is: who
# has several restarts them one by one.
set -e
if command -v systemd-sysusers >/dev/null 2>&1; then
	systemd-sysusers jeton.conf
	systemd-tmpfiles --create jeton.conf
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
