package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"jeton/security/backup"
)

func (p *program) backupInspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect FILE|-",
		Short: "Check a backup and tell what it holds, without a node",
		Args:  cobra.ExactArgs(1),
	}
	output := outputFlag(cmd.Flags(), "table", "json")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		f, err := p.openBackup(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		r, err := backup.Check(f)
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		info := infoOf(args[0], r)
		if output.value == "json" {
			return writeJSON(p.stdout, info)
		}
		return info.table().write(p.stdout)
	}
	return cmd
}

func (i backupInfo) table() table {
	t := table{header: []string{"BACKUP", i.File}}
	add := func(name, value string) { t.rows = append(t.rows, []string{name, value}) }
	add("cluster", i.ClusterName)
	add("cluster uuid", i.ClusterUUID)
	add("former clusters", strings.Join(i.Former, " "))
	add("log index", strconv.FormatUint(i.Index, 10))
	add("made", i.Made)
	add("by jeton", i.Version)
	add("CA key", map[bool]string{true: "sealed", false: "not in it"}[i.CAKey])
	add("auth.consistency", i.Settings.Consistency)
	for _, c := range i.Counts.rows() {
		add(c.name, strconv.Itoa(c.n))
	}
	return t
}

type namedCount struct {
	name string
	n    int
}

func (c backupCounts) rows() []namedCount {
	return []namedCount{
		{"users", c.Users}, {"roles", c.Roles}, {"application privileges", c.ApplicationPrivileges},
		{"service accounts", c.ServiceAccounts}, {"service tokens", c.ServiceTokens}, {"OAuth tokens", c.OAuthTokens},
	}
}
