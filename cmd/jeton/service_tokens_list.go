package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jeton/security/tokenfile"
)

func (t *serviceTokens) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [NAMESPACE/SERVICE]",
		Short: "List the tokens in the file",
		Args:  cobra.ArbitraryArgs,
		RunE:  t.list,
	}
}

func (t *serviceTokens) list(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return wrongUse(cmd, fmt.Sprintf("Expected at most one argument, service-account-principal, found extra: [%s]", strings.Join(args, ",")))
	}
	prefix := ""
	if len(args) == 1 {
		a, err := parsePrincipal(args[0])
		if err != nil {
			return err
		}
		prefix = a.Principal() + "/"
	}
	file, _, err := t.prepare(cmd)
	if err != nil {
		return err
	}
	tokens, wrong, err := tokenfile.Read(file)
	if err != nil {
		return fileError(err, "")
	}
	for _, e := range wrong {
		t.warn([]string{fmt.Sprintf("[%s] %v", file, e)})
	}
	for _, name := range tokens.All() {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if _, err := fmt.Fprintln(t.stdout, visible(name)); err != nil {
			return &toolError{code: exitIO, message: err.Error()}
		}
	}
	return nil
}
