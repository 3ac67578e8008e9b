package store

import (
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"

	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// Functions that filters use in SQL. They compare as package filter does; both are tested against each other. A column
// that holds several texts has sep between them.
//
//	od_words(words, text...)    whether one of the texts has these words (separated by blanks) next to each other
//	od_phrase(words, text...)   the same, but only at the beginning of very long texts, as far as they are indexed
//	od_code(op, code, text...)  whether one of the texts is the code, or begins, ends with or contains it
//	od_phone(digits, numbers)   whether one of the phone numbers has these digits where a number may be cut
//
// And one for making an index of words:
//
//	od_tokens(text...)          the words of the texts as an index keeps them
const (
	fnWords  = "od_words"
	fnPhrase = "od_phrase"
	fnCode   = "od_code"
	fnPhone  = "od_phone"
	fnTokens = "od_tokens"
)

func init() {
	for _, f := range []struct {
		name string
		args int32
		has  func(args []driver.Value) bool
	}{
		{fnWords, -1, func(args []driver.Value) bool { return hasWords(args, false) }},
		{fnPhrase, -1, func(args []driver.Value) bool { return hasWords(args, true) }},
		{fnCode, -1, hasCode},
		{fnPhone, 2, hasPhone},
	} {
		sqlite.MustRegisterDeterministicScalarFunction(f.name, f.args,
			func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
				return bit(f.has(args), 1), nil
			})
	}
	sqlite.MustRegisterDeterministicScalarFunction(fnTokens, -1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		var words []string
		for _, a := range args {
			words = text.Tokens(words, str(a))
		}
		return strings.Join(words, " "), nil
	})
}

// maxSearched is how much of one text is in the search index, in bytes; see filter.Texts.
const maxSearched = 16 << 10

// str is a text argument; NULL is "".
func str(v driver.Value) string {
	s, _ := v.(string)
	return s
}

// anyOf tells whether f holds for one of the texts in the arguments.
func anyOf(args []driver.Value, f func(string) bool) bool {
	for _, a := range args {
		for rest, more := str(a), true; more; {
			var s string
			s, rest, more = strings.Cut(rest, sep)
			if s != "" && f(s) {
				return true
			}
		}
	}
	return false
}

func hasWords(args []driver.Value, phrase bool) bool {
	words := strings.Fields(str(args[0]))
	return anyOf(args[1:], func(s string) bool {
		if phrase {
			s = text.Limit(s, maxSearched)
		}
		return text.HasWords(s, words)
	})
}

func hasCode(args []driver.Value) bool {
	op, code := filter.Op(str(args[0])), str(args[1])
	return anyOf(args[2:], func(s string) bool { return compareCode(op, text.Fold(s), code) })
}

// compareCode compares a folded text with a folded code.
func compareCode(op filter.Op, s, code string) bool {
	switch op {
	case filter.Exists:
		return s != ""
	case filter.Prefix:
		return strings.HasPrefix(s, code)
	case filter.Suffix:
		return strings.HasSuffix(s, code)
	case filter.Contains:
		return strings.Contains(s, code)
	}
	return s == code
}

// hasPhone looks for digits in numbers that are digits only; see text.PhoneTokens.
func hasPhone(args []driver.Value) bool {
	digits := str(args[0])
	return anyOf(args[1:], func(s string) bool {
		tokens := text.PhoneTokens(nil, s)
		for _, t := range tokens {
			if strings.HasPrefix(t, digits) {
				return true
			}
		}
		return false
	})
}
