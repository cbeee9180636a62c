//go:build failpoints

package node

import (
	"testing"
	"time"
)

func TestFailpointsAreRead(t *testing.T) {
	points, err := parseFailpoints("round-answer=200ms:0.1,apply-barrier=1s")
	if err != nil {
		t.Fatal(err)
	}
	if p := points["round-answer"]; p.wait != 200*time.Millisecond || p.chance != 0.1 {
		t.Errorf("round-answer is %+v", p)
	}
	if p := points["apply-barrier"]; p.wait != time.Second || p.chance != 1 {
		t.Errorf("apply-barrier is %+v", p)
	}
	for _, text := range []string{"nowhere=1s", "round-answer", "round-answer=soon", "round-answer=1s:often"} {
		if _, err := parseFailpoints(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
