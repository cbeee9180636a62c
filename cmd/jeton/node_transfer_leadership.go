package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func (p *program) nodeTransferLeadershipCommand(f *clientFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "transfer-leadership [NAME]",
		Short: "Hand leadership to a member, or to the most up-to-date one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.client(*f)
			if err != nil {
				return err
			}
			r := request{method: http.MethodPost, path: "/_jeton/leadership/_transfer"}
			said := "leadership was handed over"
			if len(args) == 1 {
				r.body = map[string]string{"node": args[0]}
				if c.memberNow(cmd.Context(), args[0]).Leader {
					said = visible(args[0]) + " leads already"
				}
			}
			if err := c.do(cmd.Context(), r, nil); err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, said)
			return err
		},
	}
}
