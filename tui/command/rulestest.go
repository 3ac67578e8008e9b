package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config/locale"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

func (s *session) rulesTestCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "test ORDER", Short: "Say which rules match an order, and why or why not", Args: oneArg("an order's name, such as shop/1042"),
		Long: "Says of every rule whether it matches what is to be bought for an order, and why or why not. Nothing is changed.\n" +
			"An order that goes to several suppliers is told of part by part. Conditions on the freight need a quote of the\n" +
			"supplier, which the checkout asks for.",
		RunE:              func(cmd *cobra.Command, args []string) error { return s.testRules(cmd.Context(), args[0], asJSON) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one rule a line")
	return cmd
}

// testedRule is one line of rules test --json.
type testedRule struct {
	Store    string `json:"store"`
	Number   string `json:"number"`
	Supplier string `json:"supplier"`
	Kind     string `json:"kind"` // shipping or packaging
	Rule     string `json:"rule"`
	Sequence int    `json:"sequence"`
	Matches  bool   `json:"matches"`
	Wins     bool   `json:"wins"`
	Why      string `json:"why"`
}

func (s *session) testRules(ctx context.Context, name string, asJSON bool) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	settings, err := s.checkoutSettings(a)
	if err != nil {
		return err
	}
	ref, err := findOne(ctx, a, name)
	if err != nil {
		return err
	}
	inputs, err := a.DB.CheckoutInputs(ctx, []int64{ref.ID}, settings)
	if err != nil {
		return err
	}
	if len(settings.Rules)+len(settings.Packaging) == 0 {
		fmt.Fprintln(s.err, "There are no rules: the cheapest shipping method is taken. Add one with `orderdeck rules add`.")
	}
	for i := range inputs {
		if err := s.testPart(a.Config.Locale, ref, inputs[i], settings, asJSON); err != nil {
			return err
		}
	}
	return nil
}

// testPart tells of the rules for one part of an order.
func (s *session) testPart(l locale.Locale, ref order.Ref, in checkout.Input, settings checkout.Settings, asJSON bool) error {
	e := checkout.Make(in, settings)
	if len(in.Group.Lines) == 0 {
		if len(e.Blockers) > 0 {
			fmt.Fprintf(s.err, "Nothing of %s is bought: %s.\n", ref, l.Sentence(e.Blockers[0].Text))
		}
		if asJSON {
			return nil
		}
	}
	var rows []testedRule
	add := func(kind string, results []checkout.RuleResult) {
		for _, r := range results {
			rows = append(rows, testedRule{
				Store: ref.Store, Number: ref.Number, Supplier: in.Group.Supplier, Kind: kind, Rule: r.Rule.Name, Sequence: r.Rule.Sequence,
				Matches: r.Matches, Wins: r.Wins, Why: r.Why,
			})
		}
	}
	add("shipping", checkout.TestRules(in, settings))
	add("packaging", checkout.TestPackaging(in, settings))
	if asJSON {
		for _, row := range rows {
			if err := writeJSON(s.out, row); err != nil {
				return err
			}
		}
		return nil
	}
	supplier := e.Supplier.Label()
	if supplier == "" {
		supplier = "no supplier yet"
	}
	fmt.Fprintln(s.out, bold(s.out, ref.String()+"   "+supplier))
	for _, row := range rows {
		mark := " "
		if row.Wins {
			mark = "→"
		}
		fmt.Fprintf(s.out, "%s %6d  %-9s  %s: %s\n", mark, row.Sequence, row.Kind, row.Rule, l.Sentence(row.Why))
	}
	var taken []string
	if e.Method != nil {
		taken = append(taken, fmt.Sprintf("%s, %s", e.Method.Name, e.MethodBy))
	}
	for _, p := range e.Packaging {
		taken = append(taken, p.Title+", "+e.PackagingBy)
	}
	if len(taken) > 0 {
		fmt.Fprintln(s.out, "  taken: "+strings.Join(taken, "; "))
	}
	for _, w := range e.Warnings {
		fmt.Fprintln(s.out, "  ! "+l.Sentence(w))
	}
	return nil
}
