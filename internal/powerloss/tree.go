package powerloss

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// tree knows which number each path below the root has while a command runs.
type tree struct {
	root string // absolute, without symbolic links
	ids  map[string]int
	next int
}

// newTree numbers what is there.
func newTree(root string) (*tree, []Entry, error) {
	root, err := filepath.EvalSymlinks(root)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return nil, nil, err
	}
	t := &tree{root: root, ids: map[string]int{".": 0}, next: 1}
	var base []Entry
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		rel, ok := t.rel(name)
		if err != nil || !ok || rel == "." {
			return err
		}
		e, err := t.entry(rel, d)
		base = append(base, e)
		return err
	})
	return t, base, err
}

func (t *tree) entry(rel string, d fs.DirEntry) (Entry, error) {
	info, err := d.Info()
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Path: rel, Node: t.add(rel), Dir: t.ids[path.Dir(rel)], Mode: info.Mode()}
	switch {
	case info.Mode().IsRegular():
		e.Data, err = os.ReadFile(filepath.Join(t.root, filepath.FromSlash(rel)))
	case !info.IsDir():
		err = fmt.Errorf("%s is neither a file nor a directory", rel)
	}
	return e, err
}

// rel is the path below the root, and whether it is there.
func (t *tree) rel(abs string) (string, bool) {
	if abs == t.root {
		return ".", true
	}
	rest, ok := strings.CutPrefix(abs, t.root+string(filepath.Separator))
	return filepath.ToSlash(rest), ok
}

func (t *tree) add(rel string) int {
	id := t.next
	t.ids[rel] = id
	t.next++
	return id
}

// move gives the node and all below it another path.
func (t *tree) move(from, to string) {
	moved := map[string]int{}
	for name, id := range t.ids {
		if rest, ok := strings.CutPrefix(name, from); ok && (rest == "" || rest[0] == '/') {
			moved[to+rest] = id
			delete(t.ids, name)
		}
	}
	for name, id := range moved {
		t.ids[name] = id
	}
}
