package command

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/filter"
)

// choosing is how list and export say which orders they want.
type choosing struct {
	tab, sort, from, to string
}

func (c *choosing) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.tab, "tab", "", "only the orders of a `TAB`: a stage, refunds, exceptions, or a saved view")
	f.StringVar(&c.sort, "sort", "-date", "date, updated, total, customer or number; with - in front from the end")
	f.StringVar(&c.from, "from", "", "only orders placed on or after a `DATE`: 2026-11-01, 2026-11, today, -7d")
	f.StringVar(&c.to, "to", "", "only orders placed on or before a `DATE`")
	_ = cmd.RegisterFlagCompletionFunc("tab", cobra.FixedCompletions(tabNames(nil), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions(sortNames(), cobra.ShellCompDirectiveNoFileComp))
}

// query turns what was typed into what the store understands. Everything wrong in it is a usage error.
func (c *choosing) query(a *App, args []string) (store.Query, error) {
	q := store.Query{Now: a.DB.Now()}
	var err error
	if q.Tab, err = findTab(c.tab, a.Views); err != nil {
		return q, err
	}
	if q.Sort, err = parseSort(c.sort); err != nil {
		return q, err
	}
	o := filter.Options{Now: q.Now, Zone: a.Config.Zone, Decimal: a.Config.Locale.DecimalMark()}
	text := strings.Join(args, " ")
	if q.Filter, err = filter.Parse(text, o); err != nil {
		return q, filterError(text, err)
	}
	for _, bound := range []struct{ flag, op, value string }{{"from", ">=", c.from}, {"to", "<=", c.to}} {
		if bound.value == "" {
			continue
		}
		e, err := parseDate(bound.op+bound.value, o)
		if err != nil {
			return q, usage("--%s cannot be %q: write a day as 2026-11-01, a month as 2026-11, or today, yesterday, -7d", bound.flag, bound.value)
		}
		if q.Filter == nil {
			q.Filter = e
		} else {
			q.Filter = filter.And{Of: []filter.Expr{q.Filter, e}}
		}
	}
	return q, nil
}

// parseDate reads one bound of a range of dates by the rules of the filter. What is more than a date is refused.
func parseDate(bound string, o filter.Options) (filter.Expr, error) {
	if strings.ContainsAny(bound, " ,()\"") || strings.Contains(bound, "..") {
		return nil, errors.New("more than a date")
	}
	return filter.Parse("created:"+bound, o)
}

// filterError says where in the filter something is wrong, and what would be right there.
func filterError(text string, err error) error {
	var bad *filter.SyntaxError
	if !errors.As(err, &bad) {
		return usage("the filter is not understood: %w", err)
	}
	here := strings.TrimSpace(text[min(bad.Pos, len(text)):min(max(bad.End, bad.Pos), len(text))])
	at := ""
	if here != "" {
		at = " at “" + here + "”"
	}
	valid := ""
	if len(bad.Valid) > 0 {
		valid = ". Valid here: " + strings.Join(bad.Valid, ", ")
	}
	return usage("the filter is not understood%s: %s%s", at, bad.Msg, valid)
}

// findTab finds a tab by its id, its title or the name of a saved view. "" is the tab of all orders.
func findTab(name string, views []config.View) (order.Tab, error) {
	if name == "" {
		return order.Tab{}, nil
	}
	tabs := order.Tabs()
	for _, v := range views {
		tabs = append(tabs, order.Tab{ID: v.Name, Title: v.Name, Query: v.Query, Own: true})
	}
	for _, same := range []func(order.Tab) bool{
		func(t order.Tab) bool { return t.ID == name },
		func(t order.Tab) bool { return strings.EqualFold(t.Title, name) },
	} {
		if i := slices.IndexFunc(tabs, same); i >= 0 {
			return tabs[i], nil
		}
	}
	return order.Tab{}, choice("tab", name, tabNames(views))
}

func tabNames(views []config.View) []string {
	var names []string
	for _, t := range order.Tabs() {
		names = append(names, t.ID)
	}
	for _, v := range views {
		names = append(names, v.Name)
	}
	return names
}

func sortNames() []string {
	var names []string
	for _, k := range order.SortKeys {
		names = append(names, string(k), "-"+string(k))
	}
	return names
}

func parseSort(text string) (order.Sort, error) {
	name, descending := strings.CutPrefix(text, "-")
	if !slices.Contains(order.SortKeys, order.SortKey(name)) {
		return order.Sort{}, choice("sort", text, sortNames())
	}
	return order.Sort{Key: order.SortKey(name), Asc: !descending}, nil
}

// zones shows an order's times where its store is.
type zones struct {
	byStore  map[string]*time.Location
	standard *time.Location
}

func newZones(a *App, shops []store.Shop) zones {
	z := zones{map[string]*time.Location{}, a.Config.Zone}
	for _, s := range shops {
		if loc, err := time.LoadLocation(s.Zone); err == nil && s.Zone != "" {
			z.byStore[s.Name] = loc
		}
	}
	return z
}

func (z zones) at(shop string, t time.Time) time.Time {
	if loc, ok := z.byStore[shop]; ok {
		return t.In(loc)
	}
	return t.In(z.standard)
}
