package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/orderdeck/orderdeck/store/order/checkout"
)

// offered looks whether a supplier that a rule is for has its shipping method. A method that none can have is refused with
// what there is; where a supplier tells its methods with a price alone, the rule is kept, and what is not known is said.
func (s *session) offered(ctx context.Context, b *rulebook, method, supplier string) error {
	if method == "" || len(b.settings.Suppliers) == 0 {
		return nil // the first is refused elsewhere
	}
	a := b.app
	if a == nil {
		var err error
		if a, err = s.open(ctx, opening{suppliers: true}); err != nil {
			s.unchecked(method, "the database could not be opened: "+strings.TrimSuffix(err.Error(), "."))
			return nil
		}
		defer func() { _ = a.Close() }()
	}
	var known, open []string
	for i := range b.settings.Suppliers {
		x := &b.settings.Suppliers[i]
		if supplier != "" && x.Name != supplier {
			continue
		}
		list, whole, err := a.methodsOf(ctx, x)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(m checkout.Method) bool {
			return strings.EqualFold(m.Code, method) || strings.EqualFold(m.Name, method)
		}) {
			return nil
		}
		if !whole {
			open = append(open, x.Label())
		}
		if len(list) > 0 {
			known = append(known, x.Label()+" has "+methodNames(list))
		}
	}
	switch {
	case len(open) > 0:
		s.unchecked(method, strings.Join(append([]string{strings.Join(open, ", ") + " cannot be asked without an order to send"}, known...), "; "))
	case len(known) > 0:
		return usage("no supplier that the rule is for has the shipping method “%s”, so that it was not added: %s", method, strings.Join(known, "; "))
	}
	return nil
}

func (s *session) unchecked(method, why string) {
	fmt.Fprintf(s.err, "! whether “%s” is a shipping method could not be checked: %s.\n", method, why)
}

// methodsOf are the shipping methods of a supplier, as far as they are known here. whole tells that it has no others.
func (a *App) methodsOf(ctx context.Context, x *checkout.Supplier) (list []checkout.Method, whole bool, err error) {
	table, err := a.DB.Methods(ctx, x.Name)
	for i := range table {
		list = append(list, table[i].Method)
	}
	if len(list) > 0 || err != nil {
		return list, true, err
	}
	list, err = a.DB.NamedMethods(ctx, x.Name)
	if err != nil {
		return nil, false, errors.Join(errors.New("the quotes of "+x.Name+" cannot be read"), err)
	}
	return list, false, nil
}

// mostMethods is how many methods a sentence names.
const mostMethods = 8

// methodNames lists methods as people call them, with the code where that is another word.
func methodNames(list []checkout.Method) string {
	var out []string
	for _, m := range list {
		name := m.Name
		if m.Code != "" && !strings.EqualFold(m.Code, m.Name) {
			name = strings.TrimSpace(name + " (" + m.Code + ")")
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	if more := len(out) - mostMethods; more > 0 {
		out = append(out[:mostMethods], fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, ", ")
}
