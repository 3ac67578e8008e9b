package filter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Suggestion is one way to go on with a filter: text[From:To] becomes Insert.
type Suggestion struct {
	Insert   string
	From, To int    // bytes of the text
	Help     string // a few words, may be empty
}

// Values gives values of a field that begin with a prefix, best first: stores, tags, cities and the like, which only
// the database knows.
type Values func(field, prefix string) []string

// Complete offers what the term at the cursor (a byte position) may become: fields, fixed values, dates, and values
// that the database knows. v may be nil.
func Complete(src string, cursor int, v Values) []Suggestion {
	cursor = min(max(cursor, 0), len(src))
	for cursor > 0 && cursor < len(src) && !utf8.RuneStart(src[cursor]) {
		cursor--
	}
	start := termStart(src[:cursor])
	for start < cursor && src[start] == '-' {
		start++
	}
	if strings.HasPrefix(src[start:cursor], `"`) {
		return nil
	}
	end := cursor + wordEnd(src[cursor:], false)
	name, typed, isCond := strings.Cut(src[start:cursor], ":")
	if !isCond {
		return suggestFields(src[start:cursor], start, end)
	}
	f, ok := FieldNamed(name)
	if !ok {
		return nil
	}
	from := start + len(name) + 1
	if f.Kind != Money && f.Kind != Quantity {
		if i := lastComma(typed); i >= 0 {
			from, typed = from+i+1, typed[i+1:]
		}
		end = cursor + wordEnd(src[cursor:], true)
	}
	return suggestValues(f, strings.TrimPrefix(typed, `"`), from, end, v)
}

// termStart is where the last term of a text begins.
func termStart(s string) int {
	start, quoted := 0, false
	for i, r := range s {
		switch {
		case r == '"' && (quoted || i == start || s[i-1] == ':' || s[i-1] == ',' || s[i-1] == '-'):
			quoted = !quoted
		case !quoted && (unicode.IsSpace(r) || r == '(' || r == ')'):
			start = i + utf8.RuneLen(r)
		}
	}
	return start
}

func wordEnd(s string, list bool) int {
	if i := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '(' || r == ')' || (list && r == ',')
	}); i >= 0 {
		return i
	}
	return len(s)
}

func lastComma(s string) int {
	last, quoted := -1, false
	for i, r := range s {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ',' && !quoted:
			last = i
		}
	}
	return last
}

func suggestFields(typed string, from, to int) []Suggestion {
	want := canonical(typed)
	var begins, has []Suggestion
	for _, f := range Fields {
		s := Suggestion{Insert: f.Name + ":", From: from, To: to, Help: f.Help}
		switch {
		case strings.HasPrefix(f.Name, want):
			begins = append(begins, s)
		case len(want) > 2 && strings.Contains(f.Name, want):
			has = append(has, s)
		}
	}
	if len(want) > 2 { // "unpaid" is on the way to "stage:unpaid"
		for _, f := range Fields {
			for _, value := range f.Values {
				if strings.HasPrefix(value, want) {
					has = append(has, Suggestion{Insert: f.Name + ":" + value, From: from, To: to, Help: f.Help})
				}
			}
		}
	}
	return append(begins, has...)
}

func suggestValues(f Field, typed string, from, to int, v Values) []Suggestion {
	var values []string
	switch f.Kind {
	case Fixed:
		values = matching(f.Values, canonical(typed))
	case Time:
		values = matching([]string{
			"today", "yesterday", "this-week", "last-week", "this-month", "last-month", "this-year", "last-year",
			"-7d", "-30d", "-12m",
		}, strings.ToLower(typed))
	case Money, Quantity:
		if typed == "" {
			values = f.examples()
		}
	default:
		if v != nil {
			values = v(f.Name, typed)
		}
	}
	out := make([]Suggestion, 0, len(values))
	for _, value := range values {
		if value == "" {
			continue
		}
		insert := value
		if !plain(value, f.Kind != Words && f.Kind != Code) {
			var b strings.Builder
			quote(&b, value)
			insert = b.String()
		}
		out = append(out, Suggestion{Insert: insert, From: from, To: to})
	}
	return out
}

// matching are the words that begin with what was typed, then those that contain it.
func matching(words []string, typed string) []string {
	var begins, has []string
	for _, w := range words {
		switch {
		case strings.HasPrefix(w, typed):
			begins = append(begins, w)
		case strings.Contains(w, typed):
			has = append(has, w)
		}
	}
	return slices.Concat(begins, has)
}

// Replace gives src with all its terms about a field taken away and term in their place; an empty term only takes away.
// It is how a key such as "dates" changes the line that somebody typed. Terms inside parentheses and negated ones stay.
func Replace(src, field, term string) string {
	f, ok := FieldNamed(field)
	if !ok {
		return src
	}
	var keep []string
	alternatives := false
	for _, t := range topLevel(src) {
		name, _, isCond := strings.Cut(t, ":")
		if named, ok := FieldNamed(name); isCond && ok && named.Name == f.Name {
			continue
		}
		alternatives = alternatives || t == "OR"
		keep = append(keep, t)
	}
	if alternatives { // what stands on one side of OR only would change its meaning
		keep = []string{"(" + strings.TrimSpace(src) + ")"}
	}
	if term != "" {
		keep = append(keep, term)
	}
	return strings.Join(keep, " ")
}

// topLevel splits a filter at the blanks that stand in no quotes and no parentheses.
func topLevel(src string) []string {
	var out []string
	depth, start, quoted := 0, -1, false
	for i, r := range src {
		if start < 0 && !unicode.IsSpace(r) {
			start = i
		}
		switch {
		case r == '"' && (quoted || i == start || strings.ContainsRune(":,-(", rune(src[i-1]))):
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			depth--
		case unicode.IsSpace(r) && depth <= 0 && start >= 0:
			out = append(out, src[start:i])
			start = -1
		}
	}
	if start >= 0 {
		out = append(out, src[start:])
	}
	return out
}
