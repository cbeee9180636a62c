package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"

	"jeton/httpapi"
)

// Limits of the client port that no setting changes.
const (
	maxClientHeader      = 16 << 10
	maxClientConnections = 10_000
)

// clientPort is the HTTP port.
type clientPort struct {
	settings Settings
	listener net.Listener
	publish  string // host:port
	server   *http.Server
	drain    drain
	given    atomic.Pointer[tls.Certificate] // from files; nil without
	// The files that were given for TLS; nil without.
	pairFiles, caFiles *tlsFiles
}

func listenClients(s Settings) (*clientPort, error) {
	l, err := listen("http", s.HTTPBind())
	if err != nil {
		return nil, err
	}
	return &clientPort{settings: s, listener: l, publish: publishAddress(s.HTTPPublish(), s.HTTPPublishPort, l)}, nil
}

func (p *clientPort) url() string {
	if p.settings.HTTPTLS() {
		return "https://" + p.publish
	}
	return "http://" + p.publish
}

// serve answers clients from now on.
func (p *clientPort) serve(handler http.Handler, own *certificates, log *slog.Logger) error {
	p.server = &http.Server{
		Handler:           p.drain.last(handler),
		ReadHeaderTimeout: p.settings.HTTPReadHeaderTimeout,
		IdleTimeout:       p.settings.HTTPIdleTimeout,
		WriteTimeout:      httpapi.MaxTimeout + time.Minute, // for who never reads an answer
		MaxHeaderBytes:    maxClientHeader,
		ConnState:         p.drain.track,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	// Half of the files that the process may open are left for the cluster port,
	// the log and the snapshots.
	listener := netutil.LimitListener(p.listener, min(maxClientConnections, maxOpenFiles()/2))
	if !p.settings.HTTPTLS() {
		go func() { _ = p.server.Serve(listener) }()
		return nil
	}
	config, err := p.tlsConfig(own, log)
	if err != nil {
		return err
	}
	p.server.TLSConfig = config
	go func() { _ = p.server.ServeTLS(listener, "", "") }()
	return nil
}

// tlsConfig serves the files that were given, else the node's own certificate
// from the cluster's CA. Files are followed; a bad new one leaves the old in
// use.
func (p *clientPort) tlsConfig(own *certificates, log *slog.Logger) (*tls.Config, error) {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if cert := p.certificate(own); cert != nil {
				return cert, nil
			}
			return own.forClients()
		},
	}
	if p.settings.HTTPSSLCertificate != "" {
		var err error
		if p.pairFiles, err = followTLS("certificate and key", p.loadGiven, tlsFilesGrace, log, p.settings.HTTPSSLCertificate, p.settings.HTTPSSLKey); err != nil {
			return nil, err
		}
	}
	paths := p.settings.HTTPSSLCertificateAuthorities
	if len(paths) == 0 {
		return config, nil
	}
	return p.withClientCAs(config, log, paths)
}

// withClientCAs makes client certificates, where one is shown, come from the
// given CAs.
func (p *clientPort) withClientCAs(config *tls.Config, log *slog.Logger, paths []string) (*tls.Config, error) {
	var pool atomic.Pointer[x509.CertPool]
	load := func() error {
		cas := x509.NewCertPool()
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("setting [xpack.security.http.ssl.certificate_authorities]: %w", err)
			}
			if !cas.AppendCertsFromPEM(data) {
				return fmt.Errorf("setting [xpack.security.http.ssl.certificate_authorities]: no PEM certificate in %s", path)
			}
		}
		pool.Store(cas)
		return nil
	}
	var err error
	if p.caFiles, err = followTLS("certificate authorities", load, tlsFilesGrace, log, paths...); err != nil {
		return nil, err
	}
	// A session that is resumed would bring a certificate that was checked against
	// former CAs.
	config.SessionTicketsDisabled = true
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		current := config.Clone()
		current.GetConfigForClient = nil
		current.ClientCAs, current.ClientAuth = pool.Load(), tls.VerifyClientCertIfGiven
		return current, nil
	}
	return config, nil
}

func (p *clientPort) loadGiven() error {
	pair, err := tls.LoadX509KeyPair(p.settings.HTTPSSLCertificate, p.settings.HTTPSSLKey)
	if err != nil {
		return fmt.Errorf("settings [xpack.security.http.ssl.certificate] and [xpack.security.http.ssl.key]: %w", err)
	}
	p.given.Store(&pair)
	return nil
}

// certificate is what clients are shown; nil before there is one.
func (p *clientPort) certificate(own *certificates) *tls.Certificate {
	if given := p.given.Load(); given != nil {
		return given
	}
	return own.certificate()
}

// announce says from now on, to who asks for the node's readiness and to each
// client with its answer, that the node stops. It goes on answering.
func (p *clientPort) announce() { p.drain.stopping.Store(true) }

// close finishes open requests for as long as ctx allows.
func (p *clientPort) close(ctx context.Context) error {
	p.announce()
	var errs []error
	errs = append(errs, p.listener.Close())
	if p.server != nil {
		p.drain.wait(ctx)
		errs = append(errs, p.shutdown(ctx))
	}
	p.pairFiles.close()
	p.caFiles.close()
	return errors.Join(errs...)
}

func (p *clientPort) shutdown(ctx context.Context) error {
	err := p.server.Shutdown(ctx)
	if err != nil && !errors.Is(err, net.ErrClosed) { // the listener has been closed before
		return errors.Join(fmt.Errorf("open requests were cut off: %w", err), p.server.Close())
	}
	return nil
}
