package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func (p *program) nodeJoinTokenCommand(f *clientFlags) *cobra.Command {
	var ttl string
	cmd := &cobra.Command{
		Use:   "join-token",
		Short: "Make a token that lets one new node join",
		Long: `Make a token that lets one new node join the cluster, and print it alone on stdout:

  jeton node join-token > token
  jeton start --join-file token      # on the new node`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.client(*f)
			if err != nil {
				return err
			}
			r := request{method: http.MethodPost, path: "/_jeton/join_token"}
			if ttl != "" {
				r.body = map[string]string{"ttl": ttl}
			}
			var answer struct {
				JoinToken string    `json:"join_token"`
				Expires   time.Time `json:"expires"`
			}
			if err := c.do(cmd.Context(), r, &answer); err != nil {
				return err
			}
			fmt.Fprintf(p.stderr, "for one node, until %s\n", answer.Expires.Local().Format(time.RFC3339))
			_, err = fmt.Fprintln(p.stdout, answer.JoinToken)
			return err
		},
	}
	cmd.Flags().StringVar(&ttl, "ttl", "", "how long the token may be used, such as 30m (default 24h)")
	return cmd
}
