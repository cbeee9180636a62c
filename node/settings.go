package node

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"jeton/security/token"
)

// Settings is what a node is told from outside; settings_table.go has the name,
// the default and the form of each. LoadSettings makes one, complete and
// checked; the zero value is of no use.
type Settings struct {
	ClusterName string
	NodeName    string
	PathData    string // relative to the working directory, unless absolute
	PathLogs    string // likewise; "" = logs below PathData

	// How a fresh node comes to its cluster; settings_formation.go has the rules.
	InitialMasterNodes []string // node names, in an order that is the same everywhere
	SeedHosts          []string // host:port, resolved when they are asked
	JoinSecret         token.Secret
	JoinSecretFile     string // path; read by Start

	// Hosts as they were given; HTTPBind and its kin have them resolved.
	NetworkHost          string
	HTTPHost             string // "" = NetworkHost
	TransportHost        string // "" = NetworkHost
	HTTPPublishHost      string // "" = HTTPHost, then NetworkHost
	TransportPublishHost string // "" = TransportHost, then NetworkHost

	// Port 0 is any free port; publish port 0 is the port listened on.
	HTTPPort             int
	TransportPort        int
	HTTPPublishPort      int
	TransportPublishPort int

	RequestTimeout        time.Duration
	AuthTimeout           time.Duration
	HTTPMaxContentLength  int64 // bytes
	HTTPReadHeaderTimeout time.Duration
	HTTPIdleTimeout       time.Duration

	BackupInterval       time.Duration // 0: no backups are made
	BackupKeep           int
	BackupPath           string // "" = PathData/backups
	BackupPassphraseFile string // "" = the CA's key is in no backup

	LoggerLevel  slog.Level
	LoggerFormat string // "text", "json", or "" = text on a terminal, else json

	HTTPSSLEnabled                *bool    // nil = as HTTPTLS says
	HTTPSSLCertificate            string   // path; "" = a certificate of the cluster's own CA
	HTTPSSLKey                    string   // path; set exactly when the certificate is
	HTTPSSLCertificateAuthorities []string // paths

	TokenEnabled *bool         // nil = as TokenService says
	TokenTimeout time.Duration // the life of an OAuth 2.0 access token

	AuditEnabled  *bool
	AuditInclude  []string // names of events, as audit.ParseKinds takes them
	AuditExclude  []string // likewise; nil = none
	AuditMaxSize  int64    // bytes of a file of the audit log
	AuditMaxFiles int      // that are kept besides the one that is written

	ServiceTokenHashing string // as token.ParseAlgorithm takes it
	PasswordHashing     string // likewise

	http, transport listenAddress
}

// LoadSettings gathers a node's settings, from lowest to highest: the built-in
// defaults, configDir/jeton.yml (which may be absent), the JETON_… variables of
// environ (as os.Environ has them; an empty one counts as unset), and overrides
// of the form name=value.
//
// Warnings are sentences for the log. An error names the setting, where it was
// set and what is allowed there, and needs a person to mend it.
func LoadSettings(configDir string, overrides, environ []string) (Settings, []string, error) {
	return loadSettings(configDir, overrides, environ, thisMachine())
}

// ReadSettings is LoadSettings for tools that only touch a node's files: it
// looks nothing up, so NodeName may be empty, and the methods that tell of
// addresses and TLS must not be asked.
func ReadSettings(configDir string, overrides, environ []string) (Settings, []string, error) {
	s, read, err := readSettings(configDir, overrides, environ)
	if err != nil {
		return Settings{}, nil, err
	}
	return s, read.warnings, nil
}

func readSettings(configDir string, overrides, environ []string) (Settings, *settingSources, error) {
	read, err := readSources(configDir, overrides, environ)
	if err != nil {
		return Settings{}, nil, err
	}
	s, err := read.settings(configDir)
	return s, read, err
}

func loadSettings(configDir string, overrides, environ []string, at surroundings) (Settings, []string, error) {
	s, read, err := readSettings(configDir, overrides, environ)
	if err != nil {
		return Settings{}, nil, err
	}
	if err := s.defaultNodeName(at.hostname); err != nil {
		return Settings{}, nil, err
	}
	if s.http, err = read.listenAddress("http", s.HTTPPort, at); err != nil {
		return Settings{}, nil, err
	}
	if s.transport, err = read.listenAddress("transport", s.TransportPort, at); err != nil {
		return Settings{}, nil, err
	}
	if s.ProductionWithoutTLS() && s.TokenService() {
		return Settings{}, nil, errTokenServiceNeedsTLS
	}
	warnings := read.warnings
	if s.HTTPSSLCertificate != "" && !s.HTTPTLS() {
		warnings = append(warnings, "setting [xpack.security.http.ssl.certificate] has no effect while TLS is off for clients: set [xpack.security.http.ssl.enabled] to true")
	}
	return s, warnings, nil
}

// HTTPTLS reports whether clients are served over TLS: as
// xpack.security.http.ssl.enabled says, else everywhere but on loopback.
func (s Settings) HTTPTLS() bool {
	if s.HTTPSSLEnabled != nil {
		return *s.HTTPSSLEnabled
	}
	return !s.HTTPLoopback()
}

// TokenService reports whether OAuth 2.0 tokens are given out and taken: as
// xpack.security.authc.token.enabled says, else where clients have TLS.
func (s Settings) TokenService() bool {
	if s.TokenEnabled != nil {
		return *s.TokenEnabled
	}
	return s.HTTPTLS()
}

// ProductionWithoutTLS reports whether clients have no TLS although the node is
// in what Elasticsearch calls production mode.
func (s Settings) ProductionWithoutTLS() bool { return s.production() && !s.HTTPTLS() }

// errTokenServiceNeedsTLS is in Elasticsearch's words.
var errTokenServiceNeedsTLS = errors.New("HTTPS is required in order to use the token service; please enable HTTPS using the [xpack.security.http.ssl.enabled] setting or disable the token service using the [xpack.security.authc.token.enabled] setting")

func (s *Settings) defaultNodeName(hostname func() (string, error)) error {
	if s.NodeName != "" {
		return nil
	}
	name, err := hostname()
	if err != nil {
		return fmt.Errorf("setting [node.name] is not set, and this machine's name is unknown: %w", err)
	}
	if !nameForm(&s.NodeName).parse(name) {
		return fmt.Errorf("setting [node.name] is not set, and this machine's name %s cannot serve: allowed is %s", quoted(name), nameForm(nil).allowed)
	}
	return nil
}

func (s *Settings) checkCertificate() error {
	if (s.HTTPSSLCertificate == "") != (s.HTTPSSLKey == "") {
		return errors.New("settings [xpack.security.http.ssl.certificate] and [xpack.security.http.ssl.key] need each other: set both or neither")
	}
	return nil
}
