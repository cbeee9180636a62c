package fsm

import "slices"

// RecoverCluster makes another cluster of what a survivor's disk holds: one of the
// survivor alone, under a new id. It is never proposed: `jeton node recover` applies
// it at the last index of the disk, before the snapshot that the cluster begins with.
type RecoverCluster struct {
	UUID   string `json:"uuid"`   // of the new cluster
	Member Member `json:"member"` // the survivor, by its new id
	// Retired are ids beside those of the members: the servers of the
	// configuration.
	Retired []string `json:"retired"`
	Level   int      `json:"level"` // what the survivor knows, who is all members
	// Outstanding is, in milliseconds, what of Settings.Former was not waited for
	// before the disk was touched: it goes on to count.
	Outstanding int64 `json:"outstanding,omitempty"`
}

// Type implements Command.
func (*RecoverCluster) Type() string { return "recover_cluster" }

func (c *RecoverCluster) apply(next *State) Code {
	if next.cluster == nil || next.cluster.UUID == c.UUID {
		return NotFound
	}
	cluster := *next.cluster
	cluster.Former, cluster.UUID = append(slices.Clone(cluster.Former), cluster.UUID), c.UUID
	next.cluster = &cluster
	ids := slices.Clone(c.Retired)
	for m := range next.Members() {
		ids = append(ids, m.ID)
	}
	for _, id := range ids {
		next.members = remove(next.members, id)
		next.replicas = remove(next.replicas, id)
		next.removed = put(next.removed, id, &id)
	}
	next.members = put(next.members, c.Member.ID, &c.Member)
	for _, t := range all(next.joinTokens) {
		next.joinTokens = remove(next.joinTokens, t.ID)
	}
	if next.settings != nil {
		settings := *next.settings
		settings.Former = min(settings.Former, c.Outstanding)
		next.settings = &settings
	}
	next.level = max(next.Level(), c.Level)
	return OK
}
