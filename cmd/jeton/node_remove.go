package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func (p *program) nodeRemoveCommand(f *clientFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a member from the cluster for good",
		Long:  "Remove a member from the cluster for good, running or not. It joins again only with an empty data directory and a new token.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.client(*f)
			if err != nil {
				return err
			}
			if err := c.do(cmd.Context(), request{method: http.MethodDelete, path: nodePath(args[0])}, nil); err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "%s is no member any more\n", visible(args[0]))
			return err
		},
	}
}
