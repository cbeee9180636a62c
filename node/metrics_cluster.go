package node

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"jeton/cluster"
	"jeton/security"
)

// reading is a node at the moment of a question.
type reading struct {
	index    uint64 // that the state holds
	settings security.Settings
	level    int // the cluster's feature level
	backups  backupStats
	shed     uint64 // callers whose own source had too many waiting
	// open: this node is part of a cluster; only then the rest says something.
	open    bool
	stats   cluster.Stats
	members []security.Member
	// told: a leader has said how it finds the members a moment ago.
	told     bool
	overview security.Overview
	replicas int // members that are never to vote
}

// silent counts the members that do not answer the leader.
func (r reading) silent() (n float64) {
	for _, m := range r.overview.Members {
		if m.Silent {
			n++
		}
	}
	return n
}

// reading asks nobody but this node.
func (l *link) reading() reading {
	state := l.state.Current()
	r := reading{index: state.Index(), settings: security.SettingsOf(state), level: state.Level(), shed: l.service.Shed()}
	if c := l.cluster.Load(); c != nil {
		r.open, r.stats, r.members = true, c.Stats(), l.Members()
		r.overview, r.told = l.Overview()
		for _, m := range r.members {
			if state.Replica(m.ID) {
				r.replicas++
			}
		}
	}
	return r
}

func (n *Node) reading() reading {
	r := n.link.reading()
	r.backups = n.backups.read()
	return r
}

// stats is how this node is doing, for the other nodes and for probes.
func (n *Node) stats() security.NodeStats {
	s := machineStats(n.opts.Version)
	if c := n.link.cluster.Load(); c != nil {
		s.LeaseMillis = c.Stats().Lease.Milliseconds()
		s.CertificateExpires = n.certs.certificate().Leaf.NotAfter.UnixMilli()
	}
	return s
}

func (r reading) leaderKnown() bool {
	for _, m := range r.members {
		if m.Leader {
			return true
		}
	}
	return false
}

// membersWho counts those that vote, or those that do not.
func (r reading) membersWho(vote bool) (n float64) {
	for _, m := range r.members {
		if m.Voter == vote {
			n++
		}
	}
	return n
}

// nodeNumber is one number of a reading. Numbers of one name are one metric with
// several values of its label, and stand together.
type nodeNumber struct {
	name, help   string
	label, value string // "" without a label
	kind         prometheus.ValueType
	of           func(reading) float64
	always       bool // there before this node is part of a cluster, too
	told         bool // there only while a leader tells how it finds the members
}

// nodeNumbers is the table of what a node tells of itself.
func nodeNumbers() []nodeNumber {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	const members, membersHelp = "jeton_cluster_members", "Members of the cluster as this node knows them, by whether they vote."
	const sheds, shedsHelp = "jeton_sheds_total", "Callers who were refused because too many waited for a round already: of their own source, or in all."
	const mode, modeHelp = "jeton_consistency_mode", "1 for the value of the setting auth.consistency, 0 for the others."
	return []nodeNumber{
		{name: "jeton_state_index", help: "Log index of the last command that this node's state holds.", kind: gauge, always: true, of: func(r reading) float64 { return float64(r.index) }},
		{name: "jeton_feature_level", help: "The cluster's feature level: what every member's release knows.", kind: gauge, always: true, of: func(r reading) float64 { return float64(r.level) }},
		{name: mode, help: modeHelp, label: "mode", value: security.ConsistencyLease, kind: gauge, always: true, of: inMode(security.ConsistencyLease)},
		{name: mode, help: modeHelp, label: "mode", value: security.ConsistencyQuorum, kind: gauge, always: true, of: inMode(security.ConsistencyQuorum)},
		{name: mode, help: modeHelp, label: "mode", value: security.ConsistencyAvailable, kind: gauge, always: true, of: inMode(security.ConsistencyAvailable)},
		{name: "jeton_lease_duration_seconds", help: "The setting auth.lease.", kind: gauge, always: true, of: func(r reading) float64 { return r.settings.Lease.Seconds() }},

		{name: "jeton_backup_interval_seconds", help: "The setting backup.interval; 0: this node makes no backups by itself.", kind: gauge, always: true, of: func(r reading) float64 { return r.backups.interval.Seconds() }},
		{name: "jeton_backup_last_success_timestamp_seconds", help: "When this node's newest backup was made, in Unix time; 0: there is none.", kind: gauge, always: true, of: func(r reading) float64 { return unixSeconds(r.backups.last) }},
		{name: "jeton_backup_failures_total", help: "Backups of the schedule that could not be made; the log says why.", kind: counter, always: true, of: func(r reading) float64 { return float64(r.backups.failures) }},
		{name: "jeton_backup_size_bytes", help: "Size of the newest backup since the start; 0: there is none since.", kind: gauge, always: true, of: func(r reading) float64 { return float64(r.backups.size) }},
		{name: "jeton_backup_duration_seconds", help: "Time that the newest backup since the start took.", kind: gauge, always: true, of: func(r reading) float64 { return r.backups.took.Seconds() }},

		{name: members, help: membersHelp, label: "role", value: "voter", kind: gauge, of: func(r reading) float64 { return r.membersWho(true) }},
		{name: members, help: membersHelp, label: "role", value: "nonvoter", kind: gauge, of: func(r reading) float64 { return r.membersWho(false) }},
		{name: "jeton_cluster_replicas", help: "Members of the cluster that are read replicas: they never vote.", kind: gauge, of: func(r reading) float64 { return float64(r.replicas) }},
		{name: "jeton_failure_tolerance", help: "How many voters may fail before there is no majority, as the leader has found. It is not there while no leader tells.", kind: gauge, told: true, of: func(r reading) float64 { return float64(r.overview.FailureTolerance) }},
		{name: "jeton_cluster_members_silent", help: "Members that do not answer the leader. It is not there while no leader tells.", kind: gauge, told: true, of: reading.silent},
		{name: "jeton_autopilot_removals_total", help: "Dead members that this node has removed by itself as the leader.", kind: counter, of: func(r reading) float64 { return float64(r.stats.Cleanups) }},
		{name: "jeton_cluster_leader_known", help: "1 when this node knows of a leader, itself included, else 0.", kind: gauge, of: func(r reading) float64 { return oneIf(r.leaderKnown()) }},
		{name: "jeton_cluster_leads", help: "1 when this node leads, as far as it knows, else 0.", kind: gauge, of: func(r reading) float64 { return oneIf(r.stats.Leads) }},
		{name: "jeton_cluster_term", help: "Term of the latest election that this node has heard of.", kind: gauge, of: func(r reading) float64 { return float64(r.stats.Term) }},

		{name: "jeton_lease_remaining_seconds", help: "What is left of this node's lease; 0 when it has none and asks a leader instead.", kind: gauge, of: func(r reading) float64 { return r.stats.Lease.Seconds() }},
		{name: "jeton_leases_taken_total", help: "Leases that this node has taken on; each replaces the one before.", kind: counter, of: func(r reading) float64 { return float64(r.stats.LeasesTaken) }},
		{name: "jeton_clock_anomalies_total", help: "Leases that were dropped because this machine's clocks went apart.", kind: counter, of: func(r reading) float64 { return float64(r.stats.ClockAnomalies) }},

		{name: "jeton_rounds_total", help: "Rounds of this node with the leader, those that failed included.", kind: counter, of: func(r reading) float64 { return float64(r.stats.Rounds) }},
		{name: "jeton_rounds_failed_total", help: "Rounds of this node that found no leader to answer.", kind: counter, of: func(r reading) float64 { return float64(r.stats.RoundsFailed) }},
		{name: "jeton_round_seconds_total", help: "Time spent in all rounds of this node.", kind: counter, of: func(r reading) float64 { return r.stats.RoundSeconds }},
		{name: sheds, help: shedsHelp, label: "limit", value: "source", kind: counter, of: func(r reading) float64 { return float64(r.shed) }},
		{name: sheds, help: shedsHelp, label: "limit", value: "node", kind: counter, of: func(r reading) float64 { return float64(r.stats.Shed) }},

		{name: "jeton_barriers_total", help: "Changes which take authority away that waited here, at the leader, for all nodes or for the end of their leases.", kind: counter, of: func(r reading) float64 { return float64(r.stats.Barriers) }},
		{name: "jeton_barrier_timeouts_total", help: "Of the waits that jeton_barriers_total counts, those that ended too soon; the outcome was told as unknown.", kind: counter, of: func(r reading) float64 { return float64(r.stats.BarrierTimeouts) }},
		{name: "jeton_barrier_seconds_total", help: "Time spent in the waits that jeton_barriers_total counts.", kind: counter, of: func(r reading) float64 { return r.stats.BarrierSeconds }},
	}
}

func inMode(mode string) func(reading) float64 {
	return func(r reading) float64 { return oneIf(r.settings.Consistency == mode) }
}

func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// nodeCollector shows Prometheus a node's numbers.
type nodeCollector struct {
	read    func() reading
	numbers []describedNumber
}

type describedNumber struct {
	nodeNumber
	desc *prometheus.Desc
}

func newNodeCollector(read func() reading) *nodeCollector {
	c := &nodeCollector{read: read}
	for _, n := range nodeNumbers() {
		var labels prometheus.Labels
		if n.label != "" {
			labels = prometheus.Labels{n.label: n.value}
		}
		c.numbers = append(c.numbers, describedNumber{n, prometheus.NewDesc(n.name, n.help, nil, labels)})
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *nodeCollector) Describe(out chan<- *prometheus.Desc) {
	for _, n := range c.numbers {
		out <- n.desc
	}
}

// Collect implements prometheus.Collector. All numbers are of one reading.
func (c *nodeCollector) Collect(out chan<- prometheus.Metric) {
	now := c.read()
	for _, n := range c.numbers {
		if (n.always || now.open) && (!n.told || now.told) {
			out <- prometheus.MustNewConstMetric(n.desc, n.kind, n.of(now))
		}
	}
}
