#!/bin/sh
# Tries the deb and the rpm of `make package` under a running systemd: for each a
# fresh Debian in a container, the steps of docs/packaging.md, and what is said
# there of upgrading and removing. The rpm is installed by Debian's own rpm.
set -eu
engine=${ENGINE:-docker} suite=${SUITE:-bookworm} root=bin/package-test/root
name=jeton-systemd-$$

skip() { echo "the packages were not tried: $1"; exit 0; }
for tool in "$engine" debootstrap goreleaser; do
	command -v "$tool" >/dev/null 2>&1 || skip "$tool is not installed"
done
"$engine" info >/dev/null 2>&1 || skip "$engine does not answer"
[ "$(id -u)" = 0 ] || skip "debootstrap needs root"
"${MAKE:-make}" package

# Kept for the next time.
if [ ! -e "$root/made" ]; then
	rm -rf "$root"
	mkdir -p "$root"
	debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl,man-db,procps,rpm \
		"$suite" "$root" "${MIRROR:-http://deb.debian.org/debian}" >bin/package-test/debootstrap.log
	touch "$root/made"
fi

trap '"$engine" rm -f -v "$name" >/dev/null 2>&1 || true; "$engine" rmi "$name" >/dev/null 2>&1 || true' EXIT
trap 'exit 1' INT TERM
tar -C "$root" -c . | "$engine" import -c 'CMD ["/sbin/init"]' -c 'ENV container=docker' - "$name" >/dev/null

on() { "$engine" exec "$name" sh -c "$1"; }

# check WHAT COMMAND: the command succeeds there, within half a minute.
check() {
	for _ in $(seq 60); do
		if out=$(on "$2" 2>&1); then
			echo "  ok    $1"
			return
		fi
		sleep 0.5
	done
	echo "  FAIL  $1: $2"
	echo "$out"
	on 'systemctl status --no-pager -l jeton; journalctl --no-pager -n 40 -u jeton' || true
	exit 1
}

# machine: another fresh one. An engine that may not give every privilege is asked
# for what systemd needs.
machine() {
	"$engine" rm -f -v "$name" >/dev/null 2>&1 || true
	set -- -d --name "$name" --network none --tmpfs /run --tmpfs /run/lock --tmpfs /tmp "$name"
	"$engine" run --privileged "$@" >/dev/null 2>&1 || {
		"$engine" rm -f -v "$name" >/dev/null 2>&1
		"$engine" run --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
			--security-opt systempaths=unconfined --cgroupns=private "$@" >/dev/null
	}
	check "systemd runs" 'case $(systemctl is-system-running) in running | degraded) ;; *) exit 1 ;; esac'
}

ready='jeton ready --config /etc/jeton'
elastic='curl -fsS -u elastic:$(cat /var/lib/jeton/initial_password) http://127.0.0.1:9200/_security/_authenticate'

# try PACKAGE INSTALL REMOVE
try() {
	echo "$1"
	machine
	"$engine" exec -i "$name" sh -c "cat >/root/package" <"$1"
	check "it is installed" "$2"
	check "the user and its directory are there" '[ "$(stat -c "%a %U:%G" /etc/jeton)" = "750 jeton:jeton" ]'
	check "nothing was started" '! systemctl -q is-enabled jeton && ! systemctl -q is-active jeton'
	check "the manual is found" 'man -w jeton-start && man -l "$(man -w jeton)" | grep -q token'
	check "systemd has nothing to say about the unit" '! systemd-analyze verify jeton.service 2>&1 | grep jeton'
	check "its exposure is 1.5 of 10 at most" 'systemd-analyze security --no-pager --threshold=15 jeton'

	check "it starts" 'systemctl enable --now jeton'
	check "it is ready" "$ready"
	check "the first password is good" "$elastic"
	check "the data are the node's alone" '[ "$(stat -c "%a %U:%G" /var/lib/jeton)" = "700 jeton:jeton" ]'

	check "root makes a file token" 'jeton service-tokens create --config /etc/jeton elastic/fleet-server one | sed "s/.* = //" >/root/token'
	check "the node accepts it" 'curl -fsS -H "Authorization: Bearer $(cat /root/token)" http://127.0.0.1:9200/_security/_authenticate'
	check "backups and an audit log get directories" 'install -d -o jeton -g jeton -m 0700 /var/backups/jeton /var/log/jeton
		printf "backup.interval: 1m\nbackup.path: /var/backups/jeton\npath.logs: /var/log/jeton\nxpack.security.audit.enabled: true\n" >>/etc/jeton/jeton.yml
		systemctl restart jeton'
	check "a backup is made" 'ls /var/backups/jeton/*.backup'
	check "the audit log is written" 'curl -s -u nobody:wrong-password http://127.0.0.1:9200/; grep authentication_failed /var/log/jeton/jeton_audit.json'

	check "it is killed" 'systemctl show -p MainPID --value jeton >/root/pid; kill -9 "$(cat /root/pid)"'
	check "another process takes over" 'pid=$(systemctl show -p MainPID --value jeton); [ "$pid" != 0 ] && [ "$pid" != "$(cat /root/pid)" ]'
	check "and is ready" "$ready && $elastic"

	check "it is upgraded" "systemctl show -p MainPID --value jeton >/root/pid; $2"
	check "the node went on, with its settings" '[ "$(systemctl show -p MainPID --value jeton)" = "$(cat /root/pid)" ] &&
		systemctl -q is-enabled jeton && grep -q backup.path /etc/jeton/jeton.yml'
	check "it stops in order" 'systemctl stop jeton; [ "$(systemctl show -p Result,ExecMainStatus --value jeton | xargs)" = "success 0" ]'
	check "a wrong command line is final" 'echo START_OPTIONS=--no-such-option >>/etc/default/jeton; systemctl start jeton
		sleep 4; [ "$(systemctl is-active jeton)" = failed ]; ok=$?; sed -i "/no-such/d" /etc/default/jeton; exit $ok'
	check "it starts once more" "systemctl start jeton && until $ready; do sleep 0.2; done"
	check "the journal has neither password nor token" \
		'journalctl -u jeton -o cat >/root/journal && grep -q ready /root/journal &&
		! grep -qF -e "$(cat /root/token)" -e "$(cat /var/lib/jeton/initial_password)" /root/journal'

	check "it is removed" "$3"
	check "its node has ended" '! systemctl -q is-active jeton && ! systemctl -q is-enabled jeton && ! pgrep -x jeton'
	check "its data and file token stay" '[ -e /var/lib/jeton/node.key ] && [ -e /etc/jeton/service_tokens ]'
	check "it is installed again" "$2 && systemctl enable --now jeton"
	check "and is the node that it was" "$ready && $elastic"
}

arch=$(dpkg --print-architecture)
try "$(ls bin/dist/*_"$arch".deb)" 'dpkg -i /root/package' 'dpkg -r jeton'
check "it is purged" 'dpkg -P jeton'
check "the data stay all the same" '[ ! -e /etc/default/jeton ] && [ -e /var/lib/jeton/node.key ] && id jeton'
try "$(ls bin/dist/*."$(uname -m)".rpm)" 'rpm -U --force --nodeps /root/package' 'rpm -e --nodeps jeton'
echo "deb and rpm hold under $(on 'systemctl --version | head -n 1')"
