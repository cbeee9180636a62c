package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func (p *program) nodeCACommand(f *clientFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "ca",
		Short: "Print the certificate of the cluster's own CA, for clients to trust; during a rotation also that of the other",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.client(*f)
			if err != nil {
				return err
			}
			var answer struct{ Certificate string }
			if err := c.do(cmd.Context(), request{method: http.MethodGet, path: "/_jeton/ca"}, &answer); err != nil {
				return err
			}
			_, err = fmt.Fprint(p.stdout, answer.Certificate)
			return err
		},
	}
}
