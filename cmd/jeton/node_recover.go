package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"jeton/node"
)

// recovered is the output of -o json; without --confirm the second half is missing.
type recovered struct {
	Survivor  *node.Survivor  `json:"survivor,omitempty"`
	Recovered *node.Recovered `json:"recovered,omitempty"`
}

func (p *program) nodeRecoverCommand() *cobra.Command {
	var f configFlags
	var confirm bool
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Make a new cluster of a survivor's disk when the majority is lost for good",
		Long: `Make a new cluster of what one survivor's path.data holds, when the majority of
the voters is lost for good. The node must be stopped.

Without --confirm it prints what the disk holds and changes nothing. Run it so
on every survivor, and recover the one with the highest last term and index,
alone: on it run it with --confirm, then start it. Keep a copy of path.data of
the others, wipe it, and let them join.

What a lost majority had acknowledged after the last index of the survivor is
gone, and cannot be known: a token that was deleted then is good again.`,
		Args: cobra.NoArgs,
	}
	output := outputFlag(cmd.Flags(), "table", "json")
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&confirm, "confirm", false, "do it; the former log is kept beside the new one")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		settings, _, err := node.ReadSettings(p.configDir(f), f.settings, p.environ)
		if err != nil {
			return err
		}
		logger := newLogger(p.stderr, slog.LevelWarn, "text")
		if confirm {
			return p.recover(cmd.Context(), settings.PathData, logger, output.value)
		}
		s, err := node.Inspect(settings.PathData, logger)
		if err != nil {
			return err
		}
		if output.value == "json" {
			return writeJSON(p.stdout, recovered{Survivor: &s})
		}
		return p.printSurvivor(s)
	}
	return cmd
}

func snapshotOf(s node.Survivor) string {
	if s.CertainIndex == 0 {
		return "none"
	}
	return "index " + strconv.FormatUint(s.CertainIndex, 10)
}

func (p *program) printSurvivor(s node.Survivor) error {
	last := "not known"
	if s.LastChange != nil {
		last = s.LastChange.Format(time.RFC3339)
	}
	for _, row := range [][2]string{
		{"cluster", s.ClusterName + " (" + s.ClusterUUID + ")"},
		{"node", s.NodeName + " (" + s.NodeID + ")"},
		{"last term, index", fmt.Sprintf("%d, %d", s.LastTerm, s.LastIndex)},
		{"last snapshot", snapshotOf(s)}, // up to there it is certain that a majority held it
		{"last change", last},
	} {
		fmt.Fprintf(p.stdout, "%-18s%s\n", row[0], visible(row[1]))
	}
	fmt.Fprintln(p.stdout)
	t := table{header: []string{"NAME", "ROLE", "TRANSPORT", "HTTP", "ID"}}
	for _, m := range s.Members {
		t.rows = append(t.rows, []string{m.Name, m.Role, m.TransportAddress, m.HTTPAddress, m.ID})
	}
	if err := t.write(p.stdout); err != nil {
		return err
	}
	fmt.Fprint(p.stderr, `
Nothing was changed. Only when the majority of the voters is lost for good:
  1. run this on every survivor, and choose the one with the highest last term,
     and of those the highest last index;
  2. on that one, and on no other, run it with --confirm, then start the node;
  3. on the others keep a copy of path.data, wipe it, and let them join again.
`)
	return nil
}

func (p *program) waitingForLeases(wait, rest time.Duration) {
	if rest == 0 {
		fmt.Fprintf(p.stderr, "waiting %s, the longest for which a node of the former cluster may go on answering from what it held\n", wait.Round(100*time.Millisecond))
		return
	}
	fmt.Fprintf(p.stderr, `waiting %s for the leases of the former cluster
a node of the former cluster that still runs may go on answering from what it knows for
up to %s after that: stop or fence the others first
`, wait.Round(100*time.Millisecond), rest.Round(time.Second))
}

func (p *program) recover(ctx context.Context, dir string, logger *slog.Logger, form string) error {
	done, err := node.Recover(ctx, node.RecoverOptions{Dir: dir, Logger: logger, Waiting: p.waitingForLeases})
	if err != nil {
		return err
	}
	if done.Before != nil {
		return p.tellRecoveredBefore(done, form)
	}
	if form == "json" {
		if err := writeJSON(p.stdout, recovered{Recovered: &done}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(p.stdout, "%s is a new cluster now, %s, of this node alone, under the new id %s\nthe former log is kept in %s\n",
			visible(done.NodeName), done.ClusterUUID, done.NodeID, visible(done.Kept))
	}
	fmt.Fprint(p.stderr, `
What it holds may contain changes that were never acknowledged, and lacks those that
the lost majority acknowledged after this disk's last index. In particular a token that
was deleted then is good again, and so is a password that was changed: list them with
`+"`jeton token list NAMESPACE/SERVICE`"+`, and delete or rotate what is in doubt.
Start the node now. All other nodes of the former cluster must be wiped before they
are started: two of them would still be the former cluster.
`)
	return nil
}

// tellRecoveredBefore is no failure: who repeats a command wants what it made.
func (p *program) tellRecoveredBefore(done node.Recovered, form string) error {
	if form == "json" {
		return writeJSON(p.stdout, recovered{Recovered: &done})
	}
	fmt.Fprintf(p.stdout, "this disk was recovered already as cluster %s on %s: start the node\n",
		done.ClusterUUID, done.Before.Format(time.RFC3339))
	if done.Kept != "" {
		fmt.Fprintf(p.stdout, "the former log is kept in %s\n", visible(done.Kept))
	}
	return nil
}
