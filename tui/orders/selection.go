package orders

import "math/bits"

// selection is a set of orders by local id: one bit each, so that all of a million take 125 kB.
type selection struct {
	words []uint64
	n     int
}

func (s *selection) has(id int64) bool {
	w := int(id >> 6)
	return w < len(s.words) && s.words[w]&(1<<(id&63)) != 0
}

func (s *selection) toggle(id int64) {
	w := int(id >> 6)
	if w >= len(s.words) {
		s.words = append(s.words, make([]uint64, w+1-len(s.words))...)
	}
	s.words[w] ^= 1 << (id & 63)
	if s.words[w]&(1<<(id&63)) != 0 {
		s.n++
	} else {
		s.n--
	}
}

func (s *selection) addAll(ids []uint32) {
	for _, id := range ids {
		if !s.has(int64(id)) {
			s.toggle(int64(id))
		}
	}
}

// remove gives those of the orders back that are in the set.
func (s *selection) remove(ids []int64) {
	for _, id := range ids {
		if s.has(id) {
			s.toggle(id)
		}
	}
}

func (s *selection) clear() { s.words, s.n = nil, 0 }

// within is what the set has in common with a list of orders.
func (s *selection) within(ids []uint32) selection {
	out := selection{words: make([]uint64, len(s.words))}
	for _, id := range ids {
		if s.has(int64(id)) && !out.has(int64(id)) {
			out.toggle(int64(id))
		}
	}
	return out
}

// without is what the set has and the other has not.
func (s *selection) without(o *selection) []int64 {
	var out []int64
	for _, id := range s.ids() {
		if !o.has(int64(id)) {
			out = append(out, int64(id))
		}
	}
	return out
}

// ids lists the set in ascending order.
func (s *selection) ids() []uint32 {
	out := make([]uint32, 0, s.n)
	for w, word := range s.words {
		for ; word != 0; word &= word - 1 {
			out = append(out, uint32(w<<6+bits.TrailingZeros64(word)))
		}
	}
	return out
}
