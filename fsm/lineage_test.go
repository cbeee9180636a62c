package fsm

import (
	"fmt"
	"strings"
	"testing"
)

// restored is a restore of an empty backup of a cluster that says so of itself.
func (s *story) restored(id string, source BackupSource) Code {
	s.t.Helper()
	s.mustDo(&StageRestore{Stage: id, Digest: "d"})
	return s.do(&CommitRestore{ID: id, Stage: id, Chunks: 1, Digest: ChainDigest("", "d"), Reserved: "elastic", Source: source})
}

func uuidOf(length int, i int) string { return fmt.Sprint(i, strings.Repeat("z", length))[:length] }

// Each of them fits an entry; all together would fit no snapshot.
func TestARestoreOfAClusterWithAHugeUUIDIsRefused(t *testing.T) {
	s := founded(t)
	for i, source := range []BackupSource{
		{ClusterUUID: uuidOf(MaxUUID+1, 0)},
		{ClusterUUID: "other", Former: []string{"older", uuidOf(900<<10, 1)}},
	} {
		want(t, fmt.Sprintf("the outcome of %d", i), s.restored(fmt.Sprint("r", i), source), Incomplete)
		want(t, "clusters remembered", len(s.Current().Lineage()), len(founding().Cluster.Former))
	}
}

func TestASnapshotHoldsTheLongestLineage(t *testing.T) {
	s := founded(t)
	source := BackupSource{ClusterUUID: uuidOf(MaxUUID, 0)}
	for i := range maxLineage - 1 {
		source.Former = append(source.Former, uuidOf(MaxUUID, i+1))
	}
	want(t, "the outcome", s.restored("r", source), OK)
	want(t, "of one more", s.restored("r2", BackupSource{ClusterUUID: "one more"}), Full)
	other := newStory(t)
	other.restore(saved(t, s.Machine))
	wantSame(t, s.Machine, other.Machine)
}
