package node

import "time"

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

		{"logger.level", "info", levelForm(&s.LoggerLevel)},
		{"logger.format", "", choiceForm(&s.LoggerFormat, "text", "json")},

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
