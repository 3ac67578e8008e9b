package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var added = StoreConfig{Name: "new", Platform: "vendure", URL: "https://new.example", Pull: "tag:a,b -\"x y\"", Every: 90 * time.Minute, OwnEvery: true, OwnStock: true, Zone: "Europe/Lisbon"}

func TestAddAndRemoveStore(t *testing.T) {
	tests := []struct{ name, text string }{
		{"no file", ""},
		{"the file of defaults", Default()},
		{"no stores", "# mine\ntheme: dark # really\n"},
		{"an empty list", "stores: []\ntheme: dark\n"},
		{"nothing behind stores", "theme: dark\nstores:\n\nmouse: false\n"},
		{"one store, indented", "stores:\n  # the old one\n  - name: old\n    platform: vendure # yes\n    url: old.example\n\n# about the theme\ntheme: dark\n"},
		{"one store, not indented", "stores:\n- name: old\n  url: old.example\n  platform: vendure\ntheme: dark\n"},
		{"secrets chosen", "secrets: env\nstores:\n- {name: old, url: old.example, platform: vendure}\n"},
		{"no line end", "theme: dark"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := options(filepath.Join(t.TempDir(), "dir", "config.yaml"), nil)
			if tt.text != "" {
				if err := WriteFile(o.File, []byte(tt.text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			before := reload(t, o)
			mode := ""
			if before.Secrets == "" {
				mode = ModeFile
			}
			if err := before.AddStore(added, mode, o); err != nil {
				t.Fatal(err)
			}
			after := reload(t, o)
			if got, ok := after.Store("new"); !ok || !reflect.DeepEqual(got, added) {
				t.Errorf("the store reads back as\n%+v\nwant\n%+v", got, added)
			}
			if after.Secrets == "" || before.Secrets != "" && after.Secrets != before.Secrets {
				t.Errorf("keys are kept in %q", after.Secrets)
			}
			text := read(t, o.File)
			for line := range strings.Lines(tt.text) {
				if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, "stores:") && !strings.Contains(text, line+"\n") {
					t.Errorf("the line %q has been changed:\n%s", line, text)
				}
			}
			if err := after.RemoveStore("new", o); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			gone := reload(t, o)
			if want := bare(before); !reflect.DeepEqual(bare(gone).Stores, want.Stores) || gone.Theme != before.Theme || gone.Mouse != before.Mouse {
				t.Errorf("after it was removed:\n%s", read(t, o.File))
			}
			if len(before.Stores) > 0 {
				if err := gone.RemoveStore("old", o); err != nil {
					t.Fatal(err)
				}
				if last := reload(t, o); len(last.Stores) != 0 {
					t.Errorf("stores are left: %v", last.Stores)
				}
			}
		})
	}
}

func TestWhatCannotBeEditedIsLeftAlone(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "config.yaml"), nil)
	text := "stores: [{name: a, platform: vendure, url: a.example},\n  {name: b, platform: vendure, url: b.example}]\n"
	if err := WriteFile(o.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := reload(t, o)
	if err := c.AddStore(added, "", o); err == nil {
		t.Error("a store was added to a list in one line")
	}
	if err := c.RemoveStore("a", o); err == nil {
		t.Error("a store was removed from a list in one line")
	}
	if read(t, o.File) != text {
		t.Error("the file has been changed")
	}
}

func reload(t *testing.T, o Options) *Config {
	t.Helper()
	c, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestInit(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "a", "config.yaml"), nil)
	if err := reload(t, o).Init(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(o.File); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(o.File)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder %v, %v", info.Mode(), err)
	}
	if err := reload(t, o).Init(); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second time: %v", err)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "dotfiles", "c.yaml"), filepath.Join(dir, "c.yaml")
	if err := WriteFile(target, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no links here")
	}
	if err := WriteFile(link, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if read(t, target) != "two" {
		t.Error("the file behind the link has not been written")
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link has been replaced")
	}
	left, err := filepath.Glob(filepath.Join(dir, "dotfiles", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if err := WriteFile(filepath.Join(target, "x"), nil, 0o600); err == nil {
		t.Error("a file was written below a file")
	}
}

func TestViews(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "config.yaml"), nil)
	c := reload(t, o)
	want := []View{{Name: "Wholesale BR", Query: `tag:wholesale "a: b"`, Sort: "-total"}, {Name: "x.Y", Query: "is:late", Columns: []string{"order"}}}
	if err := c.UpdateViews(func([]View) []View { return want }); err != nil {
		t.Fatal(err)
	}
	got, err := c.Views()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if info, err := os.Stat(c.ViewsFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("others may read the views")
	}
	for _, text := range []string{"views:\n  - nam: x\n", "views: [", "views:\n  - {name: '', query: x}\n", "views: [{name: a}, {name: a}]\n", "- a\n"} {
		if err := os.WriteFile(c.ViewsFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Views(); err == nil || !strings.Contains(err.Error(), "views.yaml") {
			t.Errorf("%q: %v", text, err)
		}
		if err := c.UpdateViews(func([]View) []View { return nil }); err == nil || read(t, c.ViewsFile()) != text {
			t.Errorf("%q has been written over", text)
		}
	}
}

func TestState(t *testing.T) {
	o := options(filepath.Join(t.TempDir(), "config.yaml"), nil)
	o.Flags = map[string]string{"data": t.TempDir()}
	c := reload(t, o)
	if got := c.State(); !reflect.DeepEqual(got, State{}) {
		t.Errorf("nothing remembered reads as %+v", got)
	}
	want := State{Tab: "unpaid", Sort: "-date", Stores: []string{"a"}}
	want.Export.Profile = "lines"
	if err := c.SaveState(want); err != nil {
		t.Fatal(err)
	}
	if got := c.State(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if err := os.WriteFile(c.stateFile(), []byte("\x00["), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.State(); !reflect.DeepEqual(got, State{}) {
		t.Errorf("rubbish reads as %+v", got)
	}
}
