package checkout

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// alphabet has no letter that is taken for a digit when it is read out (Crockford's).
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// digest is a short name for some texts; %q keeps them apart.
func digest(length int, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%q,", p)
	}
	return alphabet.EncodeToString(h.Sum(nil))[:length]
}

// groupLength is how many characters a GroupKey has.
const groupLength = 6

// GroupKey names the lines of a group by a short text of letters and digits: the same lines have the same key, in
// whatever order. It is "" for no lines.
func GroupKey(o *order.Order, g order.Group) string {
	var ids []string
	for _, i := range g.Lines {
		if i >= 0 && i < len(o.Lines) {
			ids = append(ids, o.Lines[i].ExternalID)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	return digest(groupLength, ids...)
}

// BasketKey names what a quote is for: which products of a supplier, how many of each, and where they go. Equal baskets
// of different orders have the same key, so that they are quoted once.
func BasketKey(supplier string, items []Item, a order.Address) string {
	rows := make([]string, 0, len(items))
	for i := range items {
		q := items[i].Quantity
		if slices.ContainsFunc(items[:i], func(it Item) bool { return it.SKU == items[i].SKU }) {
			continue // counted with the first
		}
		for j := i + 1; j < len(items); j++ {
			if items[j].SKU == items[i].SKU {
				q += items[j].Quantity
			}
		}
		rows = append(rows, strconv.Quote(items[i].SKU)+"×"+q.String())
	}
	slices.Sort(rows)
	postcode := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(a.PostalCode), " ", ""))
	rows = append(rows, supplier, a.Country, postcode, text.Fold(strings.TrimSpace(a.Province)))
	return digest(26, rows...)
}

// Reference is our own name for a purchase at a supplier, the same whenever it is made from the same: at most 32 of
// A–Z, 0–9 and -, such as "1042-CJ-7Q3F0K-1-9W2M4ZT8". ordered is when the customer ordered, so that a shop that begins
// to count anew does not meet its old orders.
func Reference(store, number, external, supplier, group string, attempt int, ordered time.Time) string {
	at := ""
	if !ordered.IsZero() {
		at = ordered.UTC().Format(time.RFC3339)
	}
	unique := digest(8, store, number, external, supplier, group, strconv.Itoa(attempt), at)
	parts := []string{
		cmp.Or(last(letters(number), 7), "0"), cmp.Or(first(letters(supplier), 4), "X"),
		cmp.Or(first(letters(group), groupLength), "0"), strconv.Itoa(min(max(attempt, 0), 99)), unique,
	}
	return strings.Join(parts, "-")
}

// letters keeps what may stand in a reference, of a text of any origin.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(text.Fold(s)))
}

func first(s string, n int) string { return s[:min(n, len(s))] }

func last(s string, n int) string { return s[max(0, len(s)-n):] }
