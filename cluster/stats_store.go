package cluster

import "time"

// LogStoreStats is how the file of Raft's log is doing. Times and counts are since
// it was opened.
type LogStoreStats struct {
	FreePages     int    // that hold nothing any more, and are used again
	PendingPages  int    // that will be free once a reader has gone
	FreeBytes     int    // of the free pages
	FreelistBytes int    // of the list of them
	OpenReads     int    // transactions
	Reads         int    // transactions
	Writes        uint64 // to the disk
	WriteTime     time.Duration
	SpillTime     time.Duration // spent on laying out pages before a write
	RebalanceTime time.Duration // spent on merging pages after a deletion
	PagesTaken    uint64
	BytesTaken    uint64 // by those pages
}

// LogStoreStats returns the figures as they are now.
func (c *Cluster) LogStoreStats() LogStoreStats {
	s := c.stores.stats()
	tx := &s.TxStats
	return LogStoreStats{
		FreePages: s.FreePageN, PendingPages: s.PendingPageN, FreeBytes: s.FreeAlloc, FreelistBytes: s.FreelistInuse,
		OpenReads: s.OpenTxN, Reads: s.TxN,
		Writes: uint64(tx.GetWrite()), WriteTime: tx.GetWriteTime(), SpillTime: tx.GetSpillTime(), RebalanceTime: tx.GetRebalanceTime(),
		PagesTaken: uint64(tx.GetPageCount()), BytesTaken: uint64(tx.GetPageAlloc()),
	}
}
