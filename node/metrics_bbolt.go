package node

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"jeton/cluster"
)

// logStore is false before this node is part of a cluster.
func (l *link) logStore() (s cluster.LogStoreStats, ok bool) {
	c := l.cluster.Load()
	if c == nil {
		return s, false
	}
	return c.LogStoreStats(), true
}

// newLogStoreCollector tells of bbolt, the file of Raft's log.
func newLogStoreCollector(stats func() (cluster.LogStoreStats, bool)) prometheus.Collector {
	type s = cluster.LogStoreStats
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	seconds := func(of func(s) time.Duration) func(s) float64 {
		return func(now s) float64 { return of(now).Seconds() }
	}
	return newMeasures(stats, []measure[s]{
		{"jeton_bbolt_free_pages", "Pages of the log's file that hold nothing any more and will be used again.", gauge, func(n s) float64 { return float64(n.FreePages) }},
		{"jeton_bbolt_pending_pages", "Pages of the log's file that will be free once a reader has gone.", gauge, func(n s) float64 { return float64(n.PendingPages) }},
		{"jeton_bbolt_free_bytes", "What the free and the pending pages take of the log's file.", gauge, func(n s) float64 { return float64(n.FreeBytes) }},
		{"jeton_bbolt_freelist_bytes", "Memory that the list of free pages would take on the disk; a long one makes commits slow.", gauge, func(n s) float64 { return float64(n.FreelistBytes) }},
		{"jeton_bbolt_open_reads", "Read transactions of the log's file that are open now.", gauge, func(n s) float64 { return float64(n.OpenReads) }},
		{"jeton_bbolt_reads_total", "Read transactions of the log's file.", counter, func(n s) float64 { return float64(n.Reads) }},
		{"jeton_bbolt_writes_total", "Writes to the log's file, each of some pages.", counter, func(n s) float64 { return float64(n.Writes) }},
		{"jeton_bbolt_write_seconds_total", "Time spent on writing to the log's file and on syncing it.", counter, seconds(func(n s) time.Duration { return n.WriteTime })},
		{"jeton_bbolt_spill_seconds_total", "Time spent on laying out pages before they were written.", counter, seconds(func(n s) time.Duration { return n.SpillTime })},
		{"jeton_bbolt_rebalance_seconds_total", "Time spent on merging pages after deletions.", counter, seconds(func(n s) time.Duration { return n.RebalanceTime })},
		{"jeton_bbolt_pages_taken_total", "Pages that write transactions have taken.", counter, func(n s) float64 { return float64(n.PagesTaken) }},
		{"jeton_bbolt_page_bytes_taken_total", "What these pages hold.", counter, func(n s) float64 { return float64(n.BytesTaken) }},
	})
}
