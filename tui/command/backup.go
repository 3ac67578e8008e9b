package command

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/store"
)

func (s *session) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Copy the database while it is in use", GroupID: "care", Args: oneArg("the file to write"),
		Long: "Copies the database to a file, whole and consistent, even while Orderdeck is open. To restore it, close Orderdeck\n" +
			"and put the file in the place of orderdeck.db in the data folder. Settings and keys are not in it.",
		Example: "  orderdeck backup ~/backups/orders-2026-11-21.db",
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.backup(cmd.Context(), args[0], force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	return cmd
}

func (s *session) backup(ctx context.Context, path string, force bool) (err error) {
	if path == "-" {
		return usage("a backup is a database and goes to a file, not to standard output: name one")
	}
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	var tell func(done, total int)
	if isTerminal(s.err) {
		tell = func(done, total int) {
			if total > 0 {
				fmt.Fprintf(s.err, "\r\x1b[K%s", a.Config.Locale.Percent(int64(100*done/total)))
			}
		}
		defer fmt.Fprint(s.err, "\r\x1b[K")
	}
	if err := a.DB.Backup(ctx, path, force, tell); err != nil {
		if store.CodeOf(err) == store.Exists {
			return usage("%s exists already and is left as it is: choose another name, or replace it with --force", path)
		}
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: %s\n", path, a.Config.Locale.Bytes(info.Size()))
	return err
}
