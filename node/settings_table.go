package node

import (
	"strings"
	"time"

	"jeton/security/audit"
)

// setting is one row of the table: its name, the text of its default ("" for
// none), and the form in which it is read into its field.
type setting struct {
	name     string
	fallback string
	form     form
}

// table is every setting of this release, bound to the fields of s. Whatever is
// not here is unknown, and refused.
func (s *Settings) table() []setting {
	return []setting{
		{"cluster.name", "jeton", nameForm(&s.ClusterName)},
		{"node.name", "", nameForm(&s.NodeName)}, // the host's name: defaultNodeName
		{"path.data", "data", pathForm(&s.PathData)},
		{"path.logs", "", pathForm(&s.PathLogs)}, // below path.data: auditLog

		{"cluster.initial_master_nodes", "", namesForm(&s.InitialMasterNodes)},
		{"discovery.seed_hosts", "", seedHostsForm(&s.SeedHosts)},
		{"cluster.join_secret", "", joinSecretForm(&s.JoinSecret)},
		{"cluster.join_secret_file", "", pathForm(&s.JoinSecretFile)},

		{"network.host", "_local_", hostForm(&s.NetworkHost)},
		{"http.host", "", hostForm(&s.HTTPHost)},
		{"transport.host", "", hostForm(&s.TransportHost)},
		{"http.publish_host", "", hostForm(&s.HTTPPublishHost)},
		{"transport.publish_host", "", hostForm(&s.TransportPublishHost)},
		{"http.port", "9200", portForm(&s.HTTPPort)},
		{"transport.port", "9300", portForm(&s.TransportPort)},
		{"http.publish_port", "", portForm(&s.HTTPPublishPort)},
		{"transport.publish_port", "", portForm(&s.TransportPublishPort)},

		{"request.timeout", "30s", durationForm(&s.RequestTimeout)},
		{"auth.timeout", "1s", durationForm(&s.AuthTimeout)},
		{"http.max_content_length", "1mb", sizeForm(&s.HTTPMaxContentLength)},
		{"http.read_header_timeout", "10s", durationForm(&s.HTTPReadHeaderTimeout)},
		{"http.idle_timeout", "2m", durationForm(&s.HTTPIdleTimeout)},

		{"backup.interval", "", durationBetween(&s.BackupInterval, time.Minute, 365*24*time.Hour)},
		{"backup.keep", "7", countForm(&s.BackupKeep, 1, 10_000)},
		{"backup.path", "", pathForm(&s.BackupPath)},
		{"backup.passphrase_file", "", pathForm(&s.BackupPassphraseFile)},

		{"logger.level", "info", levelForm(&s.LoggerLevel)},
		{"logger.format", "", choiceForm(&s.LoggerFormat, "text", "json")},

		{"xpack.security.audit.enabled", "false", boolForm(&s.AuditEnabled)},
		{"xpack.security.audit.logfile.events.include", strings.Join(audit.DefaultInclude(), ","), eventsForm(&s.AuditInclude)},
		{"xpack.security.audit.logfile.events.exclude", "", eventsForm(&s.AuditExclude)},
		{"xpack.security.audit.logfile.max_size", "100mb", sizeForm(&s.AuditMaxSize)},
		{"xpack.security.audit.logfile.max_files", "10", countForm(&s.AuditMaxFiles, 1, 10_000)},

		{"xpack.security.http.ssl.enabled", "", boolForm(&s.HTTPSSLEnabled)},
		{"xpack.security.http.ssl.certificate", "", pathForm(&s.HTTPSSLCertificate)},
		{"xpack.security.http.ssl.key", "", pathForm(&s.HTTPSSLKey)},
		{"xpack.security.http.ssl.certificate_authorities", "", pathsForm(&s.HTTPSSLCertificateAuthorities)},

		{"xpack.security.authc.token.enabled", "", boolForm(&s.TokenEnabled)},
		{"xpack.security.authc.token.timeout", "20m", durationBetween(&s.TokenTimeout, time.Second, time.Hour)},
		{"xpack.security.authc.password_hashing.algorithm", "bcrypt", hashingForm(&s.PasswordHashing)},
		{"xpack.security.authc.service_token_hashing.algorithm", "pbkdf2_stretch", hashingForm(&s.ServiceTokenHashing)},
	}
}
