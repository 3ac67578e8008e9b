package checkout

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/text/currency"

	"github.com/orderdeck/orderdeck/store/order"
)

// LargestPrice is how many units of a currency a price or a total may be at most; what is more is a mistake. Where a unit
// is worth next to nothing it is a thousand times as many.
const LargestPrice = 1_000_000

// small are currencies with decimals of which one unit is worth less than a cent or so. Those without decimals are small
// anyway.
const small = " AMD AOA ARS BIF CDF COP CRC DZD IDR IRR KHR KZT LAK LBP LKR MGA MMK MNT MWK NGN PKR RSD SLE SOS SYP TZS UZS YER ZWL "

// Absurd tells whether an amount is larger than any that is meant.
func Absurd(m order.Money) bool {
	largest := int64(LargestPrice)
	e := order.Exponent(m.Currency)
	if e == 0 || m.Currency != "" && strings.Contains(small, " "+m.Currency+" ") {
		largest *= 1000
	}
	for range e {
		largest *= 10
	}
	return m.Minor > largest || m.Minor < -largest
}

// wrongPrice says what is wrong with a price, for a sentence: "negative (USD -1.00)"; "" = nothing.
func wrongPrice(m order.Money, want, supplier string) string {
	switch {
	case m.Currency != want && want != "":
		return fmt.Sprintf("in %s (%s), but %s is paid in %s", nameless(m.Currency), m, supplier, want)
	case m.Minor < 0:
		return fmt.Sprintf("negative (%s)", m)
	case Absurd(m):
		return fmt.Sprintf("%s, which is more than any price", m)
	}
	return ""
}

func nameless(code string) string {
	if code == "" {
		return "no currency"
	}
	return code
}

// CheckCurrency tells what is wrong with the code of a currency.
func CheckCurrency(code string) error {
	if _, err := currency.ParseISO(code); err != nil || code != strings.ToUpper(code) {
		return fmt.Errorf("“%s” is no currency: write a code of three letters such as EUR or BRL", code)
	}
	return nil
}

// ParsePrice reads a price as people and price lists write it: "12.50", "12,50", "1.250,00", "USD 12.50", "12.50 USD".
// want is the currency in which it must be; a code in the text must be the same. What is negative, absurd, or may be
// read in two ways is refused with a sentence.
func ParsePrice(text, want string) (order.Money, error) {
	m, err := ParseSum(text, want)
	if err == nil && Absurd(m) {
		return order.Money{}, fmt.Errorf("“%s” is more than any price", strings.TrimSpace(text))
	}
	return m, err
}

// ParseSum is ParsePrice for what is no price and may be of any size: what a customer paid.
func ParseSum(text, want string) (order.Money, error) {
	s := strings.TrimSpace(text)
	if s == "" {
		return order.Money{}, errors.New("there is no price: write one such as 12.50")
	}
	digits, code := splitCode(s)
	if code != "" && code != want {
		if err := CheckCurrency(code); err != nil {
			return order.Money{}, fmt.Errorf("“%s” is not a price: %w", s, err)
		}
		return order.Money{}, fmt.Errorf("“%s” is in %s, but %s is expected here", s, code, want)
	}
	plain, err := plainNumber(digits, order.Exponent(want))
	if err != nil {
		return order.Money{}, err
	}
	m, err := order.ParseMoney(plain, want)
	switch {
	case errors.Is(err, order.ErrMoneyRange):
		return order.Money{}, fmt.Errorf("“%s” is more than any price", s)
	case err != nil:
		return order.Money{}, fmt.Errorf("“%s” is not a price: write digits, with a dot or a comma before the cents, such as 12.50", s)
	case m.Exact != "":
		return order.Money{}, fmt.Errorf("“%s” has more decimals than %s has (%d): round it", s, want, order.Exponent(want))
	case m.Minor < 0:
		return order.Money{}, fmt.Errorf("“%s” is negative, which no price is", s)
	}
	return m, nil
}

// ParseAmount reads an amount that names its currency: "50.00 USD", "USD 50".
func ParseAmount(text string) (order.Money, error) {
	_, code := splitCode(strings.TrimSpace(text))
	if code == "" {
		return order.Money{}, fmt.Errorf("“%s” names no currency: write the amount as 50.00 USD", strings.TrimSpace(text))
	}
	if err := CheckCurrency(code); err != nil {
		return order.Money{}, err
	}
	return ParsePrice(text, code)
}

// splitCode takes a currency's code off either end.
func splitCode(s string) (digits, code string) {
	isLetter := func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }
	if rest := strings.TrimLeftFunc(s, isLetter); len(rest) < len(s) {
		return strings.TrimSpace(rest), strings.ToUpper(s[:len(s)-len(rest)])
	}
	if rest := strings.TrimRightFunc(s, isLetter); len(rest) < len(s) {
		return strings.TrimSpace(rest), strings.ToUpper(s[len(rest):])
	}
	return s, ""
}

// plainNumber writes a number with a dot for decimals and without marks between thousands.
func plainNumber(s string, decimals int) (string, error) {
	no := fmt.Errorf("“%s” is not a price: write digits, with a dot or a comma before the cents, such as 12.50", s)
	for _, space := range []string{" ", "\u00a0", "\u202f", "'", "’"} {
		s = strings.ReplaceAll(s, space, "")
	}
	last := strings.LastIndexAny(s, ".,")
	if last < 0 {
		return s, nil
	}
	mark, whole, frac := s[last:last+1], s[:last], s[last+1:]
	other := map[string]string{".": ",", ",": "."}[mark]
	switch {
	case strings.Contains(whole, mark): // the same mark twice stands between thousands
		if strings.Contains(s, other) || !grouped(s, mark) {
			return "", no
		}
		return strings.ReplaceAll(s, mark, ""), nil
	case strings.Contains(whole, other):
		if !grouped(whole, other) {
			return "", no
		}
		return strings.ReplaceAll(whole, other, "") + "." + frac, nil
	case len(frac) == 3 && (decimals != 3 || mark == ",") && strings.Trim(whole, "-0") != "" && len(strings.TrimPrefix(whole, "-")) <= 3:
		return "", fmt.Errorf("“%s” may be %s or %s.%s: write it with two decimals", s, whole+frac, whole, strings.TrimRight(frac, "0")+strings.Repeat("0", max(0, 2-len(strings.TrimRight(frac, "0")))))
	}
	return whole + "." + frac, nil
}

// grouped tells whether a mark stands where it does between thousands.
func grouped(s, mark string) bool {
	for i, group := range strings.Split(strings.TrimPrefix(s, "-"), mark) {
		if i > 0 && len(group) != 3 || i == 0 && (group == "" || len(group) > 3) {
			return false
		}
	}
	return true
}

// rat reads a decimal text as an exact number; nil when it is none, or not more than nothing.
func rat(text string) *big.Rat {
	if text == "" || len(text) > 40 || strings.Trim(text, "0123456789.") != "" {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || r.Sign() <= 0 {
		return nil
	}
	return r
}
