package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/checkout"
	"github.com/orderdeck/orderdeck/store/order/text"
)

func (s *session) linkCommand() *cobra.Command {
	return parent(&cobra.Command{
		Use: "link", Short: "Say which supplier delivers which product", GroupID: "orders",
		Long: "A product of a store is linked to a product of a supplier once; then every order that has it can be bought there.\n" +
			"The store's product is named by its SKU, or by what `orderdeck link suggest` shows.",
	}, s.linkListCommand(), s.linkAddCommand(), s.linkRemoveCommand(), s.linkSuggestCommand())
}

// linkRow is one line of link list --json.
type linkRow struct {
	Demo bool `json:"demo,omitempty"`
	order.Link
}

func (s *session) linkListCommand() *cobra.Command {
	var shop string
	var asJSON bool
	limit := 1000
	cmd := &cobra.Command{
		Use: "list [WORDS]", Short: "List the links, all or those that have some words", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if limit < 1 {
				return usage("--limit cannot be %d: it takes a number from 1 on", limit)
			}
			ctx := cmd.Context()
			a, err := s.open(ctx, opening{})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			if err := a.knownStore(ctx, shop); err != nil {
				return err
			}
			links, err := a.DB.Links(ctx, shop, strings.Join(args, " "), limit)
			if err != nil {
				return err
			}
			for i := range links {
				if asJSON {
					err = writeJSON(s.out, linkRow{a.Demo, links[i]})
				} else {
					_, err = fmt.Fprintln(s.out, a.linkText(&links[i]))
				}
				if err != nil {
					return err
				}
			}
			if len(links) == 0 && !asJSON {
				fmt.Fprintln(s.err, "No product is linked so. `orderdeck link suggest` shows what waits for a supplier.")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	s.storeFlag(cmd, &shop)
	cmd.Flags().IntVar(&limit, "limit", 1000, "at most `N` links")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one link a line")
	return cmd
}

func (s *session) storeFlag(cmd *cobra.Command, value *string) {
	cmd.Flags().StringVar(value, "store", "", "the `STORE` of the product; needed when there are several")
	_ = cmd.RegisterFlagCompletionFunc("store", s.completeStores)
}

// linkText is one link in a line.
func (a *App) linkText(l *order.Link) string {
	parts := []string{l.Store, l.ProductKey, l.Supplier, l.SupplierSKU, l.Title, "no cost"}
	if l.CostKnown {
		parts[5] = a.money(l.Cost)
	}
	if l.Preferred {
		parts = append(parts, "preferred")
	}
	return strings.Join(parts, "\t")
}

// knownStore refuses a store that there is not; "" is none in particular.
func (a *App) knownStore(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	shops, err := a.DB.Shops(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, shop := range shops {
		names = append(names, shop.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	return choice("store", name, names)
}

// oneStore is the store that was named, or the only one.
func (a *App) oneStore(ctx context.Context, name string) (string, error) {
	if name != "" {
		return name, a.knownStore(ctx, name)
	}
	shops, err := a.DB.Shops(ctx)
	if err != nil {
		return "", err
	}
	if len(shops) == 1 {
		return shops[0].Name, nil
	}
	var names []string
	for _, shop := range shops {
		names = append(names, shop.Name)
	}
	return "", usage("there are several stores: say which with --store and one of %s", strings.Join(names, ", "))
}

// productKey is what links go by: a SKU unless it is named whole.
func productKey(name string) string {
	name = text.Clean(name)
	for _, prefix := range []string{"sku:", "id:", "title:"} {
		if strings.HasPrefix(name, prefix) {
			return name
		}
	}
	return "sku:" + name
}

type linking struct {
	store, cost string
	preferred   bool
	json        bool
}

func (s *session) linkAddCommand() *cobra.Command {
	l := &linking{}
	cmd := &cobra.Command{
		Use: "add PRODUCT SUPPLIER SKU", Short: "Link a product to a supplier's",
		Long: "Links a product of a store to a product of a supplier's catalogue. One that is not in the catalogue needs its\n" +
			"--cost. Several suppliers may deliver one product; the --preferred one is taken.",
		Example: "  orderdeck link add LS-M lumen LUM-204\n  orderdeck link add id:8812 factory F-7 --cost 6.20 --store shop",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 3 {
				return usage("`%s` needs a product, a supplier and the supplier's SKU: `orderdeck link add LS-M lumen LUM-204`", cmd.CommandPath())
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, args []string) error { return s.addLink(cmd.Context(), l, args) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	s.storeFlag(cmd, &l.store)
	cmd.Flags().StringVar(&l.cost, "cost", "", "what one costs there, such as 6.20; by default what the catalogue says")
	cmd.Flags().BoolVar(&l.preferred, "preferred", false, "take this supplier where several deliver it")
	cmd.Flags().BoolVar(&l.json, "json", false, "write JSON")
	return cmd
}

func (s *session) addLink(ctx context.Context, l *linking, args []string) (err error) {
	a, err := s.open(ctx, opening{wire: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	shop, err := a.oneStore(ctx, l.store)
	if err != nil {
		return err
	}
	supplier, err := a.setSupplier(args[1])
	if err != nil {
		return err
	}
	link := order.Link{Store: shop, ProductKey: productKey(args[0]), Supplier: supplier.Name, SupplierSKU: text.Clean(args[2]), Preferred: l.preferred}
	if link.SupplierSKU == "" || strings.HasSuffix(link.ProductKey, ":") {
		return usage("a link needs a product and the supplier's SKU, and one of them is empty")
	}
	if err := a.fromCatalogue(ctx, &link); err != nil {
		return err
	}
	if l.cost != "" {
		if link.Cost, err = checkout.ParsePrice(l.cost, supplier.Currency); err != nil {
			return usage("--cost: %w", err)
		}
		link.CostKnown = true
	}
	if !link.CostKnown {
		return usage("the catalogue of %s has no cost for %s: say it with --cost, or import a price list with `orderdeck supplier import`", supplier.Label(), link.SupplierSKU)
	}
	touched, err := a.DB.PutLinks(ctx, Who(), []order.Link{link})
	if err != nil {
		return err
	}
	return s.linked(a, link, touched, l.json, "linked to "+supplier.Label()+" "+link.SupplierSKU+" at "+a.money(link.Cost))
}

// fromCatalogue fills a link with what the supplier's catalogue says of the product.
func (a *App) fromCatalogue(ctx context.Context, link *order.Link) error {
	found, err := a.DB.Products(ctx, link.Supplier, link.SupplierSKU, 5)
	if err != nil {
		return err
	}
	for i := range found {
		if p := &found[i]; p.SKU == link.SupplierSKU {
			link.Title, link.Cost, link.CostKnown, link.Stock = p.Title, p.Cost, p.CostKnown, p.Stock
			link.WeightGrams, link.ProcessingDays, link.BrandedInvoice = p.WeightGrams, p.ProcessingDays, p.BrandedInvoice
		}
	}
	return nil
}

// setSupplier is a supplier that has been set up.
func (a *App) setSupplier(name string) (checkout.Supplier, error) {
	all := a.Settings().Suppliers
	var names []string
	for i := range all {
		if all[i].Name == name {
			return all[i], nil
		}
		names = append(names, all[i].Name)
	}
	if len(all) == 0 {
		return checkout.Supplier{}, usage("no supplier is set up yet: add one with `orderdeck supplier add`")
	}
	text := fmt.Sprintf("there is no supplier called %q.", name)
	if near := config.Nearest(name, names); near != "" {
		text += " Did you mean " + near + "?"
	}
	return checkout.Supplier{}, usage("%s There is %s", text, strings.Join(names, ", "))
}

// linked says what a link has changed.
func (s *session) linked(a *App, link order.Link, touched int, asJSON bool, what string) error {
	if asJSON {
		return writeJSON(s.out, struct {
			Demo   bool `json:"demo,omitempty"`
			Orders int  `json:"orders"`
			order.Link
		}{a.Demo, touched, link})
	}
	_, err := fmt.Fprintf(s.out, "%s/%s is %s; %s changed.\n", link.Store, link.ProductKey, what, plural(touched, "order has", "orders have"))
	return err
}

func (s *session) linkRemoveCommand() *cobra.Command {
	var shop, supplier string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "remove PRODUCT", Short: "Take the link of a product away, to one supplier or to all", Args: oneArg("a product, by its SKU"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			a, err := s.open(ctx, opening{wire: true})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			if shop, err = a.oneStore(ctx, shop); err != nil {
				return err
			}
			key := productKey(args[0])
			links, err := a.DB.Links(ctx, shop, strings.TrimPrefix(key, "sku:"), 100)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(links, func(l order.Link) bool {
				return l.ProductKey == key && (supplier == "" || l.Supplier == supplier)
			}) {
				return fmt.Errorf("%s/%s is not linked%s: `orderdeck link list` shows the links", shop, key, toSupplier(supplier))
			}
			touched, err := a.DB.RemoveLinks(ctx, Who(), shop, key, supplier)
			if err != nil {
				return err
			}
			return s.linked(a, order.Link{Store: shop, ProductKey: key, Supplier: supplier}, touched, asJSON, "no longer linked"+toSupplier(supplier))
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	s.storeFlag(cmd, &shop)
	cmd.Flags().StringVar(&supplier, "supplier", "", "only the link to this `SUPPLIER`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func toSupplier(name string) string {
	if name == "" {
		return ""
	}
	return " to " + name
}

// suggestion is one line of link suggest --json.
type suggestion struct {
	Demo bool `json:"demo,omitempty"`
	store.UnlinkedProduct
	Suggestions []suggested `json:"suggestions"`
}

type suggested struct {
	Supplier string `json:"supplier"`
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	Cost     *int64 `json:"cost,omitempty"` // minor units
	Currency string `json:"currency,omitempty"`
}

func (s *session) linkSuggestCommand() *cobra.Command {
	var shop string
	var asJSON bool
	limit := 20
	cmd := &cobra.Command{
		Use: "suggest", Short: "List the products that wait for a supplier, with those that may be meant", Args: noArgs,
		Long: "Lists the products that open orders wait for and no supplier delivers yet, those that most orders wait for first,\n" +
			"each with what the suppliers' catalogues have under the same SKU or a like name.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usage("--limit cannot be %d: it takes a number from 1 on", limit)
			}
			return s.suggestLinks(cmd.Context(), shop, limit, asJSON)
		},
	}
	s.storeFlag(cmd, &shop)
	cmd.Flags().IntVar(&limit, "limit", 20, "at most `N` products")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one product a line")
	return cmd
}

func (s *session) suggestLinks(ctx context.Context, shop string, limit int, asJSON bool) (err error) {
	a, err := s.open(ctx, opening{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.knownStore(ctx, shop); err != nil {
		return err
	}
	waiting, err := a.DB.UnlinkedProducts(ctx, shop, limit)
	if err != nil {
		return err
	}
	if len(waiting) == 0 && !asJSON {
		fmt.Fprintln(s.err, "No product waits for a supplier.")
	}
	for _, w := range waiting {
		found, err := a.DB.SuggestProducts(ctx, w.Store, order.Line{SKU: w.SKU, Title: w.Title, Variant: w.Variant}, 3)
		if err != nil {
			return err
		}
		if asJSON {
			row := suggestion{Demo: a.Demo, UnlinkedProduct: w, Suggestions: []suggested{}}
			for i := range found {
				row.Suggestions = append(row.Suggestions, newSuggested(&found[i]))
			}
			err = writeJSON(s.out, row)
		} else {
			err = s.tellSuggestion(a, &w, found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func newSuggested(p *checkout.Product) suggested {
	out := suggested{Supplier: p.Supplier, SKU: p.SKU, Title: p.Title}
	if p.CostKnown {
		out.Cost, out.Currency = &p.Cost.Minor, p.Cost.Currency
	}
	return out
}

func (s *session) tellSuggestion(a *App, w *store.UnlinkedProduct, found []checkout.Product) error {
	title := w.Title
	if w.Variant != "" {
		title += " · " + w.Variant
	}
	if _, err := fmt.Fprintf(s.out, "%s\t%s\t%s\t%s\n", w.Store, w.Key, title, plural(w.Orders, "order waits", "orders wait")); err != nil {
		return err
	}
	for i := range found {
		p := &found[i]
		cost := "no cost"
		if p.CostKnown {
			cost = a.money(p.Cost)
		}
		fmt.Fprintf(s.out, "  %s\t%s\t%s\t%s\n", p.Supplier, p.SKU, p.Title, cost)
	}
	return nil
}
