package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/tui/action"
)

func (s *session) configCommand() *cobra.Command {
	var actions bool
	show := &cobra.Command{
		Use: "show", Short: "Show the settings in force and where each comes from", Args: noArgs,
		Long: "Shows the settings in force, each with where it comes from: flag, environment, file or default. Keys of stores\n" +
			"are never shown. --actions lists the actions that keys can be given to.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if actions {
				return s.showActions()
			}
			c, err := s.load(false)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(s.out, c.Show())
			return err
		},
	}
	show.Flags().BoolVar(&actions, "actions", false, "list the actions and their keys")
	path := &cobra.Command{
		Use: "path", Short: "Print where the settings file is", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true)
			if c == nil { // a file with mistakes in it has a path all the same
				if path := s.config; path != "" {
					_, err = fmt.Fprintln(s.out, path)
				}
				return err
			}
			_, err = fmt.Fprintln(s.out, c.File)
			return err
		},
	}
	initialise := &cobra.Command{
		Use: "init", Short: "Write a settings file that explains every setting", Args: noArgs,
		Long: "Writes a settings file in which every setting is explained and commented out. A file that is there is left as it is.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load(true)
			if err != nil {
				return err
			}
			if err := c.Init(); err != nil {
				return err
			}
			_, err = fmt.Fprintln(s.out, c.File)
			return err
		},
	}
	return parent(&cobra.Command{Use: "config", Short: "Write and show the settings", GroupID: "setup"},
		initialise, path, show, s.mailPasswordCommand())
}

// showActions lists what keys can be given to.
func (s *session) showActions() error {
	c, err := s.load(false)
	if err != nil {
		return err
	}
	keys, err := action.NewKeymap(c.Keys)
	if err != nil {
		return usage("%s: %w", c.Where("keys"), err)
	}
	for _, a := range action.All() {
		if _, err := fmt.Fprintf(s.out, "%-26s %-22s %s\n", a.ID, strings.Join(keys.Keys(a.ID), " "), a.Label); err != nil {
			return err
		}
	}
	return nil
}
