// Package rolefile owns the roles of a node's own file `roles.yml`: how its YAML
// becomes role descriptors, and how a running node follows it.
//
// The file maps a role's name to its descriptor, in the fields of the wire's
// JSON. A role begins at a line that has no blank before it, and each is read by
// itself, so that one with an error costs itself only: a node reports and skips
// it. YAML's ways to say a thing once and mean it often (aliases, merge keys)
// are refused, for a few lines of them can mean more than fits in memory.
//
// The package does not know who has which role, nor what a privilege means; the
// state that the cluster replicates has roles of its own.
package rolefile
