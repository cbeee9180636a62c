package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jeton/node"
)

type readyOptions struct {
	local   localFlags
	timeout time.Duration
}

// localFlags say where the node on this machine is. What no flag says the
// environment may, and then the node's settings.
type localFlags struct {
	url    string
	caCert string
	config configFlags
}

func (f *localFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.url, "url", "", "address of the node (JETON_URL)")
	flags.StringVar(&f.caCert, "cacert", "", "`file` with the CA certificates to trust (JETON_CACERT; default path.data/ca.crt, unless the node was given a certificate)")
	f.config.register(flags)
}

func (p *program) readyCommand() *cobra.Command {
	var o readyOptions
	cmd := &cobra.Command{
		Use:   "ready",
		Short: "Exit with 0 when the node is ready, else with 1",
		Long: `Exit with 0 when the node answers /readyz with 200, else with 1. No credentials are needed.

Without --url and JETON_URL the node is looked for where its settings say, on
this machine.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.localClient(o.local, o.timeout)
			var absent *noCAError
			if errors.As(err, &absent) {
				return fmt.Errorf("the node has not joined a cluster yet: it has no CA, %s is not there (if another file was meant, name it with --cacert or JETON_CACERT)", absent.path)
			}
			if err != nil {
				return err
			}
			return notReady(c, c.do(cmd.Context(), request{method: http.MethodGet, path: "/readyz?verbose"}, nil))
		},
	}
	cmd.Flags().DurationVar(&o.timeout, "timeout", 3*time.Second, "how long to wait for the answer")
	o.local.register(cmd.Flags())
	return cmd
}

// notReady tells what the node says, or why it cannot; nil for nil.
func notReady(c *client, err error) error {
	var refused *serverError
	var untrusted *untrustedError
	switch {
	case errors.As(err, &refused):
		if failed := failedChecks(refused.body); failed != "" {
			refused.reason = failed
		}
		return fmt.Errorf("the node at %s is not ready: %w", c.base, err)
	case errors.As(err, &untrusted) && c.joining:
		return fmt.Errorf("the node at %s has not joined a cluster yet: its path.data holds no ca.crt (if it is of another node, name its CA with --cacert or JETON_CACERT): %w", c.base, err)
	}
	return err
}

// failedChecks are the texts of the checks that the answer of a probe lists as failed.
func failedChecks(body []byte) string {
	var failed []string
	for line := range strings.Lines(string(body)) {
		if why, ok := strings.CutPrefix(strings.TrimSpace(line), "[-]"); ok {
			failed = append(failed, visible(why))
		}
	}
	return strings.Join(failed, "; ")
}

// localClient makes a client without credentials for the node on this machine.
func (p *program) localClient(f localFlags, timeout time.Duration) (*client, error) {
	address, ca := firstOf(f.url, p.getenv("JETON_URL")), firstOf(f.caCert, p.getenv("JETON_CACERT"))
	joining := false
	if address == "" || strings.HasPrefix(address, "https:") && ca == "" {
		settings, _, err := node.LoadSettings(p.configDir(f.config), f.config.settings, p.environ)
		if err != nil {
			return nil, err
		}
		address = firstOf(address, localURL(settings))
		ca = firstOf(ca, ownCA(settings))
		joining = ca == "" && settings.HTTPSSLCertificate == ""
	}
	base, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	h, err := newHTTPClient(ca)
	if err != nil {
		return nil, err
	}
	h.Timeout = timeout
	return &client{base: base, http: h, joining: joining}, nil
}

// localURL is where a node with these settings listens, seen from its own
// machine.
func localURL(s node.Settings) string {
	u := url.URL{Scheme: "http", Host: s.HTTPBind()}
	if s.HTTPTLS() {
		u.Scheme = "https"
	}
	if bind, err := netip.ParseAddrPort(u.Host); err == nil && bind.Addr().IsUnspecified() {
		_, port, _ := net.SplitHostPort(u.Host)
		u.Host = net.JoinHostPort("127.0.0.1", port)
	}
	return u.String()
}

// ownCA is the file with the certificate of the cluster's own CA, "" when the
// node has none yet, or shows clients a certificate that it was given.
func ownCA(s node.Settings) string {
	path := filepath.Join(s.PathData, "ca.crt")
	if _, err := os.Stat(path); s.HTTPSSLCertificate != "" || errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return path
}
