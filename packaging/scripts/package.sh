#!/bin/sh
# Writes the manual pages and the completions, and everything else that a
# release has, without publishing any of it.
set -eu
# Never from the cache: it does not see files outside of the module of the tools.
(cd tools && "${GO:-go}" test -count 1 ./manifests)
sh packaging/scripts/manual.sh
echo "manual pages and completions are in bin/package"
if ! command -v goreleaser >/dev/null 2>&1; then
	echo "goreleaser is not installed: no archives, deb and rpm were made. https://goreleaser.com/install has how."
	exit 0
fi
skip=publish
command -v syft >/dev/null 2>&1 || {
	echo "syft is not installed: without lists of what is in the archives (SBOM)."
	skip=publish,sbom
}
goreleaser release --snapshot --clean --skip="$skip"
