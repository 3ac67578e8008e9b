package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Show writes the settings in force, each with where it comes from, as a file that Load would read. There is no key in
// it, because there is none in a Config; addresses are shown, since they have been refused if a password was in them.
func (c *Config) Show() string { return c.show(false) }

// ShowPublic is Show without folders, for a file that leaves the computer. The stores' names and addresses are the
// caller's to hide.
func (c *Config) ShowPublic() string { return c.show(true) }

func (c *Config) show(public bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s%s\n", c.File, map[bool]string{false: " (does not exist; these are the defaults)"}[c.Exists])
	for _, s := range Settings {
		switch s.kind {
		case stores:
			c.showStores(&b)
		case suppliers:
			c.showSuppliers(&b, public)
		case rates:
			c.showRates(&b)
		case keymap:
			c.showKeys(&b)
		default:
			value := c.values[s.Key]
			if public && private(s.Key) {
				fmt.Fprintf(&b, "# %s from: %s\n", s.Key, c.origins[s.Key])
				continue
			}
			if s.kind == text && value != "" {
				value = quote(value)
			}
			fmt.Fprintf(&b, "%-44s # from: %s%s\n", strings.TrimRight(s.Key+": "+value, " "), c.origins[s.Key], c.effective(s.Key))
		}
	}
	return b.String()
}

// effective says what an empty setting comes to.
func (c *Config) effective(key string) string {
	if c.values[key] != "" {
		return ""
	}
	switch key {
	case "locale":
		return ", which is " + c.Locale.Name()
	case "timezone":
		return ", which is " + c.Zone.String()
	case "data":
		return ", which is " + c.Data
	case "secrets":
		return ", not chosen yet"
	}
	return ""
}

func (c *Config) showStores(b *strings.Builder) {
	if len(c.Stores) == 0 {
		b.WriteString("stores: []\n")
		return
	}
	b.WriteString("stores:\n")
	for _, s := range c.Stores {
		for _, line := range storeLines(s) {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
}

// private tells whether a setting says who the merchant is, or how folders are called.
func private(key string) bool {
	return key == "data" || key == "csv.folder" || strings.HasPrefix(key, "brand.") || strings.HasPrefix(key, "mail.")
}

// showSuppliers writes the suppliers; of those only the kinds where it leaves the computer.
func (c *Config) showSuppliers(b *strings.Builder, public bool) {
	if public || len(c.Suppliers) == 0 {
		b.WriteString("suppliers: {}")
		for i, s := range c.Suppliers {
			fmt.Fprintf(b, "%s%s", map[bool]string{true: " # ", false: ", "}[i == 0], s.Kind)
		}
		b.WriteString("\n")
		return
	}
	b.WriteString("suppliers:\n")
	for _, s := range c.Suppliers {
		for _, line := range supplierLines(s) {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
}

func (c *Config) showRates(b *strings.Builder) {
	if len(c.Rates) == 0 {
		b.WriteString("rates: []\n")
		return
	}
	b.WriteString("rates:\n")
	for _, r := range c.Rates {
		fmt.Fprintf(b, "  - {from: %s, to: %s, rate: %q, date: %s}\n", r.From, r.To, r.Rate, r.Date.Format(dateForm))
	}
}

func (c *Config) showKeys(b *strings.Builder) {
	if len(c.Keys) == 0 {
		b.WriteString("keys: {}\n")
		return
	}
	data, err := yaml.Marshal(map[string]any{"keys": c.Keys})
	if err == nil {
		b.Write(data)
	}
}

// Unread lists variables that begin with ORDERDECK_ and that no setting reads, for the doctor: most likely they are
// misspelt.
func Unread(environ []string) []string {
	known := []string{"ORDERDECK_CONFIG"}
	for _, s := range Settings {
		if name := s.environment(); name != "" {
			known = append(known, name)
		}
	}
	var out []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "ORDERDECK_") || slices.Contains(known, name) ||
			secretVariable(name) {
			continue
		}
		out = append(out, name+didYouMean(name, known))
	}
	slices.Sort(out)
	return out
}
