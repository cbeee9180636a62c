package main

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func (p *program) tokenCommand() *cobra.Command {
	var f clientFlags
	cmd := p.group(&cobra.Command{Use: "token", Short: "Create, list, revoke and compare tokens of service accounts"},
		p.tokenCreateCommand(&f),
		p.tokenListCommand(&f),
		p.tokenRevokeCommand(&f),
		p.tokenInspectCommand(&f),
	)
	f.register(cmd.PersistentFlags())
	return cmd
}

// credentialPath is the path of the credentials of NAMESPACE/SERVICE.
func credentialPath(account string) (string, error) {
	namespace, service, found := strings.Cut(account, "/")
	if !found || namespace == "" || service == "" || strings.Contains(service, "/") {
		return "", usageErrorf("%q must have the form NAMESPACE/SERVICE, such as elastic/fleet-server", account)
	}
	return "/_security/service/" + url.PathEscape(namespace) + "/" + url.PathEscape(service) + "/credential", nil
}

// credentials is the plain-JSON answer of GET …/credential: the tokens as one
// node has them.
type credentials struct {
	NodeName   string              `json:"node_name"`
	Tokens     map[string]struct{} `json:"tokens"`
	FileTokens map[string]struct{} `json:"file_tokens"`
}
