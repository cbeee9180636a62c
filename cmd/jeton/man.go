package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// manCommand writes the manual. It is hidden: who packs the program runs it,
// and everybody else has the pages from the package.
func (p *program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIRECTORY",
		Short:  "Write the manual, a page for each command, into a directory",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return writeManual(args[0], cmd.Root())
		},
	}
}

// writeManual writes the page of a command, and those of all below it.
func writeManual(dir string, cmd *cobra.Command) error {
	page := filepath.Join(dir, manName(cmd)+".1")
	if err := os.WriteFile(page, []byte(manPage(cmd)), 0o644); err != nil {
		return err
	}
	for _, child := range manChildren(cmd) {
		if err := writeManual(dir, child); err != nil {
			return err
		}
	}
	return nil
}

// manName is what the page is called by: jeton-node-list.
func manName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// manChildren are the commands below that have a page.
func manChildren(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" {
			list = append(list, child)
		}
	}
	return list
}

// manPage is the page of one command. It has no date, so that the same program
// always writes the same page.
func manPage(cmd *cobra.Command) string {
	var r roff
	cmd.InitDefaultHelpFlag()
	r.title(manName(cmd), "jeton "+jetonVersion(), "Jeton")
	r.section("NAME")
	r.line(roffText(manName(cmd)) + ` \- ` + roffText(cmd.Short))
	r.section("SYNOPSIS")
	r.line(`\fB` + roffText(cmd.CommandPath()) + `\fR` + roffText(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath())))
	r.section("DESCRIPTION")
	r.prose(firstOf(cmd.Long, cmd.Short+"."))
	if cmd.Example != "" {
		r.section("EXAMPLES")
		r.verbatim(strings.Split(cmd.Example, "\n"))
	}
	if children := manChildren(cmd); len(children) > 0 {
		r.section("COMMANDS")
		for _, child := range children {
			r.item(`\fB`+roffText(manName(child))+`\fR(1)`, child.Short)
		}
	}
	r.flags("OPTIONS", cmd.NonInheritedFlags())
	r.flags("OPTIONS OF ALL COMMANDS OF THIS GROUP", cmd.InheritedFlags())
	if !cmd.HasParent() {
		r.section("EXIT STATUS")
		r.prose(manExitStatus)
	} else {
		r.section("SEE ALSO")
		r.line(fmt.Sprintf(`\fB%s\fR(1)`, roffText(manName(cmd.Parent()))))
	}
	return r.String()
}

const manExitStatus = `0 for success, 1 for a failure, 64 for a wrong use. service-tokens and users
have the codes of the Elasticsearch tools that they are like.`
