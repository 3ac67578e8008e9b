package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/orderdeck/orderdeck/store/order"
)

// costKnown is the bit of orders.flags that says that the cost is known.
const costKnown = 1 << 5

// exportSQL asks the database for what an export of the profile orders for machines has, every cell formatted as it
// is there: names instead of numbers, amounts with as many decimals as the currency has, times as ISO 8601, and cells
// that a spreadsheet would run as a formula made harmless.
func exportSQL() string {
	words := func(column string, values []string) string {
		var b strings.Builder
		b.WriteString("CASE " + column)
		for i, v := range values {
			fmt.Fprintf(&b, " WHEN %d THEN '%s'", i, v)
		}
		b.WriteString(" END")
		return b.String()
	}
	safe := func(column string) string {
		return fmt.Sprintf("CASE WHEN substr(%[1]s, 1, 1) IN ('=', '+', '-', '@') THEN '''' || %[1]s ELSE %[1]s END", column)
	}
	list := func(column string) string { return safe("replace(" + column + ", char(31), ', ')") }
	amount := func(column, currency string) string {
		sign := "CASE WHEN " + column + " < 0 THEN '-' ELSE '' END"
		return fmt.Sprintf(`CASE WHEN %[2]s = '' THEN '' WHEN %[2]s IN (%[4]s) THEN printf('%%d', %[1]s) WHEN %[2]s IN (%[5]s)
			THEN %[3]s || printf('%%d.%%03d', abs(%[1]s) / 1000, abs(%[1]s) %% 1000)
			ELSE %[3]s || printf('%%d.%%02d', abs(%[1]s) / 100, abs(%[1]s) %% 100) END`,
			column, currency, sign, currencies(0), currencies(3))
	}
	same := fmt.Sprintf("o.flags & %d AND o.cost_currency = o.currency", costKnown)
	cells := []string{
		safe("s.name"), safe("o.number"), "strftime('%Y-%m-%dT%H:%M:%SZ', o.created / 1000, 'unixepoch')",
		safe("o.customer"), safe("o.email"), safe("o.phone"), safe("o.country"), safe("o.city"), safe("o.items"),
		"CASE WHEN o.quantity % 10000 THEN rtrim(printf('%.4f', o.quantity / 10000.0), '0') ELSE o.quantity / 10000 END",
		words("o.bucket & 15", texts(order.Stages)), words("o.payment", texts(order.CustomerPayments)),
		words("o.supplier_paid", texts(order.SupplierPayments)), list("o.suppliers"), safe("o.currency"),
		amount("o.total", "o.currency"),
		"CASE WHEN " + same + " THEN " + amount("o.cost", "o.currency") + " ELSE '' END",
		"CASE WHEN " + same + " THEN " + amount("(o.total - o.cost)", "o.currency") + " ELSE '' END",
		list("o.tracking"),
	}
	return "SELECT " + strings.Join(cells, ", ") + " FROM orders o JOIN shops s ON s.id = o.shop ORDER BY o.created DESC, o.id DESC"
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

// currencies lists the codes of the demo, and of its neighbours, whose minor unit has so many decimals.
func currencies(exponent int) string {
	var codes []string
	for _, code := range []string{"JPY", "CLP", "KRW", "ISK", "VND", "PYG", "KWD", "BHD", "OMR", "TND", "JOD"} {
		if order.Exponent(code) == exponent {
			codes = append(codes, "'"+code+"'")
		}
	}
	return strings.Join(codes, ", ")
}

// exports measures an export of everything as CSV, on one core, against the sqlite3 command doing the same. That both
// write the same cells is checked.
func exports(ctx context.Context, b *bench) ([]figure, error) {
	ours, floor := filepath.Join(b.temp, "ours.csv"), filepath.Join(b.temp, "floor.csv")
	question := exportSQL()
	var rss int64
	var cpu sample
	mine := func(pin []string) error {
		if err := os.Remove(ours); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		command := append(slices.Clone(pin), b.binary)
		command = append(command, b.demo("export", "--profile", "orders", "--for", "machine", "--out", ours)...)
		f, err := b.process(ctx, nil, command[0], command[1:]...)
		rss, cpu = max(rss, f.rss), append(cpu, f.cpu)
		return err
	}
	theirs := func() error {
		out, err := os.Create(floor)
		if err != nil {
			return err
		}
		_, err = b.process(ctx, out, "taskset", "-c", "1", "sqlite3", "-readonly", "-csv", b.db, question)
		return errors.Join(err, out.Close())
	}
	a, f, err := interleave(min(b.rounds, 3), func() error { return mine([]string{"taskset", "-c", "1"}) }, theirs)
	if err != nil {
		return nil, err
	}
	rows, err := sameCells(ours, floor)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := mine(nil); err != nil {
		return nil, err
	}
	return []figure{atMost("CSV of everything, 19 columns, one core", "sqlite3 -csv, same columns, formatting in SQL", a.median(), f.median(), 1,
		fmt.Sprintf("%d rows, cells compared one by one; on all cores %s; CPU %s; at most %s resident", rows,
			amount(time.Since(begin).Seconds(), "s"), amount(cpu.median().Seconds(), "s"), amount(float64(rss), "B")))}, nil
}

// sameCells tells where two CSV files first differ; the first has a heading.
func sameCells(ours, floor string) (rows int, err error) {
	a, err := os.Open(ours)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	b, err := os.Open(floor)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	left, right := csv.NewReader(a), csv.NewReader(b)
	left.ReuseRecord, right.ReuseRecord = true, true
	heading, err := left.Read()
	if err != nil {
		return 0, err
	}
	heading = slices.Clone(heading)
	for ; ; rows++ {
		mine, err := left.Read()
		theirs, err2 := right.Read()
		if errors.Is(err, io.EOF) && errors.Is(err2, io.EOF) {
			return rows, nil
		}
		if err = errors.Join(err, err2); err != nil {
			return rows, fmt.Errorf("row %d: %w", rows+1, err)
		}
		for i := range mine {
			if mine[i] != theirs[i] {
				return rows, fmt.Errorf("row %d, %s: ours is %q, the floor's %q: they do not do the same", rows+1, heading[i], mine[i], theirs[i])
			}
		}
	}
}
