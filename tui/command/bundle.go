package command

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/orderdeck/orderdeck/config"
	"github.com/orderdeck/orderdeck/store"
)

// bundle writes the support file. What goes into it is put together from what is known to be harmless, rather than
// copied and blacked out: a name that is never read cannot slip through.
func (x *examination) bundle(ctx context.Context, path string) error {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	write := func(name string, v any) error {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		if text, ok := v.(string); ok {
			_, err = w.Write([]byte(text))
			return err
		}
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	if err := write("version.json", x.s.version()); err != nil {
		return err
	}
	if err := write("findings.json", x.publicFindings()); err != nil {
		return err
	}
	if x.config != nil {
		if err := write("settings.txt", publicSettings(x.config)); err != nil {
			return err
		}
	}
	if x.db != nil {
		numbers, err := x.numbers(ctx)
		if err != nil {
			return err
		}
		if err := write("numbers.json", numbers); err != nil {
			return err
		}
		schema, err := x.db.Schema(ctx)
		if err != nil {
			return err
		}
		if err := write("schema.sql", strings.Join(schema, ";\n\n")+";\n"); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return config.WriteFile(path, buf.Bytes(), 0o600)
}

func (x *examination) publicFindings() []store.Finding {
	// Folders have people's names in them.
	var pairs []string
	for _, dir := range x.folderNames() {
		pairs = append(pairs, dir, "…")
	}
	hide := strings.NewReplacer(pairs...)
	out := make([]store.Finding, len(x.findings))
	for i, f := range x.findings {
		out[i] = f.Finding
		if f.public != "" {
			out[i].Text, out[i].Do = f.public, ""
		}
		out[i].Text, out[i].Do = hide.Replace(out[i].Text), hide.Replace(out[i].Do)
	}
	return out
}

func (x *examination) folderNames() []string {
	var names []string
	add := func(name string, err error) {
		if err == nil && len(name) > 1 {
			names = append(names, name)
		}
	}
	if x.config != nil {
		add(filepath.Abs(x.config.Data))
		add(filepath.Abs(x.config.Folder()))
	}
	add(os.UserHomeDir())
	return names
}

// numbers says how many orders there are in each stage, by the position of the store and never by its name.
func (x *examination) numbers(ctx context.Context) (map[string]any, error) {
	shops, err := x.db.Shops(ctx)
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, shop := range shops {
		counts, err := x.db.Counts(ctx, []string{shop.Name})
		if err != nil {
			return nil, err
		}
		_, skipped, err := x.db.Skips(ctx, shop.Name, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]any{"platform": shop.Platform, "currency": shop.Currency, "orders": counts, "skipped": skipped})
	}
	return map[string]any{"stores": out}, nil
}

// publicSettings shows the settings without the stores' names, addresses and filters, which may name customers.
func publicSettings(c *config.Config) string {
	hidden := *c
	hidden.Stores = make([]config.StoreConfig, len(c.Stores))
	for i, st := range c.Stores {
		st.Name, st.URL = fmt.Sprintf("store-%d", i+1), "https://hidden.invalid"
		if st.Pull != "all" {
			st.Pull = "hidden"
		}
		hidden.Stores[i] = st
	}
	hidden.File = "config.yaml"
	return hidden.ShowPublic()
}
