package action

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Keymap says which key does what.
type Keymap struct {
	byKey map[string]Action
	keys  map[ID][]string
	all   []Action
}

// KeyError says which entry of the merchant's key map is wrong.
type KeyError struct {
	Name string // the action's name as it is in the config
	Text string
}

// Error is the sentence.
func (e *KeyError) Error() string { return e.Text }

func wrong(name, format string, args ...any) error {
	return &KeyError{Name: name, Text: "keys: " + fmt.Sprintf(format, args...)}
}

// NewKeymap lays the config's keys over the defaults. A user's key takes a default one away from its action; two of the
// user's own choices that clash are refused with both names, and so is an action that does not exist.
func NewKeymap(user map[string][]string) (*Keymap, error) {
	m := &Keymap{byKey: map[string]Action{}, keys: map[ID][]string{}, all: All()}
	known := map[ID]Action{}
	for _, a := range m.all {
		known[a.ID] = a
	}
	taken := map[string]ID{}
	names := make([]string, 0, len(user))
	for name := range user {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		a, ok := known[ID(name)]
		if !ok {
			return nil, wrong(name, "there is no action %q; `orderdeck config show --actions` lists them", name)
		}
		for _, k := range user[name] {
			k = normal(k)
			if other, clash := taken[k]; clash {
				return nil, wrong(name, "%q is given to both %q and %q; give it to one of them", k, other, name)
			}
			taken[k] = a.ID
			m.byKey[k] = a
			m.keys[a.ID] = append(m.keys[a.ID], k)
		}
		if len(user[name]) == 0 {
			m.keys[a.ID] = []string{}
		}
	}
	for _, a := range m.all {
		if _, own := m.keys[a.ID]; own {
			continue
		}
		for _, k := range a.Keys {
			if _, gone := taken[k]; gone {
				continue
			}
			m.byKey[k] = a
			m.keys[a.ID] = append(m.keys[a.ID], k)
		}
	}
	if len(m.keys[Quit]) == 0 {
		return nil, wrong(string(Quit), "no key is left for %q; the app could not be left", Quit)
	}
	return m, nil
}

// normal spells a key as Bubble Tea does.
func normal(k string) string {
	if k == " " {
		return "space"
	}
	if len(k) > 1 {
		k = strings.ReplaceAll(strings.ToLower(k), "escape", "esc")
	}
	return k
}

// Lookup is the action of a key, as Bubble Tea spells it.
func (m *Keymap) Lookup(key string) (Action, bool) {
	a, ok := m.byKey[key]
	return a, ok
}

// Get is an action by id.
func (m *Keymap) Get(id ID) (Action, bool) {
	i := slices.IndexFunc(m.all, func(a Action) bool { return a.ID == id })
	if i < 0 {
		return Action{}, false
	}
	return m.all[i], true
}

// Keys are the keys of an action, the shown one first.
func (m *Keymap) Keys(id ID) []string { return m.keys[id] }

// Key is how the first key of an action is written on screen, "" if it has none.
func (m *Keymap) Key(id ID) string {
	if k := m.keys[id]; len(k) > 0 {
		return Pretty(k[0])
	}
	return ""
}

// All lists every action.
func (m *Keymap) All() []Action { return m.all }

// Pretty is how a key is written on screen.
func Pretty(k string) string {
	switch k {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "enter":
		return "⏎"
	case "esc":
		return "Esc"
	case "pgup":
		return "PgUp"
	case "pgdown":
		return "PgDn"
	}
	return k
}
