package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"jeton/security/backup"
)

func (p *program) backupSaveCommand(f *clientFlags) *cobra.Command {
	var passphraseFile string
	var force bool
	cmd := &cobra.Command{
		Use:   "save FILE|-",
		Short: "Save a backup of the cluster's state to a file, or to stdout",
		Long: `Save a backup of the cluster's state, as any node has it once it has asked the
leader. The file is checked before it gets its name, and readable by you only: it
holds the hashes of passwords and tokens. The key of the cluster's CA is in it
only with --passphrase-file, sealed.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&passphraseFile, "passphrase-file", "", passphraseUsage)
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it exists")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := needDirectoryOf(args[0]); err != nil {
			return err
		}
		c, err := p.client(*f)
		if err != nil {
			return err
		}
		r, err := p.saveRequest(passphraseFile)
		if err != nil {
			return err
		}
		download := func(to io.Writer) error {
			return c.patient().download(cmd.Context(), r, func(from io.Reader) error {
				_, err := io.Copy(to, from)
				return err
			})
		}
		if args[0] == "-" {
			return p.saveToStdout(download)
		}
		return p.saveToFile(args[0], force, download)
	}
	return cmd
}

func (p *program) saveRequest(passphraseFile string) (request, error) {
	r := request{method: http.MethodGet, path: backupPath}
	if passphraseFile == "" {
		return r, nil
	}
	passphrase, err := p.readPassphrase(passphraseFile)
	r.method, r.body = http.MethodPost, map[string]string{"passphrase": passphrase}
	return r, err
}

func (p *program) saveToFile(path string, force bool, download func(io.Writer) error) error {
	meta, size, err := backup.WriteFile(path, force, download)
	if errors.Is(err, backup.ErrFileExists) {
		return fmt.Errorf("%w; nothing was written: give another name, or --force", err)
	}
	if err != nil {
		return fmt.Errorf("no backup was saved: %w", err)
	}
	fmt.Fprintf(p.stderr, "saved %s: %d bytes, %d records, log index %d of cluster %s\n", path, size, meta.Counts.All(), meta.Index, visible(meta.ClusterName))
	return nil
}

// saveToStdout checks what it passes on; what was found out at the end is told by
// the exit code.
func (p *program) saveToStdout(download func(io.Writer) error) error {
	checked, feed := io.Pipe()
	result := make(chan error, 1)
	go func() {
		_, err := backup.Check(checked)
		_, _ = io.Copy(io.Discard, checked) // a writer that waits must not wait for ever
		result <- err
	}()
	err := download(io.MultiWriter(p.stdout, feed))
	_ = feed.Close()
	return errors.Join(err, <-result)
}
