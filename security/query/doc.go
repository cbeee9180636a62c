// Package query owns the search body of Elasticsearch's security query APIs
// (_security/_query/user, role and service): what a body means, and which
// records it finds, in which order.
//
// Everything here is a pure value. The package must not know what a record
// stands for, who is asking, where records are kept, or how hits are shown.
//
// A body is read strictly and completely before any record is looked at, so a
// search that was parsed fails only for want of time. Sizes, depths, counts and
// lengths are limited, and the time for a record is at most their product with
// its size.
//
// Where Elasticsearch compares terms of an index, this package makes them from
// a record's values each time: a keyword is one term, a text has its words in
// lower case. Nothing is scored, and boosts are read and ignored.
package query
