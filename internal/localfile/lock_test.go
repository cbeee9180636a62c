package localfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"jeton/internal/localfile"
)

func TestEditorsUnderALockLoseNoEdit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "counter")
	if err := os.WriteFile(path, []byte("0"), 0o600); err != nil {
		t.Fatal(err)
	}
	const editors, edits = 8, 5
	var wg sync.WaitGroup
	for range editors {
		wg.Go(func() {
			for range edits {
				if err := increment(path); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	expectContent(t, path, strconv.Itoa(editors*edits))
	expectAlone(t, path)
}

func increment(path string) error {
	unlock, err := localfile.Lock(path)
	if err != nil {
		return err
	}
	defer unlock()
	data, err := localfile.Read(path)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(data))
	if err != nil {
		return err
	}
	return localfile.Write(path, []byte(strconv.Itoa(n+1)))
}

func TestAFileCanBeLockedBeforeItExists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent")
	for range 2 {
		unlock, err := localfile.Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
}

func TestALockThatIsNeverReleasedIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	synctest.Test(t, func(t *testing.T) { // the wait takes no time
		unlock, err := localfile.Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		if _, err := localfile.Lock(path); !errors.Is(err, localfile.ErrLocked) {
			t.Errorf("got %v", err)
		}
	})
}
