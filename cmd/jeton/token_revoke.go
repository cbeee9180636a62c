package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

func (p *program) tokenRevokeCommand(f *clientFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAMESPACE/SERVICE NAME",
		Short: "Revoke a token for good, on all nodes",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := credentialPath(args[0])
			if err != nil {
				return err
			}
			c, err := p.client(*f)
			if err != nil {
				return err
			}
			name := visible(args[0] + "/" + args[1])
			err = c.do(cmd.Context(), request{method: http.MethodDelete, path: path + "/token/" + url.PathEscape(args[1])}, nil)
			if saysNotFound(err) {
				return fmt.Errorf("there is no token %s in the cluster (a file token is deleted with 'jeton service-tokens delete' on its node)", name)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "%s is revoked\n", name)
			return err
		},
	}
}

// saysNotFound tells the API's {"found":false} from any other 404.
func saysNotFound(err error) bool {
	var refused *serverError
	var answer struct{ Found *bool }
	return errors.As(err, &refused) && refused.status == http.StatusNotFound &&
		json.Unmarshal(refused.body, &answer) == nil && answer.Found != nil
}
