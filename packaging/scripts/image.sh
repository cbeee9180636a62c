#!/bin/sh
# Makes the container image: image.sh ENGINE IMAGE [VERSION], from the root of
# the repository.
set -eu
engine=$1 image=$2 version=${3:-}

if ! answer=$("$engine" info 2>&1); then
	echo "No image was made: $engine does not answer. Start the engine, or name another with ENGINE=podman." >&2
	echo "$answer" | tail -n 1 >&2
	exit 1
fi

context=bin/image
rm -rf "$context"
mkdir -p "$context/empty"
CGO_ENABLED=0 GOOS=linux "${GO:-go}" build -trimpath -ldflags "-X main.version=$version" -o "$context/jeton" ./cmd/jeton
chmod 0755 "$context/jeton"
"$engine" build -f packaging/image/Dockerfile -t "$image" "$context"
