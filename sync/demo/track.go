package demo

// Lengths of time in seconds.
const (
	minute = 60
	hour   = 60 * minute
	days   = 24 * hour
)

// never is an instant that does not come.
const never = int64(1) << 62

// horizon is how long after its creation something may still happen to an order.
const horizon = 120 * days

// track is how one value of an order changes in time: each value holds from its instant on.
type track struct {
	n    int
	from [6]int64
	to   [6]uint8
}

// set adds a change; instants must not fall.
func (t *track) set(from int64, value uint8) {
	if t.n < len(t.from) && from < never {
		t.from[t.n], t.to[t.n] = from, value
		t.n++
	}
}

// at is the value that holds at an instant; 0 before the first.
func (t *track) at(now int64) uint8 {
	for i := t.n - 1; i >= 0; i-- {
		if t.from[i] <= now {
			return t.to[i]
		}
	}
	return 0
}

// since is the instant at which a value came; never where it did not.
func (t *track) since(value uint8) int64 {
	for i := range t.n {
		if t.to[i] == value {
			return t.from[i]
		}
	}
	return never
}

// marks are the instants at which something changed.
type marks struct {
	n  int
	at [44]int64
}

func (m *marks) add(at int64) {
	if at < never && m.n < len(m.at) {
		m.at[m.n] = at
		m.n++
	}
}

func (m *marks) follow(t *track) {
	for i := range t.n {
		m.add(t.from[i])
	}
}

// last is the latest at or before an instant; 0 for none.
func (m *marks) last(now int64) (last int64) {
	for _, at := range m.at[:m.n] {
		if at <= now && at > last {
			last = at
		}
	}
	return last
}

// within tells whether something changed after since, until an instant.
func (m *marks) within(since, until int64) bool {
	for _, at := range m.at[:m.n] {
		if since < at && at <= until {
			return true
		}
	}
	return false
}
