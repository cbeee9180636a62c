package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// caPoll is how often a rotation that is waited for is looked at.
const caPoll = 300 * time.Millisecond

func (p *program) caRotateCommand(f *clientFlags) *cobra.Command {
	var prepare bool
	timeout := 10 * time.Minute
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Replace the cluster's CA by a new one, without downtime",
		Long: `Replace the cluster's CA by a new one, without downtime: every node learns to
trust the new CA, then every node gets a certificate of it, then the former one is
trusted no more. The cluster does it by itself; the command waits for the end, and
to end it early loses nothing.

With --prepare only the first of the three is done: give clients both certificates,
of 'jeton node ca', before 'jeton ca rotate' goes on.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.client(*f)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return p.rotateCA(ctx, c, prepare, timeout)
		},
	}
	cmd.Flags().BoolVar(&prepare, "prepare", false, "begin only: nodes trust the new CA and do not use it yet")
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "how long to wait for the end")
	return cmd
}

func (p *program) rotateCA(ctx context.Context, c *client, prepare bool, timeout time.Duration) error {
	before, err := c.ca(ctx)
	if err != nil {
		return err
	}
	if prepare && before.Stage != "idle" && before.Stage != "prepared" {
		return errors.New("a rotation is under way already: `jeton ca status` shows what it waits for")
	}
	r := request{method: http.MethodPost, path: "/_jeton/ca/_rotate"}
	if prepare {
		r.body = map[string]bool{"prepare": true}
	}
	if err := c.do(ctx, r, nil); err != nil {
		return err
	}
	w := &caWaiter{program: p, client: c, before: before, prepare: prepare}
	for {
		done, err := w.look(ctx)
		if done || err != nil {
			return err
		}
		select {
		case <-time.After(caPoll):
		case <-ctx.Done():
			return fmt.Errorf("the rotation has not ended within %s, and goes on by itself: `jeton ca status` shows what it waits for", timeout)
		}
	}
}

// caWaiter follows a rotation and tells of its progress.
type caWaiter struct {
	*program
	client  *client
	before  caView
	prepare bool
	told    string // the latest line
}

// look is done when the rotation has come as far as it was asked to. A node that
// does not answer is asked again: it may be the one that is restarted.
func (w *caWaiter) look(ctx context.Context) (done bool, err error) {
	view, err := w.client.ca(ctx)
	var refused *serverError
	if errors.As(err, &refused) && refused.status < http.StatusInternalServerError {
		return false, err
	}
	if err != nil {
		if ctx.Err() == nil {
			w.tell(err.Error() + "; trying again")
		}
		return false, nil
	}
	w.client.alsoTrust(view.Certificate)
	waits := false
	for _, n := range view.Nodes {
		waits = waits || n.Waits != ""
	}
	switch {
	case w.prepare && view.Stage == "prepared" && !waits:
		fmt.Fprintln(w.stdout, "every node trusts the next CA; give clients the certificates of `jeton node ca`, then go on with `jeton ca rotate`")
		return true, nil
	case !w.prepare && w.over(view):
		fmt.Fprintf(w.stdout, "the cluster's CA is %s now; give clients its certificate, of `jeton node ca`\n", shortFingerprint(view.fingerprint("current")))
		return true, nil
	}
	w.progress(view)
	return false, nil
}

// over: another node may answer than the one that was asked to begin, and not have
// heard of it yet.
func (w *caWaiter) over(view caView) bool {
	if view.Stage != "idle" {
		return false
	}
	current := view.fingerprint("current")
	if w.before.Stage == "renewing" {
		return current == w.before.fingerprint("current")
	}
	return current != w.before.fingerprint("current")
}

var caProgress = map[string]string{
	"prepared": "every node learns to trust the next CA",
	"trusting": "every node learns to trust the next CA",
	"renewing": "every node gets a certificate of the new CA",
}

func (w *caWaiter) progress(view caView) {
	stage, known := caProgress[view.Stage]
	if !known {
		return
	}
	line := stage
	for _, n := range view.Nodes {
		if n.Waits != "" {
			line += "\n  " + visible(n.Name) + " " + visible(n.Waits)
		}
	}
	w.tell(line)
}

// tell prints a line to the person who waits, once.
func (w *caWaiter) tell(line string) {
	if line != w.told {
		fmt.Fprintln(w.stderr, line)
		w.told = line
	}
}

// alsoTrust makes later connections trust the cluster's CAs too, where the client
// was given CAs to trust: in the middle of a rotation nodes begin to show
// certificates of the other one.
func (c *client) alsoTrust(cas string) {
	transport, ok := c.http.Transport.(*http.Transport)
	if !ok || transport.TLSClientConfig.RootCAs == nil {
		return
	}
	roots := transport.TLSClientConfig.RootCAs.Clone()
	if !roots.AppendCertsFromPEM([]byte(cas)) || roots.Equal(transport.TLSClientConfig.RootCAs) {
		return
	}
	next := transport.Clone()
	next.TLSClientConfig.RootCAs = roots
	c.http.Transport = next
}
