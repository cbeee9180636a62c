#!/usr/bin/env bash
# Makes the golden data directories of a release: a cluster of one node and one of
# three, with some of everything in their state, a snapshot and entries after it.
#
#   test/golden-release.sh BINARY DIRECTORY
#
# The binary must have been built with -tags failpoints, which lets a snapshot be
# taken after a few entries. All secrets in the result are for tests.
set -euo pipefail
jeton=$(realpath "$1") out=$2
mkdir -p "$out"
out=$(realpath "$out")
work=$(mktemp -d) pids=()
stop() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null && wait "$p" || true; done; pids=(); }
trap 'stop; rm -rf "$work"' EXIT
export ELASTIC_PASSWORD=golden-elastic JETON_SNAPSHOT_ENTRIES=16
base=${BASE_PORT:-19200}

start() { # directory, offset of its ports, how
	local dir=$work/$1 offset=$2; shift 2
	mkdir -p "$dir/config"
	"$jeton" start --config "$dir/config" -E node.name="$(basename "$dir")" -E path.data="$dir/data" \
		-E http.port=$((base + offset)) -E transport.port=$((base + 100 + offset)) \
		-E xpack.security.authc.password_hashing.algorithm=bcrypt4 -E xpack.security.authc.token.enabled=true -E xpack.security.authc.token.timeout=1s "$@" >"$dir/log" 2>&1 &
	pids+=($!)
	for _ in $(seq 300); do
		curl -fs "http://127.0.0.1:$((base + offset))/readyz" >/dev/null && return
		sleep 0.1
	done
	cat "$dir/log" >&2
	return 1
}

api() { # method, path, body
	curl -fsS -u elastic:golden-elastic -X "$1" -H 'Content-Type: application/json' "http://127.0.0.1:$base$2" ${3:+-d "$3"}
}

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

fill() { # directory of the node that is asked
	api PUT /_security/role/reader '{"cluster":["monitor"]}' >&2
	api PUT /_security/user/ada '{"password":"golden-ada","roles":["reader"]}' >&2
	api PUT /_security/user/bob '{"password":"golden-bob","roles":["reader"]}' >&2
	api DELETE /_security/user/bob >&2
	api PUT /_cluster/settings '{"persistent":{"auth.lease":"3s"}}' >&2
	local token=/_security/service/elastic/fleet-server/credential/token before deleted oauth after
	before=$(api POST $token/before | field value)
	deleted=$(api POST $token/deleted | field value)
	for i in $(seq 20); do api POST "$token/fill$i" >/dev/null; done
	for _ in $(seq 100); do ls "$work/$1"/data/raft/snapshots/*/state.bin >/dev/null 2>&1 && break; sleep 0.1; done
	sleep 2 # no snapshot is due any more
	after=$(api POST $token/after | field value)
	api DELETE $token/deleted >&2
	oauth=$(api POST /_security/oauth2/token '{"grant_type":"password","username":"ada","password":"golden-ada"}' | field access_token)
	local file; file=$("$jeton" service-tokens create elastic/fleet-server filed --config "$work/$1/config" | sed 's/.* = //')
	printf '{"elastic":"golden-elastic","ada":"golden-ada","before":"%s","after":"%s","deleted":"%s","oauth":"%s","file":"%s"}\n' \
		"$before" "$after" "$deleted" "$oauth" "$file" >"$out/$(dirname "$1").json"
}

pack() { # the nodes' directory
	stop
	for dir in "$work/$1"/*/; do
		tar -C "$dir" --sort=name --owner=0 --group=0 --mtime=@0 -cf - config data | gzip -9n >"$out/$1-$(basename "$dir").tar.gz"
	done
}

start one/node0 0 --bootstrap
fill one/node0
pack one

start three/node0 0 --bootstrap
for i in 1 2; do
	token=$("$jeton" node join-token --url "http://127.0.0.1:$base" --user elastic --password-file <(echo golden-elastic) 2>/dev/null)
	start three/node$i $i --join "$token"
done
fill three/node0
sleep 1
pack three
du -ch "$out"/* >&2
