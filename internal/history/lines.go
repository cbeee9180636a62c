package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Write writes the operations, one JSON object a line, in their order.
func Write(w io.Writer, ops []Op) error {
	buffered := bufio.NewWriter(w)
	lines := json.NewEncoder(buffered)
	for _, op := range ops {
		if err := lines.Encode(op); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// Read reads what Write has written, so that a run can be judged again.
func Read(r io.Reader) ([]Op, error) {
	lines := json.NewDecoder(r)
	lines.DisallowUnknownFields()
	var ops []Op
	for {
		var op Op
		err := lines.Decode(&op)
		if errors.Is(err, io.EOF) {
			return ops, nil
		}
		if err == nil {
			err = op.valid()
		}
		if err != nil {
			return nil, fmt.Errorf("operation %d: %w", len(ops)+1, err)
		}
		ops = append(ops, op)
	}
}

func (o Op) valid() error {
	switch {
	case !slices.Contains([]Kind{Create, Delete, Authenticate, List}, o.Kind):
		return fmt.Errorf("kind %q is unknown", o.Kind)
	case !slices.Contains([]Outcome{OK, Refused, CannotKnow, Unknown, Conflict, NotFound}, o.Outcome):
		return fmt.Errorf("outcome %q is unknown", o.Outcome)
	case o.Start < 0 || o.End < o.Start:
		return fmt.Errorf("it begins at %d and ends at %d", o.Start, o.End)
	case o.Key == "" && o.Name == "" && o.Kind != List:
		return errors.New("it has neither key nor name")
	}
	return nil
}
