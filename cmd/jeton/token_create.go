package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

func (p *program) tokenCreateCommand(f *clientFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create NAMESPACE/SERVICE [NAME]",
		Short: "Create a token, and print its bearer value alone on stdout",
		Long:  "Create a token, under a random name when none is given, and print its bearer value alone on stdout. It is shown this once.",
		Args:  cobra.RangeArgs(1, 2),
	}
	output := outputFlag(cmd.Flags(), "value", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path, err := credentialPath(args[0])
		if err != nil {
			return err
		}
		path += "/token"
		if len(args) == 2 {
			path += "/" + url.PathEscape(args[1])
		}
		c, err := p.client(*f)
		if err != nil {
			return err
		}
		var answer json.RawMessage
		if err := c.do(cmd.Context(), request{method: http.MethodPost, path: path}, &answer); err != nil {
			return err
		}
		if output.value == "json" {
			return writeJSON(p.stdout, answer)
		}
		return p.printCreated(args[0], answer)
	}
	return cmd
}

func (p *program) printCreated(account string, answer []byte) error {
	var created struct {
		Token struct{ Name, Value string }
	}
	if err := json.Unmarshal(answer, &created); err != nil || created.Token.Value == "" {
		return fmt.Errorf("the server's answer holds no token")
	}
	fmt.Fprintf(p.stderr, "created %s/%s\n", visible(account), visible(created.Token.Name))
	_, err := fmt.Fprintln(p.stdout, created.Token.Value)
	return err
}
