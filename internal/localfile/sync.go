package localfile

// SyncDir makes the names in a directory survive a power cut, as far as the
// system can.
func SyncDir(dir string) error { return syncDir(dir) }
