package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

const defaultURL = "http://127.0.0.1:9200"

// clientFlags say which cluster to speak to, and as whom. What no flag says the
// environment may.
type clientFlags struct {
	url          string
	caCert       string
	user         string
	passwordFile string
	token        string
	tokenFile    string
}

func (f *clientFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.url, "url", "", "address of any node (JETON_URL; default "+defaultURL+")")
	flags.StringVar(&f.caCert, "cacert", "", "`file` with the CA certificates to trust instead of the system's (JETON_CACERT)")
	flags.StringVar(&f.user, "user", "", "user name (JETON_USER; default elastic when there is a password)")
	flags.StringVar(&f.passwordFile, "password-file", "", "`file` with the user's password, - for stdin (JETON_PASSWORD; a terminal is asked)")
	flags.StringVar(&f.token, "token", "", "bearer token; others may see it in the list of processes (JETON_TOKEN)")
	flags.StringVar(&f.tokenFile, "token-file", "", "`file` with a bearer token, - for stdin")
}

// client makes the client that the flags and the environment describe.
func (p *program) client(f clientFlags) (*client, error) {
	base, err := parseURL(firstOf(f.url, p.getenv("JETON_URL"), defaultURL))
	if err != nil {
		return nil, err
	}
	h, err := newHTTPClient(firstOf(f.caCert, p.getenv("JETON_CACERT")))
	if err != nil {
		return nil, err
	}
	authorization, err := p.authorization(f)
	if err != nil {
		return nil, err
	}
	return &client{base: base, http: h, authorization: authorization}, nil
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return nil, usageErrorf("the node's address must have the form http://host:port or https://host:port")
	}
	if u.User != nil {
		return nil, usageErrorf("the node's address must hold no password: use --user and --password-file")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	return u, nil
}

// newHTTPClient trusts the CA certificates in the file, or the system's when
// caCert is "".
func newHTTPClient(caCert string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if caCert != "" {
		pem, err := os.ReadFile(caCert)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &noCAError{caCert}
		}
		if err != nil {
			return nil, fmt.Errorf("the CA of --cacert or JETON_CACERT: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no PEM certificate", caCert)
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       clientTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
