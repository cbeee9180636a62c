package backup

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"jeton/fsm"
)

// What a cluster remembers of a backup stays in its state.
func TestABackupOfAClusterWithAHugeUUIDIsRefused(t *testing.T) {
	for what, text := range map[string]string{
		"its own": `{"cluster_uuid":"` + strings.Repeat("u", fsm.MaxUUID+1) + `"}`,
		"former":  `{"cluster_uuid":"u","former":["f","` + strings.Repeat("u", 900<<10) + `"]}`,
	} {
		whole := header + `{"meta":` + text + "}\n" + `{"ca":{"certificate":"c"}}` + "\n" + `{"settings":{"version":1}}` + "\n"
		_, err := NewReader(strings.NewReader(whole))
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "cluster_uuid") {
			t.Errorf("%s: %v", what, err)
		}
	}
	longest := bytes.ReplaceAll(written(t, Backup{State: world(t, 1)}), []byte(`"cluster_uuid":"uuid"`),
		[]byte(`"cluster_uuid":"`+strings.Repeat("u", fsm.MaxUUID)+`"`))
	if r, err := NewReader(bytes.NewReader(longest)); err != nil || len(r.Meta().ClusterUUID) != fsm.MaxUUID {
		t.Errorf("the longest that is allowed: %v", err)
	}
}
