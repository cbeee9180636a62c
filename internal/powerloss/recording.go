package powerloss

import (
	"fmt"
	"os"
)

// Op is a kind of event.
type Op int

// What can happen to files, and the marks among it.
const (
	Create   Op = iota // of an empty file
	Mkdir              //
	Write              // Data at Off
	Truncate           // to Size, or up to it
	Sync               // of a file or a directory: all that was recorded of it before Begin
	Rename             // from Path to To
	Link               // To is another name of Path
	Remove             // of a file or an empty directory
	Chmod              //
	Mark               // Data went to a socket or a pipe
	Exit               // a process ends with code Size
)

func (o Op) String() string {
	return [...]string{"create", "mkdir", "write", "truncate", "sync", "rename", "link", "remove", "chmod", "mark", "exit"}[o]
}

// Event is one call that succeeded. Files and directories have numbers, which
// stay when they are renamed; the root is 0.
type Event struct {
	Op Op
	// Begin is how many events there were when the call began: a sync speaks for
	// these and not for those that came while it ran.
	Begin    int
	Path, To string // below the root, with slashes, as they were at the time
	Node     int
	Dir      int // that of Path
	ToDir    int // that of To
	Off      int64
	Size     int64
	Data     []byte
	Mode     os.FileMode
}

func (e Event) String() string {
	switch e.Op {
	case Write:
		return fmt.Sprintf("write %s at %d, %d bytes", e.Path, e.Off, len(e.Data))
	case Truncate:
		return fmt.Sprintf("truncate %s to %d", e.Path, e.Size)
	case Rename, Link:
		return fmt.Sprintf("%s %s to %s", e.Op, e.Path, e.To)
	case Mark:
		return fmt.Sprintf("mark of %d bytes", len(e.Data))
	case Exit:
		return fmt.Sprintf("exit with code %d", e.Size)
	default:
		return fmt.Sprintf("%s %s", e.Op, e.Path)
	}
}

// namespace reports whether the event changes what names there are.
func (e Event) namespace() bool {
	switch e.Op {
	case Create, Mkdir, Rename, Link, Remove:
		return true
	}
	return false
}

// Recording is what a command did.
type Recording struct {
	// Base is what the directory held before; it counts as synced.
	Base   []Entry
	Events []Event
	// Problems are calls that the record cannot express. With one, images may
	// lack what the program wrote, and prove nothing.
	Problems []string
}

// Entry is a file or a directory that was there from the beginning.
type Entry struct {
	Path string
	Node int
	Dir  int
	Mode os.FileMode
	Data []byte
}
