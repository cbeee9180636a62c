package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func openBook(t *testing.T, dir string) *addressBook {
	t.Helper()
	b, err := openAddressBook(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func at(id, address string) Node { return Node{ID: id, TransportAddress: address} }

func wantLookup(t *testing.T, b *addressBook, id string, want ...string) {
	t.Helper()
	if got := b.lookup(id); !slices.Equal(got, want) {
		t.Errorf("%s is looked for at %v, want %v", id, got, want)
	}
}

func learn(t *testing.T, b *addressBook, nodes ...Node) {
	t.Helper()
	if err := b.learn(nodes...); err != nil {
		t.Fatal(err)
	}
}

func syncWith(t *testing.T, b *addressBook, nodes ...Node) {
	t.Helper()
	if err := b.sync(nodes, b.Index+1, func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
}

func TestAnOlderRegistryDoesNotOverruleTheBook(t *testing.T) {
	dir := t.TempDir()
	b := openBook(t, dir)
	nobody := func(string) bool { return false }
	for index, address := range []string{"old:1", "new:2"} {
		if err := b.sync([]Node{at("a", address)}, uint64(10+index), nobody); err != nil {
			t.Fatal(err)
		}
	}
	b = openBook(t, dir) // and the registry is a snapshot's
	if err := b.sync([]Node{at("a", "old:1")}, 10, nobody); err != nil {
		t.Fatal(err)
	}
	wantLookup(t, b, "a", "new:2")
}

func TestTheBookForgetsWhoWasRemoved(t *testing.T) {
	b := openBook(t, t.TempDir())
	learn(t, b, at("a", "host:1"), at("b", "host:2"))
	if err := b.sync(nil, 1, func(id string) bool { return id == "a" }); err != nil {
		t.Fatal(err)
	}
	wantLookup(t, b, "a")
	wantLookup(t, b, "b", "host:2")
}

func TestTheAddressBookSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	b := openBook(t, dir)
	learn(t, b, at("a", "host:1"), at("b", "host:2"))
	learn(t, b, at("b", "host:3"))
	syncWith(t, b, at("c", "host:4"))
	b = openBook(t, dir)
	wantLookup(t, b, "a", "host:1")
	wantLookup(t, b, "b", "host:3")
	wantLookup(t, b, "c", "host:4")
	wantLookup(t, b, "d")
	if got := b.ids(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("ids %v", got)
	}
	info, err := os.Stat(filepath.Join(dir, "peers.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestADamagedAddressBookIsAnEmptyOne(t *testing.T) {
	for about, content := range map[string]string{
		"nothing":    "",
		"half of it": `{"a":"host:1","b":"ho`,
		"null":       "null",
		"a list":     "[1,2]",
		"numbers":    `{"a":1}`,
		"zeros":      "\x00\x00\x00\x00",
	} {
		t.Run(about, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "peers.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			b := openBook(t, dir)
			wantLookup(t, b, "b")
			learn(t, b, at("b", "host:2"))
			wantLookup(t, openBook(t, dir), "b", "host:2")
		})
	}
}

func TestAnAddressBookThatCannotBeReadIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "peers.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := openAddressBook(dir); err == nil {
		t.Error("no error")
	}
}

func TestTheNewestKnowledgeOfAnAddressComesFirst(t *testing.T) {
	b := openBook(t, t.TempDir())
	syncWith(t, b, at("a", "old:1"))
	wantLookup(t, b, "a", "old:1")
	learn(t, b, at("a", "said:2"))
	wantLookup(t, b, "a", "said:2", "old:1")
	syncWith(t, b, at("a", "old:1")) // nothing new in the registry
	wantLookup(t, b, "a", "said:2", "old:1")
	syncWith(t, b, at("a", "recorded:3"))
	wantLookup(t, b, "a", "recorded:3")
	learn(t, b, Node{ID: "a"}) // says nothing of its address
	wantLookup(t, b, "a", "recorded:3")
}

func TestARestartDoesNotForgetWhatTheRegistryHasNotHeardYet(t *testing.T) {
	dir := t.TempDir()
	b := openBook(t, dir)
	syncWith(t, b, at("a", "old:1"))
	learn(t, b, at("a", "said:2"))
	b = openBook(t, dir)
	syncWith(t, b, at("a", "old:1"))
	wantLookup(t, b, "a", "said:2", "old:1")
	syncWith(t, b, at("a", "recorded:3"))
	wantLookup(t, b, "a", "recorded:3")
}
