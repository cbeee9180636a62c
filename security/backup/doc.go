// Package backup owns the form of a backup: text that holds what of the
// replicated state survives the cluster that it was made in.
//
// The first line names the format and its version. The second says of what
// cluster and moment the backup is and how many records of each kind it holds,
// the third holds the certificate of the cluster's CA (and its key, only ever
// sealed under a passphrase), the fourth the settings. Then comes one JSON object
// a line for each record, and last the SHA-256 of everything before it: a backup
// without it has lost its end.
//
// Members, the ids of removed ones, join tokens and the memory of proposals are
// not in it: they belong to one cluster and to its life.
//
// It does not know who may make a backup or bring one in, nor what becomes of the
// records then: see security and fsm.
package backup
