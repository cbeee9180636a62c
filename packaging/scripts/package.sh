#!/bin/sh
# Writes the manual pages and the completions, and everything else that a
# release has, without publishing any of it.
set -eu
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
