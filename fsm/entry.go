package fsm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// EntryVersion is the first byte of every log entry: the version of its form.
const EntryVersion = 1

// MaxEntry bounds a log entry, in bytes.
const MaxEntry = 1 << 20

// maxID bounds a proposal's id, in bytes: thousands of them are remembered.
const maxID = 64

// ErrUnreadable is wrapped by every error about an entry or a snapshot that
// this release cannot read. A node that meets one in its log must stop: to
// skip it would be to disagree with the others from then on.
var ErrUnreadable = errors.New("unreadable by this release of jeton")

// ErrTooLarge: the command does not fit a log entry; see MaxEntry.
var ErrTooLarge = errors.New("too large for a log entry")

// Proposal is a command on its way into the log.
type Proposal struct {
	// ID is unique to the proposal (not to the attempt): an entry that is
	// proposed again with the same id is applied at most once.
	ID string
	// Seen is the index of the state that the maker had seen before the first
	// attempt; every attempt sends the same bytes. With it Apply can tell an id
	// that is new from one that it has forgotten.
	Seen    uint64
	Command Command
}

// Format implements fmt.Formatter for every verb: a proposal prints as the type
// of its command and its id.
func (p Proposal) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s %s", p.Command.Type(), p.ID)
}

// LogValue implements slog.LogValuer.
func (p Proposal) LogValue() slog.Value { return printed(p) }

type entry struct {
	ID      string          `json:"id"`
	Seen    uint64          `json:"seen"`
	Type    string          `json:"type"`
	Command json.RawMessage `json:"command"`
}

// Encode returns the log entry of p: EntryVersion, then JSON.
func Encode(p Proposal) ([]byte, error) {
	body, err := json.Marshal(p.Command)
	if err != nil {
		return nil, fmt.Errorf("encode command %s: %w", p.Command.Type(), err)
	}
	data, err := json.Marshal(entry{ID: p.ID, Seen: p.Seen, Type: p.Command.Type(), Command: body})
	if err != nil {
		return nil, fmt.Errorf("encode command %s: %w", p.Command.Type(), err)
	}
	if 1+len(data) > MaxEntry {
		return nil, fmt.Errorf("encode command %s: %w", p.Command.Type(), ErrTooLarge)
	}
	return append([]byte{EntryVersion}, data...), nil
}

// Decode reads a log entry. Its errors wrap ErrUnreadable.
func Decode(data []byte) (Proposal, error) {
	if len(data) > MaxEntry {
		return Proposal{}, fmt.Errorf("%w: log entry of %d bytes; the limit is %d", ErrUnreadable, len(data), MaxEntry)
	}
	if len(data) == 0 || data[0] != EntryVersion {
		return Proposal{}, fmt.Errorf("%w: log entry whose version is not %d; run a newer release", ErrUnreadable, EntryVersion)
	}
	var e entry
	if err := decodeStrict(data[1:], &e); err != nil {
		return Proposal{}, fmt.Errorf("%w: log entry: %w", ErrUnreadable, err)
	}
	if e.ID == "" || len(e.ID) > maxID {
		return Proposal{}, fmt.Errorf("%w: log entry whose proposal id has not 1 to %d bytes", ErrUnreadable, maxID)
	}
	newCommand, ok := commands[e.Type]
	if !ok {
		return Proposal{}, fmt.Errorf("%w: command type %q; run a newer release", ErrUnreadable, e.Type)
	}
	command := newCommand()
	if err := decodeStrict(e.Command, command); err != nil {
		return Proposal{}, fmt.Errorf("%w: command %s: %w", ErrUnreadable, e.Type, err)
	}
	return Proposal{ID: e.ID, Seen: e.Seen, Command: command}, nil
}

// decodeStrict refuses unknown fields and trailing data: a field that this
// release does not know may be one that changes what the entry means.
func decodeStrict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the end of the JSON value")
	}
	return nil
}
