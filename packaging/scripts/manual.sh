#!/bin/sh
# Writes the manual pages and the completions into bin/package, from the root of
# the repository: manual.sh [VERSION]. goreleaser calls it too.
set -eu
version=${1:-}
out=bin/package

rm -rf "$out"
mkdir -p "$out/man" "$out/completions"
CGO_ENABLED=0 "${GO:-go}" build -trimpath -ldflags "-X main.version=$version" -o "$out/jeton" ./cmd/jeton
"$out/jeton" man "$out/man"
gzip -9 -n "$out"/man/*.1
"$out/jeton" completion bash >"$out/completions/jeton.bash"
"$out/jeton" completion zsh >"$out/completions/_jeton"
"$out/jeton" completion fish >"$out/completions/jeton.fish"
rm "$out/jeton"
