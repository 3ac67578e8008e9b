package store

import (
	"strings"

	"github.com/orderdeck/orderdeck/store/order/filter"
	"github.com/orderdeck/orderdeck/store/order/text"
)

// The two ways to ask in SQL whether an order is found in the search index: by all that are found there, made ready once
// (good for whole lists and for rare words), or one by one (good where few orders are asked for and many are found).
const (
	inIndex = `o.id IN (SELECT rowid & 134217727 FROM fts WHERE fts MATCH ?)`
	hasWord = `EXISTS (SELECT 1 FROM fts WHERE fts MATCH ?
		AND rowid = (max(min(o.created >> 16, 68719476735), -68719476736) << 27 | o.id))`
)

// found writes the condition that an order is found in the search index.
func (c *compiler) found(match string) {
	way := inIndex
	if c.wide != nil && c.err == nil {
		var wide bool
		if wide, c.err = c.wide(match); wide {
			way = hasWord
		}
	}
	c.add(way, match)
}

// wordless tells whether a word has nothing that could be looked for.
func wordless(w filter.Word) bool { return len(text.Words(nil, w.Text)) == 0 }

// word writes a free word.
func (c *compiler) word(w filter.Word) {
	if wordless(w) {
		c.add("1") // the parser makes none of these
		return
	}
	if c.plain {
		c.plainWord(w)
		return
	}
	match, phrase, err := c.wordMatch(w)
	switch {
	case err != nil:
		c.err = err
	case phrase == nil:
		c.found(match)
	default:
		c.add("(")
		c.found(match)
		c.add(" AND ")
		c.phrase(phrase)
		c.add(")")
	}
}

// plainWord writes a free word for a database whose search index is being made: it reads the rows, and leaves products
// and notes out, since that would take too long.
func (c *compiler) plainWord(w filter.Word) {
	c.fns = true
	c.add("(1")
	if w.Phrase {
		c.add(" AND "+fnWords+"(?, o.number, o.names, o.email, o.tracking)", strings.Join(text.Words(nil, w.Text), " "))
	} else {
		for _, t := range text.Query(w.Text) {
			c.add(" AND (1")
			for _, word := range t.Words {
				c.add(" AND ("+fnWords+"(?, o.number, o.names, o.email, o.tracking) OR "+fnPhone+"(?, o.phones))", word, word)
			}
			if t.Phone != "" {
				c.add(" OR "+fnPhone+"(?, o.phones)", t.Phone)
			}
			c.add(")")
		}
	}
	c.add(")")
}

// phrase is what is left to be verified of a quoted phrase once its words are known to be there.
type phrase struct {
	words []string
	phone string // FTS5 expression that is enough by itself; "" = none
}

// wordMatch gives the FTS5 expression of a word. For a phrase it is necessary, not sufficient.
func (c *compiler) wordMatch(w filter.Word) (string, *phrase, error) {
	if !w.Phrase {
		m, err := c.all(text.Query(w.Text))
		return m, nil, err
	}
	p := phrase{words: text.Words(nil, w.Text)}
	m, err := c.terms(text.Term{Words: p.words, Prefix: true})
	if err != nil {
		return "", nil, err
	}
	if digits := phoneOf(w.Text); digits != "" {
		if p.phone, err = c.terms(text.Term{Words: []string{digits}, Prefix: true}); err != nil {
			return "", nil, err
		}
		m = "(" + m + ") OR " + p.phone
	}
	return m, &p, nil
}

// phoneOf is the number that a quoted phrase is when it is nothing else; "" = it is no phone number.
func phoneOf(quoted string) string {
	fields := strings.Fields(quoted)
	if n, phone := text.PhoneRun(fields); !phone || n != len(fields) {
		return ""
	}
	terms := text.Query(quoted)
	if len(terms) != 1 {
		return ""
	}
	if terms[0].Phone != "" {
		return terms[0].Phone
	}
	return terms[0].Words[0]
}

// phrase writes the verification of a phrase.
func (c *compiler) phrase(p *phrase) {
	c.fns = true
	c.add("("+fnPhrase+`(?, o.number, o.names, o.email, o.tracking, o.notes,
		(SELECT group_concat(CASE l.variant WHEN '' THEN l.title ELSE l.title || ' ' || l.variant END || char(31) || l.sku, char(31))
			FROM lines l WHERE l.order_id = o.id))`, strings.Join(p.words, " "))
	if p.phone != "" {
		c.add(" OR ")
		c.found(p.phone)
	}
	c.add(")")
}

// all ANDs terms.
func (c *compiler) all(terms []text.Term) (string, error) {
	parts := make([]string, 0, len(terms))
	for _, t := range terms {
		m, err := c.terms(t)
		if err != nil {
			return "", err
		}
		parts = append(parts, "("+m+")")
	}
	return strings.Join(parts, " AND "), nil
}
