package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// WriteFile writes a whole file so that a crash leaves either the old one or the new one, never half of one. Missing
// folders are made for the user alone. Where name is a link (as keepers of dot-files make them), the file behind it is
// replaced and the link stays.
func WriteFile(name string, data []byte, mode os.FileMode) (err error) {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w", dir, plain(err))
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, plain(err))
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("%s cannot be written: %w", name, plain(err))
		}
	}()
	if err := f.Chmod(mode); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// Init writes the file of defaults and refuses to touch one that is there.
func (c *Config) Init() error {
	if c.Exists {
		return fmt.Errorf("%s exists already and is left as it is: edit it, or move it away first", c.File)
	}
	return WriteFile(c.File, []byte(Default()), 0o600)
}

// Default is the settings file with every setting explained and commented out. Taking the # off a line that has no
// blank behind it changes nothing: it is the default.
func Default() string {
	var b strings.Builder
	b.WriteString("# Settings of Orderdeck.\n" +
		"# A setting is taken from the first of these that has it: flag, environment, this file, default.\n" +
		"# The variable for theme is ORDERDECK_THEME, for csv.for ORDERDECK_CSV_FOR, and so on.\n" +
		"# A name with a dot may also be written indented: `csv.for: machine` is `for: machine` below `csv:`.\n" +
		"# Lines that begin with # and a blank explain; take the # off the others to change them.\n")
	for _, s := range Settings {
		b.WriteByte('\n')
		for line := range strings.Lines(s.Doc) {
			fmt.Fprintf(&b, "# %s\n", strings.TrimRight(line, "\n"))
		}
		if len(s.Values) > 0 && len(s.Values) < 6 {
			fmt.Fprintf(&b, "# One of %s.\n", orList(s.Values))
		}
		switch s.kind {
		case stores:
			explain(&b, "- ", storeFields)
		case suppliers:
			b.WriteString("#   lumen:\n")
			explain(&b, "  ", supplierFields)
		case rates:
			explain(&b, "- ", rateFields)
		case list:
			if s.Values != nil {
				fmt.Fprintf(&b, "# There are: %s.\n", strings.Join(s.Values, ", "))
			}
		case keymap:
			b.WriteString("#   export: [e, ctrl+e]\n")
		}
		fmt.Fprintf(&b, "#%s\n", strings.TrimRight(s.Key+": "+s.Default, " "))
	}
	return b.String()
}

// explain writes the fields of a record as comments; dash stands before the first.
func explain(b *strings.Builder, dash string, fields []field) {
	for i, f := range fields {
		if i > 0 {
			dash = "  "
		}
		line := fmt.Sprintf("#   %s%-46s", dash, f.name+": "+f.example)
		if f.doc != "" {
			line += " # " + f.doc
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// text is the file as it is now, or the defaults where there is none yet.
func (c *Config) text() (string, os.FileMode, error) {
	data, err := readSmall(c.File)
	if os.IsNotExist(err) {
		return Default(), 0o600, nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("%s cannot be read: %w", c.File, plain(err))
	}
	mode := os.FileMode(0o600)
	if info, err := os.Stat(c.File); err == nil {
		mode = info.Mode().Perm()
	}
	return string(data), mode, nil
}

// edit changes lines of the file and leaves the rest, comments and all, as the merchant wrote it. The result is parsed
// before it is written: an edit that would make a file that is refused, or lose a store, is not made.
func (c *Config) edit(o Options, change func(lines []string, root *yaml.Node) ([]string, error), check func(*Config) bool) error {
	text, mode, err := c.text()
	if err != nil {
		return err
	}
	root, bad := document([]byte(text))
	if bad != nil {
		bad.File = c.File
		return bad
	}
	lines, err := change(strings.Split(strings.TrimRight(text, "\n"), "\n"), root)
	if err != nil {
		return err
	}
	edited := strings.Join(lines, "\n") + "\n"
	after := &Config{lines: map[string]int{}}
	p := &parser{file: c.File, opts: o, c: after, scalars: map[string]string{}}
	p.parse([]byte(edited))
	if len(p.errs) > 0 || !check(after) {
		return fmt.Errorf("%s is written in a way that Orderdeck cannot change safely: make the change by hand", c.File)
	}
	return WriteFile(c.File, []byte(edited), mode)
}

// AddStore writes a store into the file, and the mode in which keys are kept when that is chosen with it ("" leaves it).
func (c *Config) AddStore(s StoreConfig, mode string, o Options) error {
	return c.edit(o, func(lines []string, root *yaml.Node) ([]string, error) {
		lines, root = chooseSecrets(lines, root, mode)
		item := storeLines(s)
		list := child(root, "stores")
		switch {
		case list == nil && !hasKey(root, "stores"):
			at := afterComment(lines, "#stores:")
			return splice(lines, at, at, append([]string{"stores:"}, indent("  ", item)...)), nil
		case list == nil || len(list.Content) == 0: // `stores:` or `stores: []`
			line := keyNode(root, "stores").Line
			return splice(lines, line-1, line, append([]string{"stores:"}, indent("  ", item)...)), nil
		}
		last := list.Content[len(list.Content)-1]
		pad := strings.Repeat(" ", max(0, list.Column-1))
		at := lastLine(last)
		return splice(lines, at, at, indent(pad, item)), nil
	}, func(after *Config) bool {
		got, ok := after.Store(s.Name)
		return ok && len(after.Stores) == len(c.Stores)+1 && got.URL == s.URL && got.Platform == s.Platform && got.Pull == s.Pull
	})
}

// chooseSecrets writes how keys are kept, where that was not chosen before.
func chooseSecrets(lines []string, root *yaml.Node, mode string) ([]string, *yaml.Node) {
	if mode == "" || hasKey(root, "secrets") {
		return lines, root
	}
	at := afterComment(lines, "#secrets:")
	lines = splice(lines, at, at, []string{"secrets: " + mode})
	root, _ = document([]byte(strings.Join(lines, "\n"))) // the lines of the nodes have moved
	return lines, root
}

// RemoveStore takes a store out of the file.
func (c *Config) RemoveStore(name string, o Options) error {
	return c.edit(o, func(lines []string, root *yaml.Node) ([]string, error) {
		list := child(root, "stores")
		if list == nil {
			return nil, fmt.Errorf("there is no store called %s in %s", name, c.File)
		}
		for _, item := range list.Content {
			if v := child(item, "name"); v == nil || v.Value != name {
				continue
			}
			if list.Style&yaml.FlowStyle != 0 {
				break
			}
			lines = splice(lines, item.Line-1, lastLine(item), nil)
			if len(list.Content) == 1 {
				lines[keyNode(root, "stores").Line-1] = "stores: []"
			}
			return lines, nil
		}
		return lines, nil // check says so when it is still there
	}, func(after *Config) bool {
		_, still := after.Store(name)
		return !still && len(after.Stores) == len(c.Stores)-1
	})
}

// storeLines writes a store as the lines of a list item. What is as by default is left out.
func storeLines(s StoreConfig) []string {
	lines := []string{"- name: " + s.Name, "  platform: " + s.Platform}
	if s.URL != "" {
		lines = append(lines, "  url: "+quote(s.URL))
	}
	if s.Pull != "" && s.Pull != "all" {
		lines = append(lines, "  pull: "+quote(s.Pull))
	}
	if s.OwnEvery {
		lines = append(lines, "  every: "+everyText(s.Every))
	}
	for _, f := range []struct {
		name string
		on   bool
	}{{"own_stock", s.OwnStock}, {"authorized_is_paid", s.AuthorizedIsPaid}, {"notify_customer", s.NotifyCustomer}, {"key_in_address", s.KeyInAddress}} {
		if f.on {
			lines = append(lines, "  "+f.name+": true")
		}
	}
	if s.HoldDays > 0 {
		lines = append(lines, fmt.Sprintf("  hold_days: %d", s.HoldDays))
	}
	if s.Zone != "" {
		lines = append(lines, "  timezone: "+s.Zone)
	}
	return lines
}

// everyText writes an interval as ParseEvery reads it: "10m", not Go's "10m0s".
func everyText(d time.Duration) string {
	if d == 0 {
		return "off"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// quote writes a text so that YAML reads it as it is.
func quote(s string) string {
	data, err := yaml.Marshal(s)
	if err != nil || strings.Contains(strings.TrimRight(string(data), "\n"), "\n") {
		return fmt.Sprintf("%q", s)
	}
	return strings.TrimRight(string(data), "\n")
}
