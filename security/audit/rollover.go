package audit

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rolled is a file that is not written to any more: NAME-2026-05-04-1.json, the
// day on which it was rolled over, and which of that day's it is.
type rolled struct {
	path string
	day  string
	no   int
}

// day is the form of the day in a file's name.
const day = "2006-01-02"

// roll gives the present file another name, and removes the oldest one too many.
// Where it fails the file is written on, until it is as long again.
func (o *output) roll() error {
	files, err := o.rolled()
	if err != nil {
		return o.notRolled(err)
	}
	today, no := time.Now().UTC().Format(day), 1
	for _, f := range files {
		if f.day == today {
			no = max(no, f.no+1)
		}
	}
	next := rolled{path: filepath.Join(o.dir, fmt.Sprintf("%s-%s-%d.json", o.name, today, no))}
	o.close()
	if err := os.Rename(o.path(), next.path); err != nil {
		return o.notRolled(err)
	}
	var errs []error
	for _, f := range files[:max(0, len(files)+1-o.maxFiles)] {
		errs = append(errs, os.Remove(f.path))
	}
	return errors.Join(errs...)
}

func (o *output) notRolled(err error) error {
	if o.file == nil {
		if again := o.reopen(); again != nil {
			return errors.Join(err, again)
		}
	}
	o.limit = o.size + o.maxSize
	return fmt.Errorf("roll the audit log over: %w", err)
}

// rolled are the rolled files, oldest first.
func (o *output) rolled() ([]rolled, error) {
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return nil, err
	}
	var files []rolled
	for _, e := range entries {
		inner, ok := strings.CutPrefix(e.Name(), o.name+"-")
		if inner, ok = cutSuffix(inner, ".json", ok); !ok || len(inner) < len(day)+2 || inner[len(day)] != '-' {
			continue
		}
		no, err := strconv.Atoi(inner[len(day)+1:])
		if _, badDay := time.Parse(day, inner[:len(day)]); err != nil || badDay != nil {
			continue
		}
		files = append(files, rolled{filepath.Join(o.dir, e.Name()), inner[:len(day)], no})
	}
	slices.SortFunc(files, func(a, b rolled) int { return cmp.Or(strings.Compare(a.day, b.day), a.no-b.no) })
	return files, nil
}

func cutSuffix(text, suffix string, soFar bool) (string, bool) {
	text, ok := strings.CutSuffix(text, suffix)
	return text, ok && soFar
}
