package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
)

func (s *session) storeRemoveCommand() *cobra.Command {
	var yes, keep bool
	cmd := &cobra.Command{
		Use: "remove STORE", Short: "Take a store out, with its key and the copies of its orders", Args: oneArg("a store's name"),
		Long: "Takes a store out of the settings and deletes its key and, unless --keep-orders is given, the copies of its\n" +
			"orders that are kept here. Nothing changes in the store itself. It asks first; --yes answers.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.removeStore(cmd.Context(), args[0], yes, keep)
		},
		ValidArgsFunction: s.completeStores,
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&keep, "keep-orders", false, "keep the copies of its orders")
	return cmd
}

func (s *session) removeStore(ctx context.Context, name string, yes, keep bool) (err error) {
	c, err := s.load(false)
	if err != nil {
		return err
	}
	if _, err := s.chosen(c, []string{name}); err != nil {
		return err
	}
	if !yes {
		what := ", its key and the copies of its orders"
		if keep {
			what = " and its key"
		}
		ok, err := s.confirm(ctx, "Remove "+name+what+" from this computer?")
		if errors.Is(err, errNobody) {
			return usage("removing a store must be confirmed, and there is no terminal to ask on: say --yes")
		}
		if err != nil {
			return err
		}
		if !ok {
			fmt.Fprintln(s.err, "Nothing was removed.")
			return silent(ExitFailed)
		}
	}
	if !keep {
		if err := forget(ctx, c, name); err != nil {
			return err
		}
	}
	if err := c.RemoveStore(name, s.configOptions(false)); err != nil {
		return err
	}
	if c.Secrets != "" {
		secrets, err := c.OpenSecrets(c.Secrets, s.configOptions(false))
		if err == nil {
			err = secrets.Delete(ctx, name)
		}
		if err != nil {
			return fmt.Errorf("%s has been removed, but its key has not: %w", name, err)
		}
	}
	_, err = fmt.Fprintln(s.out, name+" has been removed.")
	return err
}

// forget deletes the copies of a store's orders.
func forget(ctx context.Context, c *config.Config, name string) (err error) {
	path := filepath.Join(c.Data, "orderdeck.db")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil
	}
	db, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.RemoveShop(ctx, name); err != nil && store.CodeOf(err) != store.NotFound {
		return err
	}
	return nil
}
