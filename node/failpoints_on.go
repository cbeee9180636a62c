//go:build failpoints

package node

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"jeton/cluster"
)

// What a program with the tag failpoints reads:
//
//	JETON_FAILPOINTS=round-answer=200ms:0.1,apply-barrier=1s
//	JETON_SNAPSHOT_ENTRIES=64
//
// The first makes a node wait at a point, with that chance, 1 where there is
// none. The second makes it take a snapshot after so many entries, and keep so
// many behind it: then who was away for a little needs the snapshot.
const (
	failpointsVariable = "JETON_FAILPOINTS"
	snapshotVariable   = "JETON_SNAPSHOT_ENTRIES"
)

// failpoint is a wait that happens with some chance.
type failpoint struct {
	wait   time.Duration
	chance float64
}

func failpoints(t cluster.Timing) (cluster.Timing, func(point string), error) {
	points, err := parseFailpoints(os.Getenv(failpointsVariable))
	if err != nil {
		return t, nil, err
	}
	if text := os.Getenv(snapshotVariable); text != "" {
		entries, err := strconv.ParseUint(text, 10, 32)
		if err != nil || entries == 0 {
			return t, nil, fmt.Errorf("%s is %q: give it a number of entries", snapshotVariable, text)
		}
		t.SnapshotThreshold, t.TrailingLogs, t.SnapshotInterval = entries, entries, time.Second
	}
	return t, func(point string) {
		if p := points[point]; rand.Float64() < p.chance {
			time.Sleep(p.wait)
		}
	}, nil
}

func parseFailpoints(text string) (map[string]failpoint, error) {
	known := []string{cluster.PauseRoundAnswer, cluster.PauseLeaseLookup, cluster.PauseApplyBarrier}
	points := map[string]failpoint{}
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		wait, chance, _ := strings.Cut(value, ":")
		d, err := time.ParseDuration(wait)
		share, chanceErr := strconv.ParseFloat(cmp.Or(chance, "1"), 64)
		if err != nil || chanceErr != nil || !slices.Contains(known, name) {
			return nil, fmt.Errorf("%s has %q: give it point=time:chance, a point being one of %s", failpointsVariable, part, strings.Join(known, ", "))
		}
		points[name] = failpoint{d, share}
	}
	return points, nil
}
