package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"jeton/security/backup"
)

// restored is the answer of a restore and the output of -o json.
type restored struct {
	ID        string `json:"id"`
	At        string `json:"at"`
	By        string `json:"by"`
	DryRun    bool   `json:"dry_run"`
	BringBack bool   `json:"bring_back"`
	Foreign   bool   `json:"foreign"`
	Backup    struct {
		ClusterUUID string `json:"cluster_uuid"`
		ClusterName string `json:"cluster_name"`
		Index       uint64 `json:"index"`
		Made        string `json:"made"`
		Version     string `json:"version"`
	} `json:"backup"`
	ElasticPassword string            `json:"elastic_password"`
	CA              string            `json:"ca"`
	Counts          backupCounts      `json:"counts"`
	Records         []restoredRecords `json:"records"`
}

type restoredRecords struct {
	Kind  string   `json:"kind"`
	What  string   `json:"what"`
	Total int      `json:"total"`
	Names []string `json:"names"`
}

// restoreFlags are what restore takes beside the file.
type restoreFlags struct {
	passphraseFile    string
	id                string
	bringBack, dryRun bool
}

func (p *program) backupRestoreCommand(f *clientFlags) *cobra.Command {
	var r restoreFlags
	cmd := &cobra.Command{
		Use:   "restore FILE|-",
		Short: "Replace what the cluster holds by a backup, from a file or stdin",
		Long: `Replace users, roles, service accounts and tokens by those of a backup, at all
nodes with one step. What was revoked after the backup was made stays revoked, and
what was made after it is gone; the answer names both. Members, the CA and the
cluster's settings stay. Try it with --dry-run first.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&r.passphraseFile, "passphrase-file", "", passphraseUsage)
	cmd.Flags().StringVar(&r.id, "id", "", "name of the restore; give the same one to repeat it safely (default a random one)")
	cmd.Flags().BoolVar(&r.bringBack, "bring-back", false, "bring back also what was revoked, rotated or disabled after the backup was made")
	cmd.Flags().BoolVar(&r.dryRun, "dry-run", false, "tell what would become of the records, and change nothing")
	output := outputFlag(cmd.Flags(), "table", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if args[0] == "-" && (r.passphraseFile == "-" || f.passwordFile == "-" || f.tokenFile == "-") {
			return usageErrorf("the backup and a secret cannot both come from stdin: give one of them in a file")
		}
		c, err := p.client(*f)
		if err != nil {
			return err
		}
		body, err := p.restoreBody(args[0], r.passphraseFile)
		if err != nil {
			return err
		}
		defer body.Close()
		var answer restored
		if err := c.patient().upload(cmd.Context(), r.path(), body, &answer); err != nil {
			return err
		}
		if output.value == "json" {
			return writeJSON(p.stdout, answer)
		}
		answer.explain(p.stderr)
		if len(answer.Records) == 0 {
			_, err := fmt.Fprintln(p.stdout, "nothing differs")
			return err
		}
		return answer.table().write(p.stdout)
	}
	return cmd
}

func (r restoreFlags) path() string {
	query := url.Values{}
	if r.id != "" {
		query.Set("id", r.id)
	}
	if r.bringBack {
		query.Set("bring_back", "true")
	}
	if r.dryRun {
		query.Set("dry_run", "true")
	}
	path := backupPath + "/_restore"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// restoreBody is the file, checked, behind the line with the passphrase if there
// is one.
func (p *program) restoreBody(path, passphraseFile string) (io.ReadCloser, error) {
	head := ""
	if passphraseFile != "" {
		passphrase, err := p.readPassphrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		line, err := json.Marshal(map[string]string{"passphrase": passphrase})
		if err != nil {
			return nil, err
		}
		head = string(line) + "\n"
	}
	f, err := p.openBackup(path)
	if err != nil {
		return nil, err
	}
	if _, err := backup.Check(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w; nothing was changed", path, err), f.Close())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(strings.NewReader(head), f), f}, nil
}

// fates are the words for what became of records.
var fates = map[string]string{
	"stays_revoked": "stays revoked",
	"stays_as_is":   "keeps its later change",
	"returned":      "is back",
	"overwritten":   "is as in the backup again",
	"dropped":       "is dropped: made later",
}

const maxShown = 20 // names of one fate in the table; -o json has them all

func (r restored) table() table {
	t := table{header: []string{"KIND", "WHAT", "TOTAL", "NAMES"}}
	for _, l := range r.Records {
		what, known := fates[l.What]
		if !known {
			what = l.What
		}
		names := strings.Join(l.Names[:min(len(l.Names), maxShown)], " ")
		if l.Total > min(len(l.Names), maxShown) {
			names += " …"
		}
		t.rows = append(t.rows, []string{strings.ReplaceAll(l.Kind, "_", " "), what, fmt.Sprint(l.Total), names})
	}
	return t
}

// explain says what no table can.
func (r restored) explain(w io.Writer) {
	done := "restored"
	if r.DryRun {
		done = "nothing was changed; this restore would take"
	}
	fmt.Fprintf(w, "%s: backup of cluster %s, log index %d, made %s (restore %s)\n", done, visible(r.Backup.ClusterName), r.Backup.Index, r.Backup.Made, visible(r.ID))
	if r.Foreign {
		fmt.Fprintf(w, "The backup is of another cluster: it cannot be known here what was revoked there after %s.\n"+
			"Compare with that cluster, or rotate what may have been: 'jeton token list', 'GET /_security/user'.\n", r.Backup.Made)
	}
	if r.ElasticPassword == "from_backup" {
		fmt.Fprintln(w, "The password of elastic is the one of the backup; 'jeton reset-password -u elastic' gives it another.")
	}
	switch r.CA {
	case "kept":
		fmt.Fprintln(w, "The cluster keeps its own CA; the backup's is another.")
	case "stays_replaced":
		fmt.Fprintln(w, "The cluster keeps its own CA: the CA was replaced since; --bring-back goes over to the backup's.")
	case "rotation_started":
		fmt.Fprintln(w, "The cluster goes over to the CA of the backup.")
	case "would_rotate":
		fmt.Fprintln(w, "The cluster would go over to the CA of the backup.")
	case "rotation_failed":
		fmt.Fprintln(w, "The records are restored, but the way to the CA of the backup could not be begun; the log of the node has the reason.")
	}
}
