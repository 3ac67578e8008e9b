package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store/order/checkout"
)

func (s *session) rulesCommand() *cobra.Command {
	return parent(&cobra.Command{
		Use: "rules", Short: "Choose shipping methods and packaging by rules", GroupID: "setup",
		Long: "Shipping rules choose the shipping method of what is checked out, packaging rules what is put into the parcel. All\n" +
			"conditions of a rule must hold; of the rules that match, the one with the smallest sequence wins. They stand in\n" +
			"rules.yaml beside the settings file, where they may also be written by hand.",
		Example: "  orderdeck rules add Brazil --method Standard --country BR --amount-to '500 USD'\n" +
			"  orderdeck rules add Kraft --packaging --sku KRAFT-S --tag gift\n" +
			"  orderdeck rules move Brazil --before Europe\n" +
			"  orderdeck rules test shop/1042",
	},
		s.rulesListCommand(), s.rulesAddCommand(), s.rulesRemoveCommand(), s.rulesSwitchCommand("enable", false),
		s.rulesSwitchCommand("disable", true), s.rulesMoveCommand(), s.rulesTestCommand())
}

// rulebook is a file of rules that is being looked at or changed.
type rulebook struct {
	file     string
	rules    config.Rules
	settings checkout.Settings // with these rules
	app      *App              // where the database is open already, else nil
	done     func() error
}

// openRules reads the rules of the merchant, or those of the demo, which are the built-in ones until they are changed.
func (s *session) openRules(ctx context.Context) (*rulebook, error) {
	c, err := s.load(false)
	if err != nil {
		return nil, err
	}
	b := &rulebook{file: c.RulesFile(), done: func() error { return nil }}
	if !s.demo && s.orders == 0 {
		if b.rules, err = c.Rules(); err != nil {
			return nil, &coded{ExitUsage, err}
		}
		b.settings, err = CheckoutSettings(c, b.rules)
		return b, err
	}
	a, err := s.open(ctx, opening{})
	if err != nil {
		return nil, err
	}
	b.app, b.done = a, a.Close
	if err := demoRules(a, b); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return b, nil
}

// checkoutSettings are what a checkout of an open program goes by: what the merchant has set, or what the demo has.
func (s *session) checkoutSettings(a *App) (checkout.Settings, error) {
	if a.Demo {
		var b rulebook
		err := demoRules(a, &b)
		return b.settings, err
	}
	rules, err := a.Config.Rules()
	if err != nil {
		return checkout.Settings{}, &coded{ExitUsage, err}
	}
	return CheckoutSettings(a.Config, rules)
}

// demoRules reads the rules of a demo, from a file beside its database or from the world itself.
func demoRules(a *App, b *rulebook) (err error) {
	b.file = strings.TrimSuffix(demoPath(a.Config.Data, a.Orders), ".db") + ".rules.yaml"
	b.settings = a.demo()
	if b.rules, err = config.ReadRules(b.file); err != nil {
		return &coded{ExitUsage, err}
	}
	if _, err := os.Stat(b.file); err != nil {
		b.rules = configRules(&b.settings)
	}
	return withRules(&b.settings, b.rules, b.file)
}

// changeRules reads the rules, changes them, and writes them back if they make sense then.
func (s *session) changeRules(ctx context.Context, change func(b *rulebook) (string, error)) (err error) {
	b, err := s.openRules(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.done()) }()
	before := len(unusable(&b.settings))
	told, err := change(b)
	if err != nil {
		return err
	}
	for i := range b.rules.Shipping {
		b.rules.Shipping[i].Line = 0 // what is wrong now is not in the file
	}
	for i := range b.rules.Packaging {
		b.rules.Packaging[i].Line = 0
	}
	slices.SortStableFunc(b.rules.Shipping, func(x, y config.RuleConfig) int { return cmp.Compare(x.Sequence, y.Sequence) })
	slices.SortStableFunc(b.rules.Packaging, func(x, y config.PackagingConfig) int { return cmp.Compare(x.Sequence, y.Sequence) })
	if err := withRules(&b.settings, b.rules, b.file); err != nil {
		return err
	}
	if err := config.WriteRules(b.file, b.rules); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(s.out, told); err != nil {
		return err
	}
	if odd := unusable(&b.settings); len(odd) > before {
		for _, text := range odd {
			fmt.Fprintf(s.err, "! %s\n", text)
		}
	}
	return nil
}

// listedRule is one line of rules list --json.
type listedRule struct {
	Kind           string   `json:"kind"` // shipping or packaging
	Name           string   `json:"name"`
	Sequence       int      `json:"sequence"`
	Enabled        bool     `json:"enabled"`
	Supplier       string   `json:"supplier,omitempty"`
	Stores         []string `json:"stores,omitempty"`
	Countries      []string `json:"countries,omitempty"`
	Tags           []string `json:"tags,omitempty"`
	AmountFrom     string   `json:"amount_from,omitempty"`
	AmountTo       string   `json:"amount_to,omitempty"`
	FreightFrom    string   `json:"freight_from,omitempty"`
	FreightTo      string   `json:"freight_to,omitempty"`
	Method         string   `json:"method,omitempty"`
	CashOnDelivery bool     `json:"cash_on_delivery,omitempty"`
	SKUs           []string `json:"skus,omitempty"`
	CardText       string   `json:"card_text,omitempty"`
}

func listedRules(rules config.Rules) []listedRule {
	var out []listedRule
	for _, r := range rules.Shipping {
		out = append(out, listedRule{
			Kind: "shipping", Name: r.Name, Sequence: r.Sequence, Enabled: !r.Disabled, Supplier: r.Supplier, Countries: r.Countries,
			AmountFrom: r.AmountFrom, AmountTo: r.AmountTo, FreightFrom: r.FreightFrom, FreightTo: r.FreightTo, Method: r.Method,
			CashOnDelivery: r.CashOnDelivery,
		})
	}
	for _, r := range rules.Packaging {
		out = append(out, listedRule{
			Kind: "packaging", Name: r.Name, Sequence: r.Sequence, Enabled: !r.Disabled, Supplier: r.Supplier, Stores: r.Stores,
			Countries: r.Countries, Tags: r.Tags, SKUs: r.SKUs, CardText: r.CardText,
		})
	}
	return out
}

// text is a rule as one line.
func (r *listedRule) text() string {
	var when []string
	add := func(name, value string) {
		if value != "" {
			when = append(when, name+value)
		}
	}
	add("", r.Supplier)
	add("stores ", strings.Join(r.Stores, ", "))
	add("", strings.Join(r.Countries, ", "))
	add("tags ", strings.Join(r.Tags, ", "))
	add("amount ", bounds(r.AmountFrom, r.AmountTo))
	add("freight ", bounds(r.FreightFrom, r.FreightTo))
	then := r.Method
	if r.Kind == "packaging" {
		then = strings.Join(r.SKUs, " + ")
		if r.CardText != "" {
			then += " “" + r.CardText + "”"
		}
	}
	if r.CashOnDelivery {
		then += ", also when paid at the door"
	}
	if !r.Enabled {
		then += " (disabled)"
	}
	return fmt.Sprintf("%6d  %-9s  %s: %s → %s", r.Sequence, r.Kind, r.Name, cmp.Or(strings.Join(when, "; "), "every order"), then)
}

func bounds(from, to string) string {
	switch {
	case from != "" && to != "":
		return from + " to " + to
	case from != "":
		return "from " + from
	case to != "":
		return "up to " + to
	}
	return ""
}

func (s *session) rulesListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the rules in their order", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			b, err := s.openRules(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, b.done()) }()
			rules := listedRules(b.rules)
			slices.SortStableFunc(rules, func(x, y listedRule) int {
				return cmp.Or(-cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Sequence, y.Sequence))
			})
			if len(rules) == 0 && !asJSON {
				fmt.Fprintln(s.err, "There are no rules: the cheapest shipping method is taken. Add one with `orderdeck rules add`.")
			}
			for i := range rules {
				if asJSON {
					err = writeJSON(s.out, rules[i])
				} else {
					_, err = fmt.Fprintln(s.out, rules[i].text())
				}
				if err != nil {
					return err
				}
			}
			for _, text := range unusable(&b.settings) {
				fmt.Fprintf(s.err, "! %s\n", text)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, one rule a line")
	return cmd
}

// addingRule is what `rules add` was told.
type addingRule struct {
	packaging bool
	shipping  config.RuleConfig
	pack      config.PackagingConfig
	sequence  int
	supplier  string
	countries []string
	disabled  bool
}

func (s *session) rulesAddCommand() *cobra.Command {
	a := &addingRule{}
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a shipping or a packaging rule", Args: oneArg("a name for the rule"),
		Long: "Adds a rule behind the others, or at --sequence. Without conditions it is for every order. Amounts name their\n" +
			"currency: '50 USD'. An order in another currency than the rule's does not match it.",
		RunE: func(cmd *cobra.Command, args []string) error { return s.addRule(cmd.Context(), args[0], a) },
	}
	f := cmd.Flags()
	f.BoolVar(&a.packaging, "packaging", false, "it is a packaging rule")
	f.StringVar(&a.supplier, "supplier", "", "only what this `SUPPLIER` delivers")
	f.StringSliceVar(&a.countries, "country", nil, "only what goes to these countries: BR,PT")
	f.IntVar(&a.sequence, "sequence", 0, "its place: of the rules that match, the smallest wins")
	f.BoolVar(&a.disabled, "disabled", false, "add it without using it yet")
	f.StringVar(&a.shipping.Method, "method", "", "shipping: the `METHOD` to take, its code or its name")
	f.StringVar(&a.shipping.AmountFrom, "amount-from", "", "shipping: only orders of at least this `AMOUNT`, such as '50 USD'")
	f.StringVar(&a.shipping.AmountTo, "amount-to", "", "shipping: only orders of at most this `AMOUNT`")
	f.StringVar(&a.shipping.FreightFrom, "freight-from", "", "shipping: only if the method costs at least this `AMOUNT`")
	f.StringVar(&a.shipping.FreightTo, "freight-to", "", "shipping: only if the method costs at most this `AMOUNT`")
	f.BoolVar(&a.shipping.CashOnDelivery, "cash-on-delivery", false, "shipping: let orders through that are paid at the door")
	f.StringSliceVar(&a.pack.SKUs, "sku", nil, "packaging: the supplier's `SKU` of what is put in; several with commas")
	f.StringSliceVar(&a.pack.Stores, "store", nil, "packaging: only orders of this `STORE`")
	f.StringSliceVar(&a.pack.Tags, "tag", nil, "packaging: only orders that have this `TAG`, or one of several")
	f.StringVar(&a.pack.CardText, "card-text", "", "packaging: the `TEXT` on the card")
	return cmd
}

func (s *session) addRule(ctx context.Context, name string, a *addingRule) error {
	if wrong := a.misplaced(); wrong != "" {
		return usage("%s", wrong)
	}
	for i, c := range a.countries {
		a.countries[i] = strings.ToUpper(strings.TrimSpace(c))
	}
	return s.changeRules(ctx, func(b *rulebook) (string, error) {
		r := &b.rules
		if a.packaging {
			last := 0
			for _, one := range r.Packaging {
				last = max(last, one.Sequence)
			}
			rule := a.pack
			rule.Name, rule.Sequence, rule.Disabled = name, cmp.Or(a.sequence, last+10), a.disabled
			rule.Supplier, rule.Countries = a.supplier, a.countries
			r.Packaging = append(r.Packaging, rule)
			return fmt.Sprintf("The packaging rule “%s” has been added with the sequence %d.", name, rule.Sequence), nil
		}
		if err := s.offered(ctx, b, a.shipping.Method, a.supplier); err != nil {
			return "", err
		}
		last := 0
		for _, one := range r.Shipping {
			last = max(last, one.Sequence)
		}
		rule := a.shipping
		rule.Name, rule.Sequence, rule.Disabled = name, cmp.Or(a.sequence, last+10), a.disabled
		rule.Supplier, rule.Countries = a.supplier, a.countries
		r.Shipping = append(r.Shipping, rule)
		return fmt.Sprintf("The shipping rule “%s” has been added with the sequence %d.", name, rule.Sequence), nil
	})
}

// misplaced says which flag does not go with the kind of rule.
func (a *addingRule) misplaced() string {
	x, p := &a.shipping, &a.pack
	switch {
	case a.packaging && (x.Method != "" || x.AmountFrom+x.AmountTo+x.FreightFrom+x.FreightTo != "" || x.CashOnDelivery):
		return "a packaging rule has no method, amount or freight: give --sku, --store, --tag, --country or --supplier"
	case !a.packaging && (len(p.SKUs)+len(p.Stores)+len(p.Tags) > 0 || p.CardText != ""):
		return "--sku, --store, --tag and --card-text belong to packaging rules: say --packaging too"
	case a.sequence < 0:
		return "--sequence cannot be negative: the smallest wins, and 1 is small enough"
	}
	return ""
}

// ruleAt finds the one rule of a name. packaging is set by --packaging, for a name that both kinds have.
func ruleAt(r *config.Rules, name string, packaging bool) (shipping, pack int, err error) {
	same := func(n string) bool { return n == name }
	shipping = slices.IndexFunc(r.Shipping, func(x config.RuleConfig) bool { return same(x.Name) })
	pack = slices.IndexFunc(r.Packaging, func(x config.PackagingConfig) bool { return same(x.Name) })
	switch {
	case packaging && pack >= 0:
		return -1, pack, nil
	case shipping >= 0 && pack >= 0:
		return -1, -1, usage("there is a shipping rule and a packaging rule called %q: say --packaging for the latter, or give one another name in rules.yaml", name)
	case shipping >= 0 && !packaging, pack >= 0:
		return shipping, pack, nil
	}
	var all []string
	for _, x := range listedRules(*r) {
		all = append(all, x.Name)
	}
	text := fmt.Sprintf("there is no rule called %q.", name)
	if near := config.Nearest(name, all); near != "" {
		text += fmt.Sprintf(" Did you mean %q?", near)
	}
	return -1, -1, usage("%s `orderdeck rules list` shows them", text)
}

func (s *session) rulesRemoveCommand() *cobra.Command {
	var packaging bool
	cmd := &cobra.Command{
		Use: "remove NAME", Short: "Remove a rule", Args: oneArg("the name of a rule"), ValidArgsFunction: s.completeRules,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.changeRules(cmd.Context(), func(b *rulebook) (string, error) {
				r := &b.rules
				at, pack, err := ruleAt(r, args[0], packaging)
				switch {
				case err != nil:
					return "", err
				case at >= 0:
					r.Shipping = slices.Delete(r.Shipping, at, at+1)
				default:
					r.Packaging = slices.Delete(r.Packaging, pack, pack+1)
				}
				return fmt.Sprintf("The rule “%s” has been removed.", args[0]), nil
			})
		},
	}
	cmd.Flags().BoolVar(&packaging, "packaging", false, "the packaging rule of that name")
	return cmd
}

func (s *session) rulesSwitchCommand(word string, off bool) *cobra.Command {
	var packaging bool
	cmd := &cobra.Command{
		Use: word + " NAME", Short: strings.ToUpper(word[:1]) + word[1:] + " a rule", Args: oneArg("the name of a rule"), ValidArgsFunction: s.completeRules,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.changeRules(cmd.Context(), func(b *rulebook) (string, error) {
				r := &b.rules
				at, pack, err := ruleAt(r, args[0], packaging)
				switch {
				case err != nil:
					return "", err
				case at >= 0:
					r.Shipping[at].Disabled = off
				default:
					r.Packaging[pack].Disabled = off
				}
				return fmt.Sprintf("The rule “%s” is %sd.", args[0], word), nil
			})
		},
	}
	cmd.Flags().BoolVar(&packaging, "packaging", false, "the packaging rule of that name")
	return cmd
}

func (s *session) completeRules(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	c, err := s.load(false)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	rules, err := c.Rules()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, r := range listedRules(rules) {
		names = append(names, r.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
