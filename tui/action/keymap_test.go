package action

import (
	"strings"
	"testing"
)

func TestDefaultKeysDoNotClash(t *testing.T) {
	seen := map[string]ID{}
	ids := map[ID]bool{}
	for _, a := range All() {
		if ids[a.ID] {
			t.Errorf("%s is listed twice", a.ID)
		}
		ids[a.ID] = true
		if a.Label == "" || a.Help == "" || a.Scope == "" || a.Group == "" {
			t.Errorf("%s lacks a label, help, scope or group", a.ID)
		}
		for _, k := range a.Keys {
			if other, clash := seen[k]; clash {
				t.Errorf("%q belongs to %s and %s", k, other, a.ID)
			}
			seen[k] = a.ID
		}
	}
}

// Money and destruction are never the shifted twin of a looking key.
func TestActingKeysAreNotShiftedLookingKeys(t *testing.T) {
	looking := map[string]bool{}
	for _, a := range All() {
		if a.Group != "Act" && a.Group != "Checkout" {
			for _, k := range a.Keys {
				looking[strings.ToUpper(k)] = true
			}
		}
	}
	for _, a := range All() {
		if a.ID != Cancel && a.ID != Checkout && a.ID != Pay {
			continue
		}
		for _, k := range a.Keys {
			if k == strings.ToUpper(k) && looking[k] {
				t.Errorf("%s on %q is the shifted twin of a looking key", a.ID, k)
			}
		}
	}
}

func TestKeymap(t *testing.T) {
	m, err := NewKeymap(map[string][]string{"search": {"f"}, "refund": {"ctrl+r"}, "help": {}})
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := m.Lookup("f"); a.ID != Search {
		t.Errorf("f does %s", a.ID)
	}
	if _, ok := m.Lookup("/"); ok {
		t.Error("the default key of search still works")
	}
	if _, ok := m.Lookup("?"); ok || m.Key(Help) != "" {
		t.Error("help still has a key")
	}
	if a, _ := m.Lookup("ctrl+r"); a.ID != Refund {
		t.Errorf("ctrl+r does %s", a.ID)
	}
}

func TestKeymapRefusals(t *testing.T) {
	for _, tt := range []struct {
		keys map[string][]string
		want []string
	}{
		{map[string][]string{"serch": {"x"}}, []string{`"serch"`}},
		{map[string][]string{"search": {"x"}, "refund": {"x"}}, []string{`"x"`, `"search"`, `"refund"`}},
		{map[string][]string{"quit": {}}, []string{`"quit"`}},
	} {
		_, err := NewKeymap(tt.keys)
		if err == nil {
			t.Errorf("%v was taken", tt.keys)
			continue
		}
		for _, w := range tt.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v: %q does not name %s", tt.keys, err, w)
			}
		}
	}
}
