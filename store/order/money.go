package order

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Money is an amount in one currency. Amounts of different currencies are never added up.
//
// The JSON form is {"minor": 28990, "currency": "BRL"}, plus "exact" where the platform's own decimal text says more
// than the minor units do.
type Money struct {
	Minor    int64  `json:"minor"`    // in minor units of the currency: cents, yen, fils
	Currency string `json:"currency"` // ISO 4217; "" only in the zero value
	// Exact is the decimal text as it came from the platform, kept where Minor alone would not give it back (Medusa
	// does not round to the currency; Vendure's precision is the shop's choice). Empty otherwise.
	Exact string `json:"exact,omitempty"`
}

// exponents lists the ISO 4217 currencies whose minor unit is not a hundredth.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
	"UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// Exponent is how many decimals the minor unit of a currency stands for (ISO 4217): 2 for most, 0 for JPY and CLP, 3
// for KWD. An unknown code has 2.
func Exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// Errors of the money parsers.
var (
	ErrMoneySyntax = errors.New("not an amount: write digits with a dot for decimals, such as 1250.00")
	ErrMoneyRange  = errors.New("the amount is too large to be kept")
)

// New is an amount given in minor units of its currency.
func New(minor int64, currency string) Money { return Money{Minor: minor, Currency: currency} }

// FromScaled makes an amount from an integer that a platform scaled by its own power of ten (Vendure's
// moneyStrategyPrecision), which need not be the currency's.
func FromScaled(n int64, precision int, currency string) Money {
	e := Exponent(currency)
	if precision == e {
		return Money{Minor: n, Currency: currency}
	}
	text := new(big.Rat).SetFrac(big.NewInt(n), pow10(precision)).FloatString(max(precision, 0))
	m, err := ParseMoney(text, currency)
	if err != nil {
		return Money{Minor: n, Currency: currency, Exact: text}
	}
	return m
}

// ParseMoney reads a decimal text with a dot ("12.50", "-3", "1.005") as an amount of a currency. What the currency's
// minor unit cannot hold is rounded half away from zero in Minor and kept whole in Exact.
func ParseMoney(text, currency string) (Money, error) {
	s := strings.TrimSpace(text)
	if s == "" || len(s) > 40 || strings.Trim(s, "+-0123456789.") != "" || strings.Count(s, ".") > 1 ||
		strings.LastIndexAny(s, "+-") > 0 || strings.Trim(s, "+-.") == "" {
		return Money{}, ErrMoneySyntax
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return Money{}, ErrMoneySyntax
	}
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(pow10(Exponent(currency))))
	minor, ok := roundHalfAway(scaled)
	if !ok {
		return Money{}, ErrMoneyRange
	}
	m := Money{Minor: minor, Currency: currency}
	if !scaled.IsInt() {
		m.Exact = s
	}
	return m, nil
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, 0))), nil)
}

func roundHalfAway(r *big.Rat) (int64, bool) {
	num := new(big.Int).Mul(new(big.Int).Abs(r.Num()), big.NewInt(2))
	num.Add(num, r.Denom())
	q := num.Quo(num, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		q.Neg(q)
	}
	return q.Int64(), q.IsInt64()
}

// Decimal is the amount with a dot and the currency's decimals, without the code: "289.90", "1508", "1.250".
func (m Money) Decimal() string {
	e := Exponent(m.Currency)
	if e == 0 {
		return strconv.FormatInt(m.Minor, 10)
	}
	neg, digits := m.Minor < 0, strconv.FormatUint(magnitude(m.Minor), 10)
	if pad := e + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	out := digits[:len(digits)-e] + "." + digits[len(digits)-e:]
	if neg {
		return "-" + out
	}
	return out
}

// String is the code and the decimal amount: "BRL 289.90".
func (m Money) String() string {
	if m.Currency == "" {
		return m.Decimal()
	}
	return m.Currency + " " + m.Decimal()
}

// IsZero tells whether the amount is nothing, in whatever currency.
func (m Money) IsZero() bool { return m.Minor == 0 }

// Add gives the sum of two amounts of one currency; the zero value counts as nothing of any currency. It fails rather
// than mix currencies or overflow.
func (m Money) Add(n Money) (Money, error) {
	if m.Currency == "" && m.Minor == 0 {
		return Money{Minor: n.Minor, Currency: n.Currency}, nil
	}
	if n.Currency == "" && n.Minor == 0 {
		return Money{Minor: m.Minor, Currency: m.Currency}, nil
	}
	if m.Currency != n.Currency {
		return Money{}, fmt.Errorf("%s and %s cannot be added up", m.Currency, n.Currency)
	}
	sum := m.Minor + n.Minor
	if (n.Minor > 0 && sum < m.Minor) || (n.Minor < 0 && sum > m.Minor) {
		return Money{}, ErrMoneyRange
	}
	return Money{Minor: sum, Currency: m.Currency}, nil
}

// Sub gives m − n; see Add.
func (m Money) Sub(n Money) (Money, error) {
	if n.Minor == math.MinInt64 {
		return Money{}, ErrMoneyRange
	}
	return m.Add(Money{Minor: -n.Minor, Currency: n.Currency})
}

// Times multiplies by a quantity, rounding half away from zero. It fails on overflow.
func (m Money) Times(q Quantity) (Money, error) {
	hi, lo := bits.Mul64(magnitude(m.Minor), magnitude(int64(q)))
	lo, carry := bits.Add64(lo, quantityUnit/2, 0)
	if hi += carry; hi >= quantityUnit {
		return Money{}, ErrMoneyRange
	}
	n, _ := bits.Div64(hi, lo, quantityUnit)
	if n > math.MaxInt64 {
		return Money{}, ErrMoneyRange
	}
	if (m.Minor < 0) != (q < 0) {
		n = -n
	}
	return Money{Minor: int64(n), Currency: m.Currency}, nil
}

// magnitude is |n|, right for the smallest int64 too.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// Scaled is the amount in ten-thousandths of the major unit, whatever the currency's decimals, so that a filter can
// compare across currencies. Amounts beyond what that can hold become the largest or smallest int64.
func (m Money) Scaled() int64 {
	n := m.Minor
	for range 4 - Exponent(m.Currency) {
		switch {
		case n > math.MaxInt64/10:
			return math.MaxInt64
		case n < math.MinInt64/10:
			return math.MinInt64
		}
		n *= 10
	}
	return n
}

// Compare orders by currency, then by amount, so that a mixed list groups by currency.
func (m Money) Compare(n Money) int {
	return cmp.Or(cmp.Compare(m.Currency, n.Currency), cmp.Compare(m.Minor, n.Minor))
}

const quantityUnit = 10_000

// Quantity is how many, in ten-thousandths, so that 1.5 metres of cloth are exact. In JSON and on screen it is a plain
// decimal number.
type Quantity int64

// Units is a whole quantity.
func Units(n int64) Quantity { return Quantity(n * quantityUnit) }

// ErrQuantity is what ParseQuantity answers to text that is not a decimal number of at most four decimals.
var ErrQuantity = errors.New("not a quantity: write a number of at most four decimals, such as 2 or 1.5")

// ParseQuantity reads "2", "1.5", "0.25"; more than four decimals are refused.
func ParseQuantity(text string) (Quantity, error) {
	s := strings.TrimSpace(text)
	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) > 4 {
		if strings.Trim(frac[4:], "0") != "" {
			return 0, ErrQuantity
		}
		frac = frac[:4]
	}
	digits := strings.TrimPrefix(whole, "-") + frac
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, ErrQuantity
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", 4-len(frac)), 10, 64)
	if err != nil {
		return 0, ErrQuantity
	}
	return Quantity(n), nil
}

// String is the shortest decimal text: "2", "1.5".
func (q Quantity) String() string {
	sign, n := "", magnitude(int64(q))
	if q < 0 {
		sign = "-"
	}
	whole, frac := sign+strconv.FormatUint(n/quantityUnit, 10), n%quantityUnit
	if frac == 0 {
		return whole
	}
	return whole + "." + strings.TrimRight(strconv.FormatUint(quantityUnit+frac, 10)[1:], "0")
}

// MarshalJSON writes a plain number.
func (q Quantity) MarshalJSON() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalJSON reads a plain number.
func (q *Quantity) UnmarshalJSON(data []byte) error {
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	v, err := ParseQuantity(n.String())
	if err != nil {
		return err
	}
	*q = v
	return nil
}
