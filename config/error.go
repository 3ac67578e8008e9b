package config

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Error is one thing that is wrong with the settings, as a sentence.
type Error struct {
	File string // the file, or the environment variable or flag, that says so
	Line int    // 0 where there are no lines
	Text string // what was refused, why, and what to do
}

// Error puts the place before the sentence: "config.yaml:12: …".
func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Text
	case e.Line > 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
	}
	return e.File + ": " + e.Text
}

// Errors is everything that is wrong with the settings, so that it can be mended in one go.
type Errors []*Error

// Error has one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Nearest is the name that a mistyped word most likely meant, or "" when none is near.
func Nearest(word string, names []string) string {
	word = strings.ToLower(word)
	best, distance := "", 2+min(2, len([]rune(word))/4) // up to one letter of three, two of seven, three of more
	for _, name := range names {
		d := levenshtein.ComputeDistance(word, strings.ToLower(name))
		if word != "" && strings.HasPrefix(strings.ToLower(name), word) {
			d = min(d, 1)
		}
		if d < distance {
			best, distance = name, d
		}
	}
	return best
}

// didYouMean is " Did you mean x?" or nothing.
func didYouMean(word string, names []string) string {
	if near := Nearest(word, names); near != "" {
		return " Did you mean " + near + "?"
	}
	return ""
}
