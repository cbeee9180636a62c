package main

import (
	"time"

	"github.com/spf13/cobra"

	"jeton/security/backup"
)

const backupPath = "/_jeton/backup"

func (p *program) backupCommand() *cobra.Command {
	var f clientFlags
	cmd := p.group(&cobra.Command{Use: "backup", Short: "Save and restore what the cluster holds"},
		p.backupSaveCommand(&f),
		p.backupRestoreCommand(&f),
		p.backupInspectCommand(),
	)
	f.register(cmd.PersistentFlags())
	return cmd
}

const passphraseUsage = "`file` with the passphrase that seals the CA's key in the backup, - for stdin"

// backupInfo is the output of save -o json and of inspect -o json.
type backupInfo struct {
	File        string         `json:"file"`
	ClusterName string         `json:"cluster_name"`
	ClusterUUID string         `json:"cluster_uuid"`
	Former      []string       `json:"former_cluster_uuids"`
	Index       uint64         `json:"index"`
	Made        string         `json:"made"` // RFC 3339, UTC
	Version     string         `json:"version"`
	CAKey       bool           `json:"ca_key"` // it is there, sealed
	Settings    backupSettings `json:"settings"`
	Counts      backupCounts   `json:"counts"`
}

// backupSettings are those of the backup's cluster; "" or 0 is the default.
type backupSettings struct {
	Consistency string `json:"auth.consistency"`
	Lease       int64  `json:"auth.lease_in_millis"`
	MaxAge      int64  `json:"auth.available.max_age_in_millis"`
}

// backupCounts are numbers of records.
type backupCounts struct {
	Users                 int `json:"users"`
	Roles                 int `json:"roles"`
	ApplicationPrivileges int `json:"application_privileges"`
	ServiceAccounts       int `json:"service_accounts"`
	ServiceTokens         int `json:"service_tokens"`
	OAuthTokens           int `json:"oauth_tokens"`
	Successions           int `json:"successions"`
}

func infoOf(file string, r *backup.Reader) backupInfo {
	meta, settings := r.Meta(), r.Settings()
	return backupInfo{
		File: file, ClusterName: meta.ClusterName, ClusterUUID: meta.ClusterUUID, Former: append([]string{}, meta.Former...),
		Index: meta.Index, Made: meta.MadeAt().Format(time.RFC3339), Version: meta.Version, CAKey: r.CA().Key != nil,
		Settings: backupSettings{settings.Consistency, settings.Lease, settings.MaxAge},
		Counts:   backupCounts(meta.Counts),
	}
}
