package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func (p *program) nodeLeaveCommand(f *clientFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "leave",
		Short: "Let the node at --url leave the cluster for good, and stop",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.client(*f)
			if err != nil {
				return err
			}
			if err := c.do(cmd.Context(), request{method: http.MethodPost, path: nodePath("_local") + "/_leave"}, nil); err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "the node at %s leaves the cluster and stops\n", c.base)
			return err
		},
	}
}
