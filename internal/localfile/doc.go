// Package localfile owns the handling of one small file on this machine that
// people, orchestrators and programs edit while others read it: reading it
// whole, replacing it so that a reader or a power cut finds either the former
// or the new content, keeping its access rights, serialising editors, and
// following its changes.
//
// It does not know what the files hold, only which lines of a text are comments.
// A write that is killed half-way leaves a file `.NAME.*.tmp`, readable by its
// writer only, that may be deleted.
package localfile
