package fsm

import "log/slog"

// StageRestore adds some records of a backup to the stage. Nobody's authority
// rests on the stage. The first chunk begins a new one; an older one is dropped,
// because one restore at a time is all there may be.
type StageRestore struct {
	Stage   string       `json:"stage"` // random, never used again
	Seq     int          `json:"seq"`   // 0 is the first
	Now     int64        `json:"now"`   // Unix milliseconds, by the maker's clock
	Digest  string       `json:"digest"`
	Records []Restorable `json:"records"`
}

// Type implements Command.
func (*StageRestore) Type() string { return "stage_restore" }

// LogValue implements slog.LogValuer.
func (c StageRestore) LogValue() slog.Value { return slog.StringValue("part of a backup") }

func (c *StageRestore) apply(next *State) Code {
	before := next.stage
	if before == nil || before.ID != c.Stage {
		if c.Seq != 0 {
			return NotFound // another restore has taken its place
		}
		before = &stage{stageMeta: stageMeta{ID: c.Stage}, records: newState()}
	}
	switch {
	case c.Seq < before.Chunks:
		return Unchanged // carried out before, by a proposal that is forgotten
	case c.Seq != before.Chunks:
		return Incomplete
	case c.Seq >= MaxStagedChunks:
		return Full
	}
	records := *before.records
	for _, r := range c.Records {
		if r.into(&records) != nil {
			return Incomplete
		}
	}
	next.stage = &stage{records: &records, stageMeta: stageMeta{
		ID: c.Stage, Now: c.Now, Chunks: c.Seq + 1, Digest: ChainDigest(before.Digest, c.Digest),
	}}
	return OK
}

// DropRestore forgets a stage.
type DropRestore struct {
	Stage string `json:"stage"`
	// Chunks, if it is not 0, is how many the stage had as its maker saw it: one
	// that has grown since is in use.
	Chunks int `json:"chunks,omitempty"`
}

// Type implements Command.
func (*DropRestore) Type() string { return "drop_restore" }

func (c *DropRestore) apply(next *State) Code {
	switch {
	case next.stage == nil || next.stage.ID != c.Stage:
		return NotFound
	case c.Chunks != 0 && next.stage.Chunks != c.Chunks:
		return Changed
	}
	next.stage = nil
	return OK
}

// CommitRestore is the switch: from here on the stage is what there is. It counts
// as a deletion of everything that it drops.
type CommitRestore struct {
	ID    string `json:"id"` // of the restore, the same in every attempt
	Stage string `json:"stage"`
	// What the stage must hold, or nothing happens.
	Chunks  int    `json:"chunks"`
	Records Counts `json:"records"`
	Digest  string `json:"digest"`

	Now    int64        `json:"now"` // Unix milliseconds, by the maker's clock
	By     Creator      `json:"by"`
	Source BackupSource `json:"source"`
	// BringBack: what was taken away after the backup was made comes back.
	BringBack bool `json:"bring_back,omitempty"`
	// Reserved is the user that no restore drops or disables.
	Reserved string `json:"reserved"`
}

// Type implements Command.
func (*CommitRestore) Type() string { return "commit_restore" }

func (c *CommitRestore) apply(next *State) Code {
	if next.restored != nil && next.restored.ID == c.ID {
		return Exists
	}
	after, code := c.plan(next)
	if code == OK {
		*next = *after
	}
	return code
}

// Preview tells what the command would do to the state, and does nothing.
func (c *CommitRestore) Preview(s *State) (*Restored, Code) {
	after, code := c.plan(s)
	if code != OK {
		return nil, code
	}
	return after.restored, OK
}
