// Package audit keeps what was decided: a file with one line of JSON for each
// event, with the names that Elasticsearch gives files, events and fields.
//
// It owns the file: its lines, its queue, when it is rolled over, and what
// happens when it cannot be written. It must not know how anything is decided.
//
// What must hold: Record never waits, whatever becomes of the disk. Between it
// and the file stands a queue of bounded length. What does not fit is counted,
// and a line at that very place of the file says how many events are missing,
// and from when to when. Whatever waits, or fails, does so in one goroutine that
// no request depends on.
//
// An Event has names and no secrets; there is no field that one belongs into.
package audit
