// Package tokenfile owns a node's service_tokens file: what its lines mean,
// how commands add and remove a token, and how a running node follows it.
//
// A line is NAMESPACE/SERVICE/NAME:HASH, as Elasticsearch writes it. Blank lines
// and lines that begin with '#' mean nothing and survive every edit. Unlike
// there, a malformed line costs its own token only: a node reports and skips
// it. A command that is to change the file refuses until it is corrected.
//
// The package does not know which accounts exist, nor who is asking; the state
// that the cluster replicates has tokens of its own.
package tokenfile
