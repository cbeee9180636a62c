//go:build linux && (amd64 || arm64)

package powerloss

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// memory reads n bytes of a thread that stands still.
func memory(thread int, address uint64, n int) ([]byte, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", thread))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, n)
	read, err := f.ReadAt(data, int64(address))
	return data[:read], err
}

// stringAt reads a path. It reads no further than the page's end at a time: the
// next one may not be there.
func stringAt(thread int, address uint64) (string, error) {
	const page, longest = 4096, 4096
	var text []byte
	for len(text) < longest {
		part, err := memory(thread, address, page-int(address%page))
		if end := bytes.IndexByte(part, 0); end >= 0 {
			return string(append(text, part[:end]...)), nil
		}
		if err != nil {
			return "", err
		}
		text, address = append(text, part...), address+uint64(len(part))
	}
	return "", errors.New("a path without an end")
}
