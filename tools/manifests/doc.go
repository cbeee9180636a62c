// Package manifests holds the Kubernetes manifests of this repository against
// the schemas that Kubernetes publishes for Go. It has no code of its own: its
// tests know the kinds and their fields, and not what Jeton needs of them,
// which packaging/ tests.
package manifests
