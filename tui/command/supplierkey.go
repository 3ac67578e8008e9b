package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/sync"
)

func (s *session) supplierKeyCommand() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use: "key SUPPLIER", Short: "Give a supplier a new key", Args: oneArg("a supplier's name"),
		Long: "Takes a new key for a supplier, as `supplier add` does, tests it, and keeps it in place of the old one when it works.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.changeSupplierKey(cmd.Context(), args[0], keyFile)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&keyFile, "key-file", "", "the `FILE` that has the key; - is standard input")
	return cmd
}

func (s *session) changeSupplierKey(ctx context.Context, name, keyFile string) error {
	if s.demo || s.orders != 0 {
		return usage("the demo's suppliers are built in and have no key: leave --demo out")
	}
	c, err := s.load(false)
	if err != nil {
		return err
	}
	one, ok := c.Supplier(name)
	if !ok {
		var all []string
		for _, x := range c.Suppliers {
			all = append(all, x.Name)
		}
		text := fmt.Sprintf("there is no supplier called %q.", name)
		if near := config.Nearest(name, all); near != "" {
			text += " Did you mean " + near + "?"
		}
		return usage("%s `orderdeck supplier list` shows them", text)
	}
	kind := s.deps.Suppliers[one.Kind]
	if kind.KeyHint == "" {
		return usage("a supplier of the kind %s has no key", one.Kind)
	}
	mode, err := s.chooseMode(ctx, c, "")
	if err != nil {
		return err
	}
	kept, err := c.OpenSecrets(mode, s.configOptions(false))
	if err != nil {
		return err
	}
	key, err := s.readKey(ctx, config.SupplierSecret(name), keyFile, sync.Capabilities{KeyHint: kind.KeyHint})
	if err != nil {
		return err
	}
	// What was given for the old key would be used in place of the new one.
	if err := kept.Delete(ctx, config.SupplierToken(name)); err != nil {
		return err
	}
	info, err := s.trySupplier(ctx, c, one, key, kept)
	if err != nil {
		return errors.Join(fmt.Errorf("the old key of %s is kept: %w", name, err), kept.Delete(ctx, config.SupplierToken(name)))
	}
	if err := kept.Set(ctx, config.SupplierSecret(name), key); err != nil {
		return err
	}
	return s.tellSupplier(name, info)
}
