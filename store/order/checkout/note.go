package checkout

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/orderdeck/orderdeck/store/order/text"
)

// notes takes the instruction to the supplier and what is forwarded of the customer's own note. Nothing else is ever
// forwarded: the notes of the store's staff stay in the store.
func (m *maker) notes() {
	c := &m.in.Choice
	m.e.Note = text.CleanLines(c.Note)
	if m.e.Note != strings.TrimSpace(strings.ReplaceAll(c.Note, "\r\n", "\n")) {
		m.warn("characters that nobody sees were taken out of the instruction")
	}
	m.e.CustomerNote = text.CleanLines(m.o.CustomerNote)
	if c.CustomerNote != nil {
		redacted := text.CleanLines(*c.CustomerNote)
		m.e.Redacted = redacted != m.e.CustomerNote
		m.e.CustomerNote = redacted
	}
	most := m.e.Supplier.NoteMax
	if most <= 0 && m.e.CustomerNote != "" {
		m.e.CustomerNote = ""
		m.warn("%s takes no notes: the customer's note is not forwarded", m.label())
	}
	n := utf8.RuneCountInString(Instruction(m.e.Note, m.e.CustomerNote))
	switch {
	case most <= 0 && m.e.Note != "":
		m.block(Blocker{
			Code: BlockNote, Text: m.label() + " takes no instructions", Fix: "take the instruction out", Action: ActionNote,
		})
	case n > max(most, 0):
		m.block(Blocker{
			Code: BlockNote, Text: fmt.Sprintf("the instruction and the forwarded note have %d characters, and %s takes %d", n, m.label(), most),
			Fix: "shorten one of them; both are kept as they are", Action: ActionNote,
		})
	}
	for _, part := range []struct{ name, text string }{{"instruction", m.e.Note}, {"customer's note", m.e.CustomerNote}} {
		if what := private(part.text); what != "" && m.e.NoteWarning == "" {
			m.e.NoteWarning = fmt.Sprintf("there seems to be %s in the %s that is forwarded", what, part.name)
		}
	}
}

// Instruction is the instruction to a supplier with the customer's note below it, for suppliers that take one text. Its
// length is what is compared with the supplier's limit.
func Instruction(note, customerNote string) string {
	if note == "" || customerNote == "" {
		return note + customerNote
	}
	return note + "\n" + customerNote
}

// private says which private number a text seems to have: "a card number", "a phone number"; "" = none.
func private(s string) string {
	found := ""
	var digits []byte
	plus := false
	end := func() {
		n := len(digits)
		switch {
		case n >= 13 && n <= 19 && luhn(digits):
			found = "a card number"
		case n >= 9 && n <= 15 || plus && n >= 7 && n <= 15:
			if found == "" {
				found = "a phone number"
			}
		}
		digits, plus = digits[:0], false
	}
	gap := 0 // separators since the last digit
	for _, r := range text.Fold(s) {
		switch {
		case r >= '0' && r <= '9':
			digits, gap = append(digits, byte(r)), 0
		case r == '+' && len(digits) == 0:
			plus = true
		case (r == ' ' || r == '-' || r == '.' || r == '(' || r == ')' || r == '/') && gap < 2:
			gap++
		default:
			end()
			gap = 0
		}
	}
	end()
	return found
}

// luhn is the check sum of card numbers (ISO/IEC 7812-1, annex B).
func luhn(digits []byte) bool {
	total := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		total += d
	}
	return total%10 == 0
}
