// Package monitoring holds no code but tests: they give the alert rules and the
// dashboard of docs/monitoring to Prometheus' own parser and query engine. It is
// here because only tests of documents need these, and the program does not.
//
// It must not know which metrics a node has: node/monitoring_test.go holds that.
package monitoring
