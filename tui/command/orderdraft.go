package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/store/order"
)

// mostDraft is how long a file may be that describes a draft.
const mostDraft = 1 << 20

func (s *session) draftCommand() *cobra.Command {
	cmd := parent(&cobra.Command{
		Use: "draft", Short: "Make a draft order at a store, send it to the customer, make an order of it",
	})
	for step, short := range map[string]string{
		order.DraftSend: "Have the store send a draft to the customer, who pays there", order.DraftComplete: "Make an order of a draft",
	} {
		c := &acting{act: order.Act{Kind: order.ActDraft, Step: step}}
		child := &cobra.Command{
			Use: step + " ORDER…", Short: short, Args: needsOrders,
			RunE:              func(cmd *cobra.Command, args []string) error { return s.actOn(cmd.Context(), c, args) },
			ValidArgsFunction: cobra.NoFileCompletions,
		}
		common(child, c)
		cmd.AddCommand(child)
	}
	c := &acting{act: order.Act{Kind: order.ActDraft, Step: order.DraftCreate}}
	create := &cobra.Command{
		Use: "create STORE FILE", Short: "Make a draft order out of a file",
		Long: "Makes a draft order at a store. The file is JSON in the shape of `orderdeck show --json`; its lines (product_id or\n" +
			"sku, title, quantity, unit_price), customer, addresses, currency and customer_note are taken. - reads standard input.\n" +
			"The link under which the customer pays is printed where the store gives one.",
		Example: "  orderdeck order draft create shop draft.json\n  orderdeck show 1042 --json | orderdeck order draft create shop -",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("`%s` needs a store and a file: see `%[1]s --help`", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.makeDraft(cmd.Context(), c, args[0], args[1]) },
	}
	common(create, c)
	cmd.AddCommand(create)
	return cmd
}

func (s *session) makeDraft(ctx context.Context, c *acting, shop, file string) (err error) {
	if err := c.check(s); err != nil {
		return err
	}
	draft, err := s.readDraft(file)
	if err != nil {
		return err
	}
	a, err := s.open(ctx, opening{wire: true, announce: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := s.filled(ctx, a); err != nil {
		return err
	}
	row := acted{Demo: a.Demo, Store: shop, Act: c.act.String(), settled: true}
	if row.Reason = a.cannot(shop, order.ActDraft); row.Reason == "" {
		e, err := a.DB.RequestDraft(ctx, Who(), shop, draft)
		if err != nil {
			return err
		}
		row.State, row.Entry, row.settled = e.State, e.ID, false
	}
	return s.followActs(ctx, a, c, []acted{row})
}

func (s *session) readDraft(file string) (o order.Order, err error) {
	in := s.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return o, usage("the draft cannot be read: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, mostDraft+1))
	switch {
	case err != nil:
		return o, fmt.Errorf("the draft cannot be read: %w", err)
	case len(raw) > mostDraft:
		return o, usage("the draft is longer than %d KB", mostDraft>>10)
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return o, usage("the draft is not JSON as `orderdeck show --json` writes it: %w", err)
	}
	if len(o.Lines) == 0 {
		return o, usage("the draft has no lines: say what is in it, under \"lines\"")
	}
	return o, nil
}
